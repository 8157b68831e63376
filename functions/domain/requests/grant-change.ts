import { type ApprovalRequest, grantOf, usesLeft } from './request.ts'

/**
 * A change of the credentials and uses of a live grant alone: no wait of the workflow is over by it, and no step of a plan
 * has ended.
 */
export const isOfGrantAlone = (before: ApprovalRequest, after: ApprovalRequest): boolean =>
  before.status === 'approved' && after.status === 'approved' && besideGrant(before) === besideGrant(after)

const besideGrant = (state: ApprovalRequest): string =>
  JSON.stringify({ ...state, grant: undefined, updatedAt: 0, refusals: {} })

/** A change that no card shows, such as the end of a use or the intent of a credential. An opening's cards show all of it. */
export const isSameOnCards = (before: ApprovalRequest, after: ApprovalRequest): boolean =>
  after.ask.breakGlass === undefined && isOfGrantAlone(before, after) && shownOfGrant(before) === shownOfGrant(after)

function shownOfGrant(state: ApprovalRequest): string {
  const { claimBy, notAfter, claimedAt, delegations } = grantOf(state) ?? {}
  return JSON.stringify([claimBy, notAfter, claimedAt, delegations, usesLeft(state)])
}
