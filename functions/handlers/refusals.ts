import { BadRequest } from '../adapters/http/problem.ts'
import { weakStandIn } from '../domain/people/login-strength.ts'
import { Refusal } from '../domain/refusals.ts'

/** Another caller's task and an unknown one look the same. */
export const unknownTask = (): BadRequest =>
  new BadRequest({
    status: 404,
    code: 'unknown_task',
    title: 'There is no such task',
    detail: 'the id should be that of a request of yours',
  })

export const unknownRequest = (): BadRequest =>
  new BadRequest({
    status: 404,
    code: 'unknown_request',
    title: 'There is no such request',
    detail: 'the id should be `req_` and 26 characters',
  })

/** What each refusal is called where people decide: the status, what is so, and what to do about it. */
const forPeople: { [code in Refusal]?: readonly [status: number, title: string, fix: string] } = {
  not_eligible: [403, 'Policy does not let you decide this request', 'someone whom a stage of it names should decide'],
  self_approval: [
    403,
    'You own the agent that asks, so you cannot decide this request',
    'someone else should decide it',
  ],
  not_permitted: [403, 'Policy does not let you do this', 'ask someone whom policy permits'],
  policy_error: [403, 'Policy could not be asked, and so the answer is no', 'tell whoever runs Hotwork'],
  halted: [409, 'This was stopped by an emergency halt', 'a new request is needed once the halt is lifted'],
  ancestor_ended: [409, 'What this was delegated from has ended', 'nothing brings it back'],
  already_decided: [
    409,
    'You have decided this request already, and nobody counts twice',
    'someone else should decide',
  ],
  already_settled: [409, 'This request is settled', 'read it again to see how'],
  stage_not_open: [409, 'Your stage of this request is not open', '`stage` should be the open one'],
  stage_over: [
    409,
    'Your stage of this request has all its approvals already',
    'read the request to see its open stage',
  ],
  not_shown_in_full: [
    409,
    'The card cannot show all of this request',
    'read it through `GET /v1/requests/{id}`, and approve there or on its page',
  ],
  stale_digest: [
    409,
    'What you decided on is not what is asked now',
    '`digest` should be the one that the request shows now',
  ],
  stale_round: [
    409,
    'This request has changed since you looked',
    '`round` should be the one that the request shows now',
  ],
  comment_required: [400, 'An approval at this stage must say why', '`comment` should say why you approve'],
  not_narrower: [
    400,
    'That is not less than what was asked for',
    '`narrow` should leave less, and only of what may be narrowed',
  ],
  narrowed_too_often: [409, 'This request has been narrowed three times already', 'approve it as it is, or deny it'],
  not_decided: [409, 'You have not decided this request', 'only whoever decided may say why'],
  already_commented: [409, 'Your decision has its comment already', 'the first one is on the record and stays'],
  comment_too_late: [409, 'Your decision is more than an hour old', 'say why elsewhere: the decision stands as it is'],
  agent_suspended: [409, 'The agent that asks is suspended', 'deny it, or wait until somebody has looked at the agent'],
  agent_retired: [409, 'The agent that asks is retired', 'deny it'],
  owner_inactive: [409, 'The agent that asks has no active owner', 'deny it, or give the agent another owner'],
  invalid_arguments: [
    400,
    'The arguments are not what the action takes',
    '`narrow.arguments` should fit the catalogue',
  ],
  no_eligible_approvers: [
    409,
    'Too few people could decide what would be left',
    'approve it as it is, or deny it and say what would do',
  ],
  policy_denied: [403, 'Policy does not permit this', 'ask whoever writes the policies'],
  stand_in_refused: [
    403,
    'That person cannot decide in your stead',
    'name someone whom policy lets stand in for you, for 30 days at most',
  ],
  unknown_stand_in: [404, 'There is no such stand-in', 'the id should be `sin_` and 26 characters'],
  permit_refused: [403, 'That cannot be allowed ahead', 'approve each request by itself'],
  unknown_permit: [404, 'There is no such standing permit', 'the id should be `stp_` and 26 characters'],
  unknown_target: [400, 'There is nothing like that to halt', 'the target should be one that is known here'],
  too_many_halts: [409, 'This is halted many times over already', 'lift one of its halts first'],
  unknown_halt: [
    404,
    'There is no such halt',
    'the id should be `hlt_` and 26 characters, as the halt was answered with',
  ],
  self_lift: [403, 'You declared this halt, so you cannot lift it', 'someone else whom policy permits should lift it'],
  already_lifted: [409, 'This halt is lifted already', 'nothing is left to do'],
  record_full: [
    409,
    'The record of this request is as large as it may be',
    'it can only be denied, completed or revoked: ask for a new request',
  ],
  invalid_task_state: [409, 'The request is not in a state for this', 'read it again to see its state'],
}

