import { type Call, endpoint } from '../adapters/http/endpoint.ts'
import { BadRequest, badRequest } from '../adapters/http/problem.ts'
import { AccessTokenVerifier } from '../adapters/jose/access-token.ts'
import { KmsKeySet } from '../adapters/kms/kms-key-set.ts'
import { StsBroker } from '../adapters/sts/broker.ts'
import { rfc3339 } from '../domain/ledger.ts'
import type { Refusal } from '../domain/refusals.ts'
import { issueAwsCredentials } from '../operations/issue-aws-credentials.ts'
import { environmentOf } from './environments.ts'
import { badProof, Callers } from './wiring/callers.ts'
import { decidingPorts } from './wiring/deciding.ts'
import { cedarPolicy } from './wiring/policy.ts'

const environment = environmentOf('issue-aws-credentials')
const issuer = environment.ISSUER
const policy = cedarPolicy()
const ports = {
  ...decidingPorts(environment, policy),
  broker: new StsBroker(),
  targetRole: environment.TARGET_ROLE,
}
const callers = new Callers(policy.bundle, issuer, ports.clock)
const tokens = new AccessTokenVerifier(issuer, new KmsKeySet(environment.PUBLISHED_KEYS), ports.clock)
const path = '/aws/credentials'

/** `POST /aws/credentials`: AWS credentials for one approved action, as `credential_process` prints them. */
export const handler = endpoint({ issuer, ...ports }, async (call) => {
  const accessToken = dpopToken(call)
  const verified = await tokens.verify(accessToken, `${issuer}/aws`)
  if (!verified.ok) throw badToken(verified.code.replaceAll('_', ' '))
  const { proof, once } = await callers.proof(call, { method: 'POST', path, accessToken })
  if (proof.jkt !== verified.value.jkt) throw badProof(issuer, 'key_mismatch')
  if (call.hasBody && Object.keys(Object(call.json())).length > 0)
    throw badRequest(
      'invalid_request',
      'The body should be empty',
      'what the credentials can do was approved, and is not said again',
    )
  const issued = await issueAwsCredentials(verified.value, once, ports)
  if (!issued.ok) throw refusal(issued.code)
  const { accessKeyId, secretAccessKey, sessionToken, expiresAt } = issued.value
  return {
    status: 200,
    headers: { 'cache-control': 'no-store' },
    // https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html
    body: {
      Version: 1,
      AccessKeyId: accessKeyId,
      SecretAccessKey: secretAccessKey,
      SessionToken: sessionToken,
      Expiration: rfc3339(expiresAt),
    },
  }
})

/** A bound token must come with the DPoP scheme: sent as Bearer it is refused (RFC 9449 section 7.1). */
function dpopToken(call: Call): string {
  const [scheme, token, ...more] = (call.header('authorization') ?? '').split(' ')
  if (scheme?.toLowerCase() === 'dpop' && token && more.length === 0) return token
  throw badToken('send `Authorization: DPoP` with the access token of the grant')
}

const badToken = (detail: string) =>
  new BadRequest({
    status: 401,
    code: 'invalid_token',
    title: 'The access token is missing or not good here',
    detail,
    headers: { 'www-authenticate': 'DPoP error="invalid_token", algs="ES256"' },
  })

function refusal(code: Refusal): BadRequest {
  const problem = (status: number, title: string) => new BadRequest({ status, code, title })
  switch (code) {
    case 'replayed':
      return badProof(issuer, 'this proof was used before: make a new one for each call')
    case 'key_mismatch':
      return badProof(issuer, 'key_mismatch')
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
      return problem(400, 'The approved action is not done with AWS credentials')
    case 'uses_exhausted':
      return problem(403, 'The grant has no use left')
    default:
      return problem(403, 'Policy does not permit this now')
  }
}
