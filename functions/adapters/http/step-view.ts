// Rules: test/channels/slack/cards/request-view.test.ts
import { type HostView, wayToLook } from '../../domain/cards/agent-record.ts'
import type { StepView } from '../../domain/cards/plan-view.ts'
import { argumentRows, titleText, toolRows } from '../../domain/cards/request-words.ts'
import type { ShownStep, Step } from '../../domain/cards/wire/request.ts'
import type { Said } from '../../domain/cards/wire/word.ts'
import { inert, lookalikeNote } from '../../domain/inert.ts'
import { termMembers } from '../../domain/record/ask-terms.ts'
import { defined, rfc3339 } from '../../domain/values.ts'
import { timeMember } from './authzen.ts'
import { noteMember, previewMembers, shownPreview } from './preview-view.ts'

/** The record and the host of an agent. */
export const hostMembers = (
  agent: string,
  { ambient, record }: HostView,
): Pick<Said<typeof Step>, 'host' | 'record'> => ({
  host: { ambient, ...(ambient === 'unknown' ? { look: wayToLook(agent) } : {}) },
  ...(record
    ? {
        record: {
          ...{ asked: record.asked, denied: record.denied, refused: record.refused, extra_calls: record.extraCalls },
          ...(record.last ? { last: { ...record.last, at: rfc3339(record.last.at) } } : {}),
        },
      }
    : {}),
})

/** One step of a plan (docs/api.md). */
export const stepMembers = (step: StepView): Said<typeof Step> => ({
  step: step.step,
  request: step.request,
  agent: step.agent.id,
  ...defined({ autonomy: step.agent.autonomy }),
  owner: step.agent.owner.id,
  ...hostMembers(step.agent.id, step.host),
  title: titleText(step.title),
  action: step.action,
  arguments: step.arguments,
  resource: step.resource,
  ...termMembers('people', step),
  terms: { uses: step.terms.uses, claim_within: step.terms.claimWithin, lifetime: step.terms.lifetime },
  ...(step.narrowable.length === 0 ? {} : { narrowable: step.narrowable }),
  ...defined({ undo: step.undo, preview: step.preview && previewMembers(step.preview), after: step.after }),
  status: step.status,
  ...(step.status === 'struck' ? { struck: true } : {}),
  ...defined({ opened_at: timeMember(step.openedAt), ended_at: timeMember(step.endedAt), because: step.because }),
})

const row = ({ label, text, note }: ReturnType<typeof argumentRows>[number]) => ({
  name: label,
  text,
  ...noteMember(note),
})

/** The parts of a step that others wrote, for a screen. */
export const shownStep = (step: StepView): Said<typeof ShownStep> => ({
  step: step.step,
  arguments: argumentRows(step).map(row),
  ...defined({ mcp: toolRows(step).map(row)[0] }),
  ...shownPreview(step),
  resource: { text: inert(step.resource.id), ...noteMember(lookalikeNote(step.resource.id)) },
})