/** No login of the caller mends it, so it is no challenge. */
const weakStandInProblem = new BadRequest({
  status: 403,
  code: 'insufficient_login',
  title: 'The person you stand in for named you with a weaker login than this stage asks for',
  detail: `${weakStandIn}: they should end it and name you again with a login of the strength that the stage asks for`,
})

/** @returns the problem of a refusal at a door for people */
export function refusalForPeople(code: Refusal, detail?: string): BadRequest {
  if (code === 'unknown_request') return unknownRequest()
  if (detail === weakStandIn) return weakStandInProblem
  if (code === 'insufficient_login') return insufficientLogin(detail ?? '')
  const [status, title, fix] = forPeople[code] ?? [409, 'This cannot be done now', 'read the request again']
  return new BadRequest({ status, code, title, detail: detail === undefined ? fix : `${fix}: ${detail}` })
}

/**
 * RFC 9470 section 3: the login is not strong enough, or too old. All that the stage wants is said at once, so that one
 * more login is enough; where only the refusal is known, what it names.
 */
export function insufficientLogin(
  wanted: string | { acr?: string | undefined; maxAge?: number | undefined },
): BadRequest {
  const { acr, maxAge } =
    typeof wanted !== 'string' ? wanted : /^\d+$/.test(wanted) ? { maxAge: Number(wanted) } : { acr: wanted }
  const parameters = [
    ...(acr === undefined ? [] : [`acr_values="${acr}"`]),
    ...(maxAge === undefined ? [] : [`max_age="${maxAge}"`]),
  ]
  const fixes = [
    ...(acr === undefined ? [] : [`with \`acr_values=${acr}\``]),
    ...(maxAge === undefined ? [] : [`at most ${maxAge} s before`]),
  ]
  return new BadRequest({
    status: 401,
    code: 'insufficient_user_authentication',
    title: 'This needs a stronger or newer login',
    detail: `log in ${fixes.join(', ')}, and ask again with the new token`,
    headers: {
      'www-authenticate': ['Bearer error="insufficient_user_authentication"', ...parameters].join(', '),
    },
  })
}

/** What each refusal is called where people break the glass: read at three in the morning, so each says what to do now. */
const forOps: { readonly [code in Refusal]?: readonly [status: number, title: string, fix: string] } = {
  unknown_profile: [400, 'There is no such profile', '`profile` should be one that policy names'],
  unknown_action: [400, 'There is no such action', '`action` should be one of the catalogue'],
  invalid_arguments: [400, 'The arguments are not what the action takes', '`arguments` should fit the catalogue'],
  bad_reason: [400, 'The reason will not do', '`reason` should say what is wrong'],
  bad_incident: [400, 'There is no such incident', '`incident` should name the incident'],
  window_too_long: [400, 'That is longer than can be opened', '`minutes` should be fewer'],
  not_permitted: [403, 'Policy does not let you do this', 'ask whoever is on call, or security'],
  policy_denied: [403, 'Policy does not let you do this', 'ask whoever is on call, or security'],
  halted: [403, 'You are stopped by an emergency halt', 'have a colleague open it, or have the halt lifted'],
  self_review: [403, 'Somebody else must review this', 'not the one who did it, nor whoever vouched for them'],
  already_open: [409, 'You have the glass broken already', 'use what is open, or end it first'],
  cool_down: [409, 'You had the glass broken a moment ago', 'have a colleague open it, or wait'],
  budget_spent: [409, 'The minutes of these seven days are used up', 'ask by a request, or have somebody else open it'],
  review_overdue: [
    409,
    'An earlier opening has not been reviewed in time',
    'have it reviewed, or have a second person vouch for you at `/v1/break-glass/vouchers`',
  ],
  already_reviewed: [409, 'This has been reviewed already', 'read it to see how'],
  no_review_due: [409, 'There is nothing to review yet', 'review it once it has ended'],
  already_settled: [409, 'This has ended already', 'read it again to see how'],
  invalid_task_state: [409, 'This has ended already', 'read it again to see how'],
  duplicate_request: [409, 'This key was used for another opening', 'send a new `Idempotency-Key`'],
  unknown_request: [
    404,
    'There is no such break-glass',
    'the id should be that of an opening: `bgl_` and 26 characters',
  ],
}

/** @returns the problem of a refusal at the doors of break-glass */
export function refusalForOps(code: Refusal, detail?: string): BadRequest {
  if (code === 'key_mismatch' || code === 'replayed') return badKey(code)
  const known = forOps[code]
  if (!known) return refusalForPeople(code, detail)
  const [status, title, fix] = known
  return new BadRequest({ status, code, title, detail: detail === undefined ? fix : detail })
}

const badKey = (code: 'key_mismatch' | 'replayed') =>
  new BadRequest({
    status: 401,
    code: 'invalid_dpop_proof',
    title: 'The proof of the key is missing or bad',
    detail: code === 'replayed' ? 'this proof was used before: make a new one for each call' : code,
    headers: { 'www-authenticate': `DPoP error="invalid_dpop_proof", error_description="${code}", algs="ES256"` },
  })

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
