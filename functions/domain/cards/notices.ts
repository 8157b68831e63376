import { warnBefore } from '../break-glass/break-glass.ts'
import { endedAt } from '../record/ended.ts'
import { openingOf } from '../record/origin.ts'
import { type ApprovalRequest, grantOf } from '../record/request.ts'
import type { NumericDate } from '../values.ts'

/** The time before a review is due at which the reviewers are reminded. Seconds. */
const remindBefore = 4 * 3600
/** The wait before the first repeat for an overdue review; each later wait is twice as long. Seconds. */
const remindAfter = 4 * 3600
const reminders = 5

/** A message to people about an opening, beside its card. */
export type Notice =
  | { notice: 'opened'; at: NumericDate }
  | { notice: 'ending'; at: NumericDate }
  | { notice: 'ended'; at: NumericDate }
  | { notice: 'review_due'; at: NumericDate }
  /** `attempt` counts from 1. */
  | { notice: 'review_overdue'; at: NumericDate; attempt: number }
  | { notice: 'reviewed'; at: NumericDate }

/** The key under which a card stores that the notice was told. */
export const noticeKey = (notice: Notice): string =>
  notice.notice === 'review_overdue' ? `${notice.notice} ${notice.attempt}` : notice.notice

/** All notices of an opening up to `now`, the earliest first. A late timer delays only the telling. */
export const noticesOf = (state: ApprovalRequest, now: NumericDate): readonly Notice[] =>
  everyNotice(state)
    .filter(({ at }) => at <= now)
    .toSorted((one, other) => one.at - other.at)

/** The times at which the clock alone causes a notice. */
export const noticeTimes = (state: ApprovalRequest): readonly NumericDate[] =>
  everyNotice(state)
    .filter(({ notice }) => ['ending', 'review_due', 'review_overdue'].includes(notice))
    .map(({ at }) => at)

function everyNotice(state: ApprovalRequest): readonly Notice[] {
  const grant = grantOf(state)
  const opening = openingOf(state.ask)
  if (!opening || !grant) return []
  const ended = endedAt(state)
  // No warning for a short opening, nor for a sealed role, which Hotwork cannot end.
  const warnAt = opening.sealed ? 0 : grant.notAfter - warnBefore
  return [
    { notice: 'opened', at: state.submittedAt },
    ...(ended === undefined && warnAt > state.submittedAt ? [{ notice: 'ending', at: warnAt } as const] : []),
    ...(ended === undefined ? [] : [{ notice: 'ended', at: ended } as const]),
    ...reviewNotices(state),
  ]
}

function reviewNotices({ review }: ApprovalRequest): readonly Notice[] {
  if (!review) return []
  if (review.done) return [{ notice: 'reviewed', at: review.done.at }]
  return [
    { notice: 'review_due', at: review.dueAt - remindBefore },
    ...Array.from({ length: reminders }, (_, index) => ({
      notice: 'review_overdue' as const,
      attempt: index + 1,
      at: review.dueAt + remindAfter * (2 ** index - 1),
    })),
  ]
}

/**
 * The next notice for a listener, with its key and the keys of all notices that it replaces.
 * @param of the kinds of notice for this listener
 * @param told the keys of the notices that were sent
 */
export function unsentNotice(
  state: ApprovalRequest,
  now: NumericDate,
  of: readonly Notice['notice'][],
  told: readonly string[],
): { notice: Notice; keys: readonly string[] } | undefined {
  const unsent = noticesOf(state, now).filter(({ notice }) => of.includes(notice))
  const last = unsent.at(-1)
  if (!last || told.includes(noticeKey(last))) return undefined
  return { notice: last, keys: unsent.map(noticeKey).filter((key) => !told.includes(key)) }
}
