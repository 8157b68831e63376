import { noticeTimes } from './announcing.ts'
import type { ApprovalRequest } from './request.ts'
import type { NumericDate } from './values.ts'

/**
 * Why somebody has to look at what was opened in an emergency, at a time that is known beforehand: something is to be said
 * of it, it ends, or its review is due. The last two are facts that are to be stored then; the first is only drawn.
 */
export type WakeReason = 'notice' | 'end' | 'review_due'
export type BreakGlassWake = { readonly at: NumericDate; readonly why: WakeReason }

/**
 * When what was opened in an emergency is to be looked at, in order, as far as that still matters. Timers are set by it at
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
