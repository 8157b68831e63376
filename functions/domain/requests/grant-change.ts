import type { EventType } from '../record/events.ts'
import { rulesOf } from '../record/origin.ts'
import { type ApprovalRequest, grantOf, usesLeft } from '../record/request.ts'

/** `card`: cards or denies may change; waits of the workflow and steps of plans continue. */
export type Tells = 'all' | 'card' | 'nothing'

const ofGrantAlone: readonly string[] = [
  'CredentialIntended',
  'CredentialIssued',
  'CredentialRevoked',
  'UseBegun',
  'UseEnded',
] satisfies EventType[]

/**
 * The followers of a change, which are stored with it so that only they wake. Cards of an opening show every change.
 */
export function tellsOf({ ask }: Pick<ApprovalRequest, 'ask'>, events: readonly { type: string }[]): Tells {
  if (rulesOf(ask).asks === 'rights' || !events.every(({ type }) => ofGrantAlone.includes(type))) return 'all'
  return events.every(({ type }) => type === 'UseEnded') ? 'nothing' : 'card'
}

/** Whether only the credentials and uses of a live grant changed. */
const isOfGrantAlone = (before: ApprovalRequest, after: ApprovalRequest): boolean =>
  before.status === 'approved' && after.status === 'approved' && besideGrant(before) === besideGrant(after)

const besideGrant = (state: ApprovalRequest): string =>
  JSON.stringify({ ...state, grant: undefined, updatedAt: 0, refusals: {} })

/**
 * Whether no card shows the change, such as the end of a use or the intent of a credential. Cards of an opening show
 * every change.
 */
export const isSameOnCards = (before: ApprovalRequest, after: ApprovalRequest): boolean =>
  rulesOf(after.ask).asks !== 'rights' && isOfGrantAlone(before, after) && shownOfGrant(before) === shownOfGrant(after)

function shownOfGrant(state: ApprovalRequest): string {
  const { claimBy, notAfter, claimedAt, delegations } = grantOf(state) ?? {}
  return JSON.stringify([claimBy, notAfter, claimedAt, delegations, usesLeft(state)])
}
