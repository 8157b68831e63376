import { BadRequest } from '../../adapters/http/problem.ts'
import { weakStandIn } from '../../domain/people/login-strength.ts'
import type { Refusal } from '../../domain/refusals.ts'

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
export const forPeople: { [code in Refusal]?: readonly [status: number, title: string, fix: string] } = {
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
