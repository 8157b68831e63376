import { endedAt } from '../requests/due.ts'
import { type ApprovalRequest, grantOf } from '../requests/request.ts'
import type { NumericDate } from '../values.ts'

/** So long before an opening ends, whoever holds it is told that it will. Seconds. */
export const warnBefore = 300
/** So long before its review is due, those who may review are told that it still is. Seconds. */
const remindBefore = 4 * 3600
/** While it is overdue they are told again after so long, then after twice as long each time. Seconds. */
const remindAfter = 4 * 3600
const reminders = 5

/** What people are told of an opening, beside the card: things that happened, and things that are late. */
export type Notice =
  | { notice: 'opened'; at: NumericDate }
  /** It ends in a few minutes. */
  | { notice: 'ending'; at: NumericDate }
  | { notice: 'ended'; at: NumericDate }
  | { notice: 'review_due'; at: NumericDate }
  /** `attempt` counts from 1, at the time when it was due. */
  | { notice: 'review_overdue'; at: NumericDate; attempt: number }
  | { notice: 'reviewed'; at: NumericDate }

/** Under which key it is remembered that somebody was told. */
export const noticeKey = (notice: Notice): string =>
  notice.notice === 'review_overdue' ? `${notice.notice} ${notice.attempt}` : notice.notice

/**
 * All that is due to be said of an opening at `now`, the earliest first. Pure, and of the state as it is then: a late timer,
 * or none, changes only when somebody hears of it, and whoever looks twice finds the same.
 */
export const noticesOf = (state: ApprovalRequest, now: NumericDate): readonly Notice[] =>
  everyNotice(state)
    .filter(({ at }) => at <= now)
    .toSorted((one, other) => one.at - other.at)

/** The times at which one of these falls due by the clock alone, whoever does or does not do anything. */
export const noticeTimes = (state: ApprovalRequest): readonly NumericDate[] =>
  everyNotice(state)
    .filter(({ notice }) => ['ending', 'review_due', 'review_overdue'].includes(notice))
    .map(({ at }) => at)

function everyNotice(state: ApprovalRequest): readonly Notice[] {
  const grant = grantOf(state)
  const { breakGlass } = state.ask
  if (!breakGlass || !grant) return []
  const ended = endedAt(state)
  // A short opening is not warned of in the moment in which it begins, nor what Hotwork neither gave nor can end.
  const warnAt = breakGlass.sealed ? 0 : grant.notAfter - warnBefore
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
 * The one notice that somebody is still to be given, with the keys of all that it makes needless: what has gone on
 * meanwhile is told as it is, once. Undefined where they know all that they are to know.
 *
 * @param of   which kinds of notice are theirs to hear
 * @param told the keys of what they have been told
 */
export function noticeDue(
  state: ApprovalRequest,
  now: NumericDate,
  of: readonly Notice['notice'][],
  told: readonly string[],
): { notice: Notice; keys: readonly string[] } | undefined {
  const due = noticesOf(state, now).filter(({ notice }) => of.includes(notice))
  const last = due.at(-1)
  if (!last || told.includes(noticeKey(last))) return undefined
  return { notice: last, keys: due.map(noticeKey).filter((key) => !told.includes(key)) }
}
