// Rules: test/stack/credentials/oauth.test.ts
import { OAuthError } from '../../adapters/http/oauth.ts'
import { type BadRequest, refusalProblem } from '../../adapters/http/problem.ts'
import type { AssessmentRefusal } from '../../domain/policy/assess.ts'
import { refusals } from '../../domain/refusals.ts'
import type { DeferredRefusal } from '../../operations/credentials/deferral.ts'
import type { TokenRefusal } from '../../operations/credentials/tokens.ts'
import { tryAgainAfter } from '../../operations/requests/limits.ts'
import type { SubmissionRefusal } from '../../operations/requests/submit-request.ts'

/** OAuth's own errors and statuses (RFC 6749, RFC 9396). The description begins with a word for programs. */
export function tokenRefusal(code: Exclude<TokenRefusal, 'insufficient_login'>, detail?: string): OAuthError {
  switch (code) {
    case 'key_mismatch':
      return new OAuthError('invalid_dpop_proof', 'key_mismatch: the grant is bound to the key that asked')
    case 'replayed':
      return new OAuthError('invalid_dpop_proof', 'this proof was used before: make a new one for each call')
    // A plan itself cannot be claimed, only its steps.
    case 'wrong_credential_kind':
      return details(`${code}: ${detail ?? refusals[code].so}`)
    case 'invalid_target':
      return new OAuthError('invalid_target', detail ?? refusals[code].so)
    case 'unknown_request':
      return details('unknown: no request of yours has this id')
    case 'pending':
      return details('pending: the request is not decided yet, read its task with ?wait=')
    case 'not_yet':
      return details(`not_yet: it can be claimed from ${detail} on`)
    case 'denied':
    case 'expired':
    case 'withdrawn':
    case 'revoked':
    case 'completed':
      return details(`${code}: the request has no live grant`)
    case 'approver_not_eligible':
      return details('revoked: an approver may no longer approve (approver_not_eligible)')
    case 'halted':
    case 'ancestor_ended':
      return details(`revoked: ${detail ?? code}`)
    case 'state_changed':
      return new OAuthError('invalid_authorization_details', `${code}: ${agentTold}`, 409)
    case 'state_unreadable':
      return new OAuthError('temporarily_unavailable', `${code}: ask again in a moment`, 503)
    case 'record_full':
    case 'too_many_sessions':
      return new OAuthError('access_denied', `${code}: ${detail ?? refusals[code].so}`)
    // Refuses only this attempt: the grant stays live.
    case 'policy_denied':
      return new OAuthError('access_denied', `${code}: ${detail ?? refusals[code].so}`)
    case 'policy_error':
    case 'not_permitted':
    case 'uses_exhausted':
    case 'credential_superseded':
      return new OAuthError('access_denied', `${code}: ${refusals[code].so}`)
  }
}

/** The words for agents, which omit the resource's values. */
const agentTold = 'the resource has changed since the approval: people decide again, read its task with ?wait='

const details = (description: string) => new OAuthError('invalid_authorization_details', description)

/** The errors that end the wait (RFC 6749 section 5.2, Deferred Token Response). */
export function deferredRefusal(code: DeferredRefusal, detail?: string): OAuthError {
  switch (code) {
    case 'invalid_grant':
      return new OAuthError('invalid_grant', 'this deferral_code is invalid with this key: ask again')
    case 'expired':
      return new OAuthError('expired_token', 'expired: the time to decide or to claim is over, send a new request')
    case 'denied':
    case 'withdrawn':
    case 'revoked':
    case 'completed':
      return new OAuthError('access_denied', `${code}: ${refusals[code].so}`)
    case 'approver_not_eligible':
    case 'halted':
    case 'ancestor_ended':
    case 'insufficient_login':
      return new OAuthError('access_denied', `revoked: ${detail ?? code}`)
    default:
      return tokenRefusal(code, detail)
  }
}

/**
 * The error of a request that is refused at once, without a deferral code.
 * @returns the fault for the endpoint to throw
 */
export function askRefusal(code: SubmissionRefusal | TokenRefusal, detail?: string): OAuthError | BadRequest {
  switch (code) {
    // The detail begins with the evaluation's reason, for example `policy_denied: ...`.
    case 'not_requestable':
      return new OAuthError(isOfTheAsk(detail) ? 'invalid_authorization_details' : 'access_denied', detail ?? code)
    case 'justification_required':
    case 'unknown_parent_task':
    case 'invalid_revision':
    case 'too_many_revisions':
    case 'invalid_parent_task':
    case 'invalid_evidence':
    case 'no_service_role':
    case 'own_control_plane':
      return details(`${code}: ${refusals[code].so}, ${refusals[code].next}`)
    case 'invalid_run':
      return details(`${code}: ${detail ?? refusals[code].so}`)
    case 'too_many_open':
      return refusalProblem(code, detail, { 'retry-after': String(tryAgainAfter) })
    case 'incidents_unreachable':
      return refusalProblem(code, detail, { 'retry-after': '5' })
    case 'duplicate_request':
    case 'invalid_denial_binding':
    case 'expired_denial':
      return refusalProblem(code, detail)
    default:
      return deferredRefusal(code, detail)
  }
}

const ofTheAsk: readonly AssessmentRefusal[] = ['unknown_action', 'invalid_arguments', 'tool_changed']
const isOfTheAsk = (detail = ''): boolean => ofTheAsk.some((reason) => detail.startsWith(reason))
