import { isGuarded, isOtherState } from '../../domain/previews/drift.ts'
import type { AskedAgain, ReadAgain } from '../../domain/record/commands.ts'
import { rulesOf } from '../../domain/record/origin.ts'
import { keptSteps } from '../../domain/record/plan-step.ts'
import { largestPreview, type Preview, previewOfSteps } from '../../domain/record/preview.ts'
import type { ApprovalRequest, Ask } from '../../domain/record/request.ts'
import { defined, type JsonObject, type NumericDate } from '../../domain/values.ts'
import type { Claim } from '../../targets/kinds.ts'
import { authorityOf, lookAtAgents } from '../policy/authority.ts'
import { assessAgain } from '../policy/questions.ts'
import type { AskingPorts, RequestReader } from '../record/ports.ts'
import type { Observed, StateReader } from './ports.ts'

export type ReaderPorts = { reader: StateReader }

/** Undefined where nothing is read. A reader never throws; one that does has read nothing. */
export async function observe(
  ask: Pick<Ask, 'id' | 'ancestors' | 'action' | 'arguments' | 'resource' | 'classification' | 'steps'>,
  ports: ReaderPorts & Pick<AskingPorts, 'clock'>,
): Promise<Observed | undefined> {
  return rulesOf(ask).asks === 'steps' ? observeSteps(ask, ports) : observeOne(ask, ports)
}

/** Side by side. A step that comes after another of the same resource is not read: what it will find is not there yet. */
async function observeSteps(
  { id, ancestors, steps }: Pick<Ask, 'id' | 'ancestors' | 'steps'>,
  ports: ReaderPorts & Pick<AskingPorts, 'clock'>,
): Promise<Observed | undefined> {
  const ahead = keptSteps({ ask: defined({ steps }) }).filter(({ after }) => after === undefined)
  const most = Math.floor(largestPreview / Math.max(ahead.length, 1))
  const read = await Promise.all(
    ahead.map(async (each) => ({
      step: each.step,
      preview: (await observeOne({ ...each, id, ancestors }, ports, most))?.preview,
    })),
  )
  const found = read.flatMap(({ step, preview }) => (preview ? [{ step, preview }] : []))
  return found.length === 0 ? undefined : { preview: previewOfSteps(found) }
}

async function observeOne(
  ask: Pick<Ask, 'id' | 'ancestors' | 'action' | 'arguments' | 'resource' | 'classification'>,
  { reader, clock }: ReaderPorts & Pick<AskingPorts, 'clock'>,
  most?: number,
): Promise<Observed | undefined> {
  const { action, arguments: args, resource, classification } = ask
  const about = {
    ...{ request: ask.ancestors[0] ?? ask.id, action, arguments: args, resource, classification },
    ...defined({ most }),
  }
  try {
    return await reader.observe(about)
  } catch {
    return { preview: { outcome: 'failed', why: 'unavailable', observedAt: clock.now() } }
  }
}

/** `raw`: for a call that carries what is expected. */
export type Reading = { observed?: ReadAgain; raw?: JsonObject }

/** What is there now, for a request that people decide on or have decided on. */
export async function readAgain(
  state: ApprovalRequest,
  now: NumericDate,
  ports: ReaderPorts & Pick<AskingPorts, 'policy' | 'clock'>,
  ask: Ask = state.ask,
): Promise<Reading> {
  const found = await observe(ask, ports)
  if (!found) return {}
  const { preview, raw } = found
  const isOther = isOtherState(state, { preview })
  if (isOther) await lookAtAgents(state, ports)
  const observed = isOther ? { preview, again: askedAgain(state, preview, now, ports) } : { preview }
  return { observed, ...(raw && { raw }) }
}

/** On today's ladder, and never on a lower rung than before. */
function askedAgain(
  state: ApprovalRequest,
  preview: Preview,
  now: NumericDate,
  { policy }: Pick<AskingPorts, 'policy'>,
): AskedAgain {
  const found = assessAgain(policy, state, { preview, atLeast: state.tier }, now)
  if (found.outcome === 'refused') return { ok: false, code: found.reason }
  const { tier, stages, policies } = found
  return { ok: true, tier, stages, policies }
}

/** All that a claim rests on now, and what is there now, side by side. */
export async function atIssue(
  state: ApprovalRequest,
  claim: Claim,
  now: NumericDate,
  ports: ReaderPorts & Pick<AskingPorts, 'policy' | 'clock'> & { requests: Pick<RequestReader, 'dependencies'> },
  role?: string,
) {
  const [authority, { observed }] = await Promise.all([
    authorityOf(state, 'issue', now, ports, defined({ role })),
    isGuarded(state, claim) ? readAgain(state, now, ports) : ({} as Reading),
  ])
  return { ...authority, ...defined({ observed }) }
}
