import * as z from 'zod'

/** Every expected no of the domain. Each door maps each code to its own words in one exhaustive table. */
export const Refusal = z.enum([
  // deciding
  'not_eligible',
  'self_approval',
  'already_decided',
  'already_settled',
  'stage_not_open',
  'stale_digest',
  'stale_round',
  'insufficient_login',
  'comment_required',
  'not_narrower',
  'narrowed_too_often',
  // claiming and using
  'pending',
  'denied',
  'expired',
  'withdrawn',
  'revoked',
  'completed',
  'key_mismatch',
  'policy_denied',
  'policy_error',
  'approver_not_eligible',
  'credential_superseded',
  'credential_unknown',
  'uses_exhausted',
  'wrong_credential_kind',
  'outcome_unknown',
  'halted',
  'ancestor_ended',
  // delegating
  'delegation_cycle',
  'delegation_too_deep',
  'wider_than_parent',
  // ending
  'invalid_task_state',
  'not_permitted',
  // stopping
  'unknown_target',
  'unknown_halt',
  'too_many_halts',
  'self_lift',
  // standing in
  'stand_in_refused',
  'unknown_stand_in',
  // standing permits
  'permit_refused',
  'unknown_permit',
  'already_lifted',
  // asking
  'unknown_request',
  'invalid_arguments',
  'unknown_action',
  'no_eligible_approvers',
  'session_policy_too_large',
  'duplicate_request',
  'invalid_target',
  'replayed',
  'agent_suspended',
  'agent_retired',
  'owner_inactive',
  'expired_denial',
  'invalid_denial_binding',
  'not_requestable',
  'too_many_open',
  'clock_out_of_range',
])
export type Refusal = z.infer<typeof Refusal>
