import { noticeTimes } from '../cards/notices.ts'
import { openingOf, rulesOf } from '../record/origin.ts'
import { type ApprovalRequest, openStage } from '../record/request.ts'
import type { NumericDate } from '../values.ts'
import { reviewDueAt } from './due.ts'

/**
 * The workflow's state: `Tier2 owner`, `Tier2 owner escalated`, `AwaitStep` of a plan, `Close` if it waits for nothing.
 * The state machines have the same names (infra/constructs/approval-workflow.ts); a test compares the two.
 */
export type Wait = string

/** The wait of an approved request, by its kind of acts. */
const waits = { act: undefined, change: undefined, steps: 'AwaitStep', rights: 'AwaitEnd' } as const

export function waitOf(state: ApprovalRequest): Wait {
  const wait = waits[rulesOf(state.ask).asks]
  if (state.status === 'approved' && wait) return wait
  const stage = openStage(state)
  if (stage) return stageWait(state.tier, stage.terms.name, stage.escalatedAt !== undefined)
  return reviewDueAt(state) === undefined ? 'Close' : 'AwaitReview'
}

export const stageWait = (tier: number, stage: string, escalated: boolean): Wait =>
  `Tier${tier} ${stage}${escalated ? ' escalated' : ''}`

/** `succeeded`: continue; `Settled`: close; `Moved`: read the new wait. */
type WaitOutcome = 'waiting' | 'succeeded' | 'Settled' | 'Moved'

export function outcomeOf(state: ApprovalRequest, wait: Wait): WaitOutcome {
  const now = waitOf(state)
  if (now === wait) return 'waiting'
  if (wait === 'AwaitEnd' || wait === 'AwaitReview') return 'succeeded'
  if (now === 'AwaitStep') return 'Moved'
  if (wait === 'AwaitStep') return now === 'Close' ? 'succeeded' : 'Moved'
  if (state.status !== 'pending' && state.status !== 'approved' && !('grant' in state)) return 'Settled'
  const waits = state.stages.flatMap(({ terms }) =>
    [false, true].map((escalated) => stageWait(state.tier, terms.name, escalated)),
  )
  const [waited, reached] = [waits.indexOf(wait), state.status === 'pending' ? waits.indexOf(now) : waits.length]
  // An escalation stays in the same stage.
  const forward = waited >= 0 && Math.floor(reached / 2) > Math.floor(waited / 2)
  return forward ? 'succeeded' : 'Moved'
}

/**
 * `run`: 1, and one more each time people are asked again after an approval. `tier`: begin at the first stage of this
 * tier.
 */
export type Start = { run: number; wait: Wait; tier?: number }

/**
 * The start of an execution; undefined if it has nothing to wait for. It follows from the record, so that a second
 * start is harmless.
 */
export function startOf(state: ApprovalRequest): Start | undefined {
  const { ask, tier, stages, drifts = [] } = state
  const run = 1 + drifts.filter(({ approved }) => approved).length
  const { isDecided, asks } = rulesOf(ask)
  const wait = waits[asks]
  const asksPeople = run > 1 ? state.status === 'pending' : isDecided
  const first = asksPeople ? stages[0] : undefined
  if (first) return { run, wait: stageWait(tier, first.terms.name, false), tier }
  return wait && { run, wait }
}

export type BreakGlassWake = { readonly at: NumericDate; readonly why: 'notice' | 'end' | 'review_due' }

/** The wakes of an opening. Their timers are set when it opens; a late or repeated timer changes no record. */
export function breakGlassWakes(state: ApprovalRequest): readonly BreakGlassWake[] {
  if (!openingOf(state.ask)) return []
  const reviewAt = reviewDueAt(state)
  const wakes: readonly BreakGlassWake[] = [
    ...noticeTimes(state).map((at) => ({ at, why: 'notice' as const })),
    ...(state.status === 'approved' ? [{ at: state.grant.notAfter, why: 'end' as const }] : []),
    ...(reviewAt === undefined ? [] : [{ at: reviewAt, why: 'review_due' as const }]),
  ]
  return wakes.toSorted((one, other) => one.at - other.at)
}
