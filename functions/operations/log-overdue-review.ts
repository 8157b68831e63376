import type { ApprovalRequest } from '../domain/requests/request.ts'
import type { Log } from './ports.ts'

/** Says that a review has become overdue, from the record as it changes: whoever stored it, it is said in one place. */
export function logOverdueReview(before: ApprovalRequest, after: ApprovalRequest, log: Log): void {
  if (before.review?.overdueAt === undefined && after.review?.overdueAt !== undefined)
    log.error('review_overdue', { request: after.ask.id, drill: after.ask.breakGlass?.drill === true })
}
