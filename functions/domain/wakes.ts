import { type ApprovalRequest, grantOf } from './request.ts'
import type { NumericDate } from './values.ts'

/** Why somebody has to look at what was opened in an emergency, at a time that is known beforehand. */
export type WakeReason = 'ends_soon' | 'ended' | 'review_soon' | 'review_due' | 'review_overdue'

/** One time at which its card, or its record, is to be looked at. */
export type BreakGlassWake = { readonly at: NumericDate; readonly why: WakeReason }

/** How long before its end people are told that it ends. Seconds. */
const endsSoon = 300
/** The first word about a review comes so long before it is due. Seconds. */
const reviewSoon = 3600
/** A review that is overdue is asked for again so long after it was due, each time later: then the next opening asks. */
const remindedAfter = [3600, 4 * 3600, 24 * 3600]

/**
 * When what was opened in an emergency is to be looked at, in order, as far as that still matters: before its end and at
 * it, while it is open; before its review is due, then and thereafter, until that is done. Timers are set by it at the
 * opening, and whoever draws says what of it is due, so one that comes late, twice or never changes nothing but when.
 */
export function breakGlassWakes(state: ApprovalRequest): readonly BreakGlassWake[] {
  if (!state.ask.breakGlass) return []
  return [...endWakes(state), ...reviewWakes(state)].toSorted((one, other) => one.at - other.at)
}

function endWakes(state: ApprovalRequest): readonly BreakGlassWake[] {
  const grant = state.status === 'approved' ? grantOf(state) : undefined
  if (!grant) return []
  const soon = grant.notAfter - endsSoon
  // What is opened for less is told of at its opening.
  return [
    ...(soon > grant.approvedAt ? [{ at: soon, why: 'ends_soon' as const }] : []),
    { at: grant.notAfter, why: 'ended' },
  ]
}

function reviewWakes({ review }: ApprovalRequest): readonly BreakGlassWake[] {
  if (!review || review.done) return []
  const { dueAt } = review
  return [
    { at: dueAt - reviewSoon, why: 'review_soon' },
    { at: dueAt, why: 'review_due' },
    ...remindedAfter.map((after) => ({ at: dueAt + after, why: 'review_overdue' as const })),
  ]
}
