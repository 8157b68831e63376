import { type Answered, agentActor } from './answering.ts'
import type { Complete, Revoke, RevokeCredential, Withdraw } from './commands.ts'
import type { Actor } from './events.ts'
import type { ApprovalRequest } from './request.ts'
import type { NumericDate } from './values.ts'

/** The agent says that its task is done: every credential of the grant ends. Said twice is said once. */
export function complete(state: ApprovalRequest, { outcome, note, bundle }: Complete, at: NumericDate): Answered {
  if (state.status === 'completed') return []
  if (state.status !== 'approved') return { code: 'invalid_task_state', detail: state.status }
  const noted = note === undefined ? {} : { note }
  return [{ type: 'Completed', at, actor: agentActor(state.ask), policies: [], bundle, outcome, ...noted }]
}

/**
 * The agent gives its access token back: it is good for nothing from now on, nor are AWS credentials that were claimed
 * with one. The grant lives on, and its key may claim again: what ends that is `complete`. A token that is not the live
 * one has been given back, replaced or ended already.
 */
export function revokeCredential(
  state: ApprovalRequest,
  { credential, bundle }: RevokeCredential,
  at: NumericDate,
): Answered {
  if (state.status !== 'approved' || state.grant.credentials.access_token?.id !== credential) return []
  return [{ type: 'CredentialRevoked', at, actor: agentActor(state.ask), policies: [], bundle, credential }]
}

/** ARAP's cancel: while pending it withdraws the ask. A second one is `invalid_task_state`: terminal is terminal. */
export function withdraw(state: ApprovalRequest, { bundle }: Withdraw, at: NumericDate): Answered {
  if (state.status !== 'pending') return { code: 'invalid_task_state', detail: state.status }
  return [{ type: 'Withdrawn', at, actor: agentActor(state.ask), policies: [], bundle }]
}

/** The kill switch of one request: ends a live grant, and denies what is still pending. Twice is once. */
export function revoke(state: ApprovalRequest, { person, reason, answer, bundle }: Revoke, at: NumericDate): Answered {
  if (!answer.permit) return { code: answer.error ? 'policy_error' : 'not_permitted' }
  if (state.status === 'revoked' || (state.status === 'denied' && state.deniedBy === person)) return []
  const common = {
    at,
    actor: { type: 'person', id: person } as Actor,
    policies: [...answer.policies],
    bundle,
    by: person,
    reason,
  }
  if (state.status === 'approved') return [{ ...common, type: 'Revoked' }]
  if (state.status === 'pending') return [{ ...common, type: 'Denied' }]
  return { code: 'already_settled', detail: state.status }
}
