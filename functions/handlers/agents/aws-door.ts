import { type Call, type Endpoint, endpoint } from '../../adapters/http/endpoint.ts'
import { type Answer, BadRequest, badProof, badRequest, type ProblemCode } from '../../adapters/http/problem.ts'
import { AccessTokenVerifier } from '../../adapters/jose/access-token.ts'
import type { Refusal } from '../../domain/refusals.ts'
import { defined } from '../../domain/values.ts'
import type { AccessToken, KeySet } from '../../operations/credentials/ports.ts'
import type { OnceOnly } from '../../operations/ports.ts'
import { Callers, dpopToken } from '../callers.ts'
import type { ApiPorts } from '../doors.ts'

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
  const callers = new Callers(policy.bundle, issuer, clock)
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
  return new BadRequest({
    ...badToken(detail).problem,
    code: 'missing_token',
    title: 'This needs a token',
    headers: { 'www-authenticate': `DPoP algs="ES256", resource_metadata="${metadata}"` },
  })
}

/** The problem of a refusal at this door. */
export function refusalAt(path: AwsPath, code: Refusal, detail?: string): BadRequest {
  const problem = (status: number, title: string, more: { code?: ProblemCode; detail?: string } = {}) =>
    new BadRequest({ status, code, title, ...defined({ detail }), ...more })
  switch (code) {
    case 'replayed':
      return badProof('this proof was used before: make a new one for each call')
    case 'key_mismatch':
      return badProof('key_mismatch')
    case 'pending':
    case 'denied':
    case 'expired':
    case 'withdrawn':
    case 'revoked':
    case 'completed':
    case 'unknown_request':
    case 'credential_superseded':
    case 'credential_unknown':
    case 'halted':
    case 'ancestor_ended':
    case 'approver_not_eligible':
      return badToken(code.replaceAll('_', ' '))
    case 'wrong_credential_kind':
      return path === '/aws/calls'
        ? problem(400, 'The approved action is one that the agent does itself', {
            code: 'not_mediated',
            detail: 'get credentials for it at `/aws/credentials`',
          })
        : problem(400, 'The approved action is one that Hotwork does itself', {
            code: 'mediated',
            detail: 'have it done at `/aws/calls`, and get its answer',
          })
    case 'too_many_sessions':
      return problem(429, 'Too many AWS credentials were made of this grant already', {
        detail: 'use the last ones until they end: new ones end those before, and too many are still to be denied',
      })
    case 'uses_exhausted':
      return problem(403, 'The grant has no use left')
    case 'record_full':
      return problem(409, 'The record of this request is as large as it may be')
    default:
      return problem(403, 'Policy does not permit this now')
  }
}

const badToken = (detail: string) =>
  new BadRequest({
    status: 401,
    code: 'invalid_token',
    title: 'The access token is missing or not good here',
    detail,
    headers: { 'www-authenticate': 'DPoP error="invalid_token", algs="ES256"' },
  })
