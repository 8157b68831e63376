import { BadRequest } from '../../adapters/http/problem.ts'
import type { Refusal } from '../../domain/refusals.ts'
import { refusalForPeople } from './refusals.ts'

/** What each refusal is called where people break the glass: read at three in the morning, so each says what to do now. */
export const forOps: { readonly [code in Refusal]?: readonly [status: number, title: string, fix: string] } = {
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
