// Rules: test/channels/slack/cards/plan-card.test.ts
import { clamp, inert } from '../inert.ts'
import { type StepStatus, stepsLeft } from '../record/plan-step.ts'
import { duration, type NumericDate } from '../values.ts'
import { recordText, unknownAlone } from './agent-record.ts'
import { countDone, type StepView } from './plan-view.ts'
import type { RequestView } from './request-view.ts'
import type { PlacedRow, Row, Sentence } from './sentence.ts'

/** The sentences of a plan that are the same in every channel. */

type Plan = Pick<RequestView, 'ended' | 'grant'>

/** The headline of a plan that is approved and has not ended. */
export function planHeadline(steps: readonly StepView[]): string {
  const { done, all } = countDone(steps)
  const open = steps.find(({ status }) => status === 'open')
  return open ? `In progress: step ${open.step}, ${done} of ${all} done` : `Approved, ${done} of ${all} done`
}

/** The step whose turn it is, and the end of the plan. */
export function planNow(steps: readonly StepView[], { grant, ended }: Plan): Sentence {
  const open = steps.find(({ status }) => status === 'open')
  return [
    ...(open
      ? [`Step ${open.step} is with ${open.agent.id} since `, { time: open.openedAt ?? grant?.approvedAt ?? 0 }, '. ']
      : ['The next step is about to open. ']),
    'Each step opens when the one before it has succeeded. The plan ends at ',
    { time: grant?.notAfter ?? ended?.at ?? 0 },
    '.',
  ]
}

/** The reason why a plan has ended, in the words of the step that ended it. */
export function planEnd(steps: readonly StepView[], { ended }: Plan): Sentence {
  const at: Sentence = ['Ended at ', { time: ended?.at ?? 0 }, ': ']
  const [broken] = steps.filter(({ status }) => isBad(status))
  const { done, all } = countDone(steps)
  if (broken) return [...at, `step ${broken.step} ${verbs[broken.status]}${notTaken(steps)}.`]
  if (ended?.outcome === 'succeeded') return [...at, all === 1 ? 'its step succeeded.' : `all ${all} steps succeeded.`]
  return [...at, `its agent gave it up, ${done} of ${all} done${notTaken(steps)}.`]
}

export const isBad = (status: StepStatus): boolean => ['failed', 'late', 'revoked'].includes(status)

function notTaken(steps: readonly StepView[]): string {
  const left = steps.filter(({ status }) => status === 'ended').map(({ step }) => step)
  return left.length === 0 ? '' : `, so ${stepsNamed(left)} ${left.length === 1 ? 'is' : 'are'} not taken`
}

/** `step 2`, `steps 2, 3 and 5`. */
export function stepsNamed(numbers: readonly number[]): string {
  const [last, ...others] = [...numbers].reverse()
  return others.length === 0 ? `step ${last}` : `steps ${others.reverse().join(', ')} and ${last}`
}

const verbs: { readonly [status in StepStatus]: string } = {
  waiting: 'waits for its turn',
  open: 'has its turn',
  succeeded: 'succeeded',
  failed: 'failed',
  late: 'was not done in time',
  revoked: 'was revoked',
  struck: 'is struck out',
  ended: 'is not taken',
}

/** The state of a step in two words, then when and why. */
export const stepState = ({ status }: Pick<StepView, 'status'>): string => verbs[status]

export function stepNow({ status, openedAt, endedAt, because }: StepView): Sentence {
  const why = (because ?? '').trim()
  return [
    { bold: verbs[status] },
    ...(status === 'open' && openedAt !== undefined ? [' since ', { time: openedAt }] : []),
    ...(endedAt === undefined ? [] : [' at ', { time: endedAt }]),
    ...(why === '' ? [] : [': ', { said: clamp(inert(why), 200).text }]),
  ]
}

/** False for a plan that is not decided: all its steps wait, so states are left out. */
export const saysState = ({ status }: Pick<RequestView, 'status'>, step: Pick<StepView, 'status'>): boolean =>
  status !== 'pending' || step.status !== 'waiting'

/** The undo of each step that has one, and a warning for the others. */
export function planUndo(steps: readonly StepView[]): Row {
  const fixed = stepsLeft(steps)
    .filter(({ undo }) => !undo?.possible)
    .map(({ step }) => step)
  return fixed.length === 0
    ? { label: 'Undo', text: 'each step can be undone by itself' }
    : { label: 'Cannot be undone', text: stepsNamed(fixed) }
}

export function planTerms(steps: readonly StepView[]): Row {
  const within = Math.max(...steps.map(({ terms }) => terms.claimWithin))
  const lifetime = Math.max(...steps.map(({ terms }) => terms.lifetime))
  return {
    label: 'Terms',
    text: `the credential of each step is collected within ${duration(within)} of its turn, then valid for ${duration(lifetime)} and 1 use; the agent that asks gets none`,
  }
}

/** The steps of each agent, the person it acts for, and the facts about it. */
export const doerRows = (
  steps: readonly StepView[],
  submittedAt: NumericDate,
  nameOf: (who: StepView['agent']['owner']) => string,
): PlacedRow[] =>
  [...Map.groupBy(steps, ({ agent }) => agent.id).values()].map((own) => {
    const [{ agent, host }] = own as [StepView, ...StepView[]]
    const autonomy = agent.autonomy === undefined ? '' : `, ${agent.autonomy}`
    const which = stepsNamed(own.map(({ step }) => step))
    const all = own.map((each) => each.host.ambient)
    const alone = all.includes('allowed')
      ? ['its host could do a step without asking Hotwork']
      : all.includes('unknown')
        ? [unknownAlone]
        : []
    const record = host.record ? [`30 days: ${recordText(host.record, submittedAt)}`] : []
    const text = `${agent.id}${autonomy}, for ${nameOf(agent.owner)}: ${[which, ...alone, ...record].join('; ')}`
    return { label: 'Done by', first: true as const, text }
  })

/** The arguments that credentials leave open, each once, with its steps. */
export function unpinnedOf(steps: readonly StepView[]): readonly string[] {
  const all = stepsLeft(steps).flatMap(({ step, unpinned }) => unpinned.map((text) => ({ step, text })))
  return [...Map.groupBy(all, ({ text }) => text)].map(
    ([text, of]) => `${stepsNamed(of.map(({ step }) => step))}: ${text}`,
  )
}
