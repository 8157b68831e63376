import { noticeTimes } from '../cards/notices.ts'
import type { NumericDate } from '../values.ts'
import { type ApprovalRequest, openStage } from './request.ts'

/**
 * Where the workflow is to wait for a request, named like the state in which it waits: `Tier2 owner`,
 * `Tier2 owner escalated`, `AwaitCompletion`, or `Close` when nothing is left to wait for. The machine is generated
 * from the same ladder with the same names (infra/constructs/approval-workflow.ts), which a test holds to these.
 */
export type Wait = string

export function waitOf(state: ApprovalRequest): Wait {
  if (state.status === 'approved') return state.ask.breakGlass ? 'AwaitEnd' : 'AwaitCompletion'
  const stage = state.status === 'pending' ? openStage(state) : undefined
  if (stage) return stageWait(state.tier, stage.terms.name, stage.escalatedAt !== undefined)
  // What has ended is closed; only then is the review waited for, if it is not overdue by then.
  return state.review && !state.review.done && state.review.overdueAt === undefined ? 'AwaitReview' : 'Close'
}

export const stageWait = (tier: number, stage: string, escalated: boolean): Wait =>
  `Tier${tier} ${stage}${escalated ? ' escalated' : ''}`

/** How a wait ends: by success (go on to the next), by the error `Settled` (close), by `Moved` (ask where to wait), or not yet. */
type WaitOutcome = 'waiting' | 'succeeded' | 'Settled' | 'Moved'

/** What becomes of an execution that waits in `wait`, by what the table says now. */
export function outcomeOf(state: ApprovalRequest, wait: Wait): WaitOutcome {
  const now = waitOf(state)
  if (now === wait) return 'waiting'
  if (wait === 'AwaitEnd' || wait === 'AwaitReview') return 'succeeded'
  if (wait === 'AwaitCompletion') return now === 'Close' ? 'succeeded' : 'Moved'
  if (state.status !== 'pending' && state.status !== 'approved' && !('grant' in state)) return 'Settled'
  const waits = state.stages.flatMap(({ terms }) => [
    stageWait(state.tier, terms.name, false),
    stageWait(state.tier, terms.name, true),
  ])
  const [waited, reached] = [waits.indexOf(wait), state.status === 'pending' ? waits.indexOf(now) : waits.length]
  // Only forward along the same ladder is a success, and an escalation of the same stage is not a step forward.
  const forward = waited >= 0 && Math.floor(reached / 2) > Math.floor(waited / 2)
  return forward ? 'succeeded' : 'Moved'
}

/**
 * The wait with which an execution starts. It follows from the `Submitted` event alone, so that starting twice, however
 * late, is starting once: same name, same input.
 */
export function firstWait({ ask, tier, stages }: Pick<ApprovalRequest, 'ask' | 'tier' | 'stages'>): Wait {
  if (ask.breakGlass) return 'AwaitEnd'
  // What is delegated was approved with its parent, and what is drawn from a standing permit with that.
  const first = ask.ancestors.length === 0 && ask.standing === undefined ? stages[0] : undefined
  return first ? stageWait(tier, first.terms.name, false) : 'AwaitCompletion'
}

/**
 * Why somebody has to look at what was opened, at a time that is known beforehand: something is to be said
 * of it, it ends, or its review is due. The last two are facts that are to be stored then; the first is only drawn.
 */
type WakeReason = 'notice' | 'end' | 'review_due'
export type BreakGlassWake = { readonly at: NumericDate; readonly why: WakeReason }

/**
 * When what was opened is to be looked at, in order, as far as that still matters. Timers are set by it at
 * the opening. What is due follows from the record and the clock, so one that comes late, twice or never changes nothing
 * but when somebody hears of it.
 */
export function breakGlassWakes(state: ApprovalRequest): readonly BreakGlassWake[] {
  if (!state.ask.breakGlass) return []
  const { review } = state
  const wakes: readonly BreakGlassWake[] = [
    ...noticeTimes(state).map((at) => ({ at, why: 'notice' as const })),
    ...(state.status === 'approved' ? [{ at: state.grant.notAfter, why: 'end' as const }] : []),
    ...(review && !review.done && review.overdueAt === undefined
      ? [{ at: review.dueAt, why: 'review_due' as const }]
      : []),
  ]
  return wakes.toSorted((one, other) => one.at - other.at)
}
