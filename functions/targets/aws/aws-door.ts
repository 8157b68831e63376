import { type Call, type Endpoint, endpoint } from '../../adapters/http/endpoint.ts'
import type { Answer, BadRequest } from '../../adapters/http/problem.ts'
import { apiProblem, badProof, badRequest, refusalProblem } from '../../adapters/http/problem.ts'
import { AccessTokenVerifier } from '../../adapters/jose/access-token.ts'
import { Callers, dpopToken } from '../../handlers/callers.ts'
import type { ApiPorts } from '../../handlers/doors.ts'
import type { AwsRefusal } from '../../operations/credentials/issue-aws-credentials.ts'
import type { AccessToken, KeySet } from '../../operations/credentials/ports.ts'
import type { OnceOnly } from '../../operations/ports.ts'
import type { CallRefusal } from '../../operations/uses/call-aws.ts'

type AwsPath = '/aws/credentials' | '/aws/calls'
export type AwsPorts = ApiPorts & { keys: KeySet; targetRole: string }

/**
 * Where an agent comes for what AWS does: with the access token of a grant and a proof of its key, and with no body, since
 * the grant says what may be done.
 */
export function awsDoor(
  path: AwsPath,
  ports: AwsPorts,
  handle: (call: Call, token: AccessToken, once: OnceOnly) => Promise<Answer>,
): Endpoint {
  const { issuer, policy, clock, keys } = ports
  const callers = new Callers(policy, issuer, clock)
  const tokens = new AccessTokenVerifier(issuer, keys, clock)
  return endpoint(ports, async (call) => {
    const accessToken = dpopToken(call)
    if (accessToken === undefined) throw missingToken(call, issuer)
    const verified = await tokens.verify(accessToken, `${issuer}/aws`)
    if (!verified.ok) throw badToken(verified.code.replaceAll('_', ' '))
    const { proof, once } = await callers.proof(call, { method: 'POST', path, accessToken })
    if (proof.jkt !== verified.value.jkt) throw badProof('key_mismatch')
    if (call.hasBody && Object.keys(Object(call.json())).length > 0)
      throw badRequest('invalid_request', 'The body should be empty', 'the grant says what is done')
    return handle(call, verified.value, once)
  })
}

/**
 * A bound token must come with the DPoP scheme: sent as Bearer it is refused (RFC 9449 section 7.1). Where no token came
 * at all, no error is named (RFC 6750 section 3.1).
 */
function missingToken(call: Call, issuer: string): BadRequest {
  const detail = 'send `Authorization: DPoP` with the access token of the grant'
  if (call.header('authorization')) return badToken(detail)
  const metadata = `${issuer}/.well-known/oauth-protected-resource/aws`
  const challenge = `DPoP algs="ES256", resource_metadata="${metadata}"`
  return apiProblem(401, 'missing_token', detail, { 'www-authenticate': challenge })
}

/** The problem of a refusal at this door: that of the catalogue, except where RFC 6750 prescribes another. */
export function refusalAt(
  path: AwsPath,
  code: AwsRefusal | Exclude<CallRefusal, 'call_failed' | 'call_not_sent' | 'outcome_unknown'>,
  detail?: string,
): BadRequest {
  switch (code) {
    // RFC 6750 section 3.1: the token of a grant that has ended is invalid, which is 401.
    case 'pending':
    case 'denied':
    case 'expired':
    case 'withdrawn':
    case 'revoked':
    case 'completed':
    case 'unknown_request':
    case 'credential_superseded':
    case 'halted':
    case 'ancestor_ended':
    case 'approver_not_eligible':
      return badToken(code.replaceAll('_', ' '))
    case 'wrong_credential_kind':
      return apiProblem(400, path === '/aws/calls' ? 'not_mediated' : 'mediated')
    case 'policy_error':
    case 'not_permitted':
      return refusalProblem(code)
    case 'state_unreadable':
      return refusalProblem(code, detail, { 'retry-after': '5' })
    case 'state_changed':
    case 'replayed':
    case 'key_mismatch':
    case 'too_many_sessions':
    case 'uses_exhausted':
    case 'record_full':
    case 'not_yet':
    case 'policy_denied':
      return refusalProblem(code, detail)
  }
}

const badToken = (detail: string) =>
  apiProblem(401, 'invalid_token', detail, { 'www-authenticate': 'DPoP error="invalid_token", algs="ES256"' })
