import { Refusal } from '../../domain/refusals.ts'
import { forPeople } from './refusals.ts'
import { forOps } from './refusals-for-ops.ts'

type Words = readonly [title: string, fix: string]

/** Of every address that no route is for. */
export const notFound: Words = [
  'There is nothing at this address',
  'the documents under `/.well-known/` name the addresses that exist',
]

/** Problems of the HTTP API itself, and refusals that only agents, tools and pages meet. */
const others: { readonly [code: string]: Words } = {
  // the call
  not_found: notFound,
  invalid_request: ['The call is not what this endpoint takes', 'the detail names the member and what it should be'],
  invalid_json: [
    'The body is not JSON that means one thing',
    'send each member once, whole numbers below 2^53, and no lone surrogates',
  ],
  invalid_form: ['The form is not what this page sends', 'open the page again and send its form'],
  foreign_form: ['The form came from another site', 'open the page here and send its form'],
  too_large: ['The body is too large', 'send at most 64 KiB'],
  server_error: ['This failed, and the caller could not help it', 'try again later, and tell the operator if it stays'],
  temporarily_unavailable: ['Something this needs does not answer', 'ask again in a moment, with the same key'],
  clock_out_of_range: ['A machine and the API disagree about the time', 'ask again in a moment'],
  too_many_requests: ['Too many calls came at once', 'wait as long as `Retry-After` says'],
  // the caller
  missing_token: ['This needs a token', 'send `Authorization: Bearer` with a token whose audience is this issuer'],
  invalid_token: ['The token is not good here', 'get a new token, for the audience that the metadata names'],
  invalid_dpop_proof: [
    'The proof of the key is missing or bad',
    'make a new proof for each call, for its method and address, with the key that asked',
  ],
  insufficient_user_authentication: [
    'This needs a stronger or newer login',
    'log in as the challenge of the answer says, and ask again with the new token',
  ],
  logged_out: ['You are not logged in any more', 'log in again; nothing was recorded'],
  no_login: ['Nobody can log in here yet', 'the operator names a provider in the deployment file'],
  bad_signature: ['The signature does not hold', 'sign with the secret that the operator set, within five minutes'],
  unknown_aggregate: [
    'There is no such record',
    'the id should be one that this API has given out, or that of an actor',
  ],
  // requests and credentials
  unknown_task: ['There is no such task', 'the id should be that of a request of your own'],
  unknown_use: ['There is no such use', 'the id should be that of a use of your own'],
  unknown_page: ['There is no such page', 'follow a link from the list of what waits for you'],
  no_drill: ['That is no drill', 'only a drill has a report'],
  mediated: ['The approved action is one that Hotwork does itself', 'have it done at `/aws/calls`'],
  not_mediated: ['The approved action is one that the agent does itself', 'get credentials at `/aws/credentials`'],
  call_failed: ['AWS refused the approved call', 'the detail says what AWS answered'],
}

/** Refusals that a table for people has no words for: what becomes of a claim, a use or a delegation. */
const ofAgents: { readonly [code in Refusal]?: Words } = {
  pending: ['The request is not decided yet', 'read its task with `?wait=`'],
  denied: ['The request was denied', 'nothing brings it back: ask for something else'],
  expired: ['The request has expired', 'evaluate and ask again'],
  withdrawn: ['The request was taken back', 'evaluate and ask again'],
  revoked: ['The grant was revoked', 'a new request is needed'],
  completed: ['The request is completed', 'a new request is needed'],
  key_mismatch: ['The grant is bound to another key', 'prove the key that asked'],
  replayed: ['This proof was used before', 'make a new proof for each call'],
  approver_not_eligible: ['An approver may no longer approve', 'ask again'],
  credential_superseded: ['A newer credential has taken its place', 'use the newest one'],
  credential_unknown: ['The credential is none of this grant', 'claim one at `/token`'],
  uses_exhausted: ['The grant has no use left', 'a new request is needed'],
  too_many_sessions: ['Too many credentials were made of this grant', 'use the last ones until they end'],
  wrong_credential_kind: ['The action takes another kind of credential', 'the catalogue says which'],
  outcome_unknown: ['Whether the call was made cannot be told yet', 'ask again later, and do not repeat the call'],
  session_policy_too_large: ['The credential could not be confined', 'ask for less at once'],
  delegation_cycle: ['The agent is part of the chain already', 'delegate to another agent'],
  delegation_too_deep: ['The chain is three agents long already', 'the agent should ask by itself'],
  wider_than_parent: ['That is more than the grant allows', 'delegate the same or less'],
  out_of_profile: ['The profile does not open that', 'use what it opens, or another profile'],
  too_many_open: ['Too many of your requests wait for people', 'wait until some are decided, or withdraw some'],
  insufficient_login: ['This needs a stronger or newer login', 'log in as the challenge of the answer says'],
  not_in_bulk: ['This is not decided in bulk', 'decide it by itself'],
  invalid_target: ['The grant is for another audience', 'ask for the audience of the action'],
  duplicate_request: ['This key stands for another body', 'send a new `Idempotency-Key` for a new body'],
  expired_denial: ['The evaluation is too old', 'evaluate again'],
  invalid_denial_binding: [
    'The request is not what was evaluated',
    'repeat the evaluation and its denial to the letter',
  ],
  approval_expired: ['The approval has ended', 'evaluate without it and ask again'],
  out_of_scope: ['The approval is for something else', 'do what was approved, or evaluate and ask again'],
  approval_unverifiable: ['The approval is none of this agent', 'evaluate without it'],
  not_requestable: ['No approval can help here', 'the detail says why'],
}

/** What a problem's type means and what helps. `undefined` for an unknown code. */
export function problemTypeOf(code: string): { title: string; fix: string } | undefined {
  const words = wordsOf(code)
  return words && { title: words[0], fix: words[1] }
}

function wordsOf(code: string): Words | undefined {
  if (Object.hasOwn(others, code)) return others[code]
  const refusal = Refusal.safeParse(code)
  if (!refusal.success) return undefined
  const told = forPeople[refusal.data] ?? forOps[refusal.data]
  return ofAgents[refusal.data] ?? (told && [told[1], told[2]])
}
