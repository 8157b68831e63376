// Rules: test/http/frozen.test.ts, test/stack/credentials/dpop.test.ts
import type { APIGatewayProxyEventV2 } from 'aws-lambda'
import { type Call, type Endpoint, endpoint } from '../../adapters/http/endpoint.ts'
import { apiProblem, type BadRequest, badProof, badRequest, refusalProblem } from '../../adapters/http/problem.ts'
import { AccessTokenVerifier } from '../../adapters/jose/access-token.ts'
import { type Json, type NumericDate, rfc3339 } from '../../domain/values.ts'
import {
  type CredentialRefusal,
  type IssuingPorts,
  issueCredential,
} from '../../operations/credentials/issue-credential.ts'
import type { AccessToken, KeySet } from '../../operations/credentials/ports.ts'
import type { OnceOnly } from '../../operations/ports.ts'
import {
  type Called,
  type CallPorts,
  type CallRefusal,
  makeCall,
  resolveCall,
} from '../../operations/uses/make-call.ts'
import type { TargetKind } from '../../targets/kind.ts'
import { namingFault, OfRequest } from '../batches.ts'
import { Callers, dpopToken } from '../callers.ts'
import { type ApiPorts, valueOrThrow } from '../doors.ts'

/** The id is part of the paths. */
type Kind = Pick<TargetKind, 'id' | 'name'>
export type DoorPorts = ApiPorts & { keys: KeySet }
type Body = { readonly [member: string]: Json }

/** `POST /{kind}/credentials`: the target's own credentials for one approved action, in its clients' format. */
export const credentialsDoor = <Issued extends object>(
  { id }: Kind,
  ports: DoorPorts & IssuingPorts<Issued>,
  bodyOf: (issued: Issued & { expiresAt: NumericDate }) => Body,
): Endpoint =>
  targetDoor(id, 'credentials', ports, async (_, token, once) => {
    const issued = await issueCredential(token, once, ports)
    return bodyOf(valueOrThrow(issued, (code) => refusalAt(id, 'credentials', code)))
  })

/**
 * `POST /{kind}/calls`: makes the one stored call of a mediated action, and returns the target's answer. The sweep also
 * sends calls with an unknown outcome here: each is looked up and recorded, for which the same rights are needed.
 */
export function callsDoor({ id, name }: Kind, ports: DoorPorts & CallPorts) {
  const answerCall = targetDoor(id, 'calls', ports, async (call, token, once) => {
    const called = await makeCall(token, once, ports)
    if (called.ok) return bodyOfCall(called.value)
    if (called.code === 'call_failed') throw callFailed(name, called.detail)
    if (called.code === 'outcome_unknown') throw outcomeUnknown(called.detail)
    if (called.code !== 'call_not_sent') throw refusalAt(id, 'calls', called.code, called.detail)
    ports.log.error('fault', { route: call.route, fault: called.detail, requestId: call.requestId })
    throw called.detail === 'CallOutdated' ? outdated() : notSent(name)
  })
  /** The outcome is only recorded, since this invocation has no caller. */
  const lookUp = async (message: unknown) =>
    void (await namingFault(() => resolveCall(OfRequest.parse(message).requestId, ports)))
  return (event: APIGatewayProxyEventV2 | { requestId: string }) =>
    'requestId' in event ? lookUp(event) : answerCall(event)
}

const bodyOfCall = ({ output, run }: Called): Body => ({
  output,
  ...(run && { run: { ...run, since: rfc3339(run.since) } }),
})

const callFailed = (name: string, fault: string | undefined) =>
  apiProblem(
    502,
    'call_failed',
    `${name} answered \`${fault}\`, and nothing was done: a new request is needed to try again`,
  )

const notSent = (name: string) => {
  const detail = `${name} could not be reached. The call was not sent and no use is spent: retry with a new proof`
  return apiProblem(503, 'temporarily_unavailable', detail, { 'retry-after': '5' })
}

const outdated = () => {
  const detail =
    'The resource changed just before the call. Nothing was done and no use is spent: ask again with a new proof'
  return apiProblem(503, 'temporarily_unavailable', detail, { 'retry-after': '1' })
}

/** @param note the reason if the outcome stays unknown */
const outcomeUnknown = (note: string | undefined) =>
  note === undefined
    ? refusalProblem('outcome_unknown', 'ask again in a minute: the call is then looked up', { 'retry-after': '60' })
    : refusalProblem('outcome_unknown', note)

type Door = 'credentials' | 'calls'

/**
 * An endpoint for an agent with a grant's access token and a proof of its key. The body is empty, since the grant has
 * the action.
 */
function targetDoor(
  kind: string,
  door: Door,
  ports: DoorPorts,
  handle: (call: Call, token: AccessToken, once: OnceOnly) => Promise<Body>,
): Endpoint {
  const { issuer, policy, clock, keys } = ports
  const callers = new Callers(policy, issuer, clock)
  const tokens = new AccessTokenVerifier(issuer, keys, clock)
  return endpoint(ports, async (call) => {
    const accessToken = dpopToken(call)
    if (accessToken === undefined) throw missingToken(call, issuer, kind)
    const verified = await tokens.verify(accessToken, `${issuer}/${kind}`)
    if (!verified.ok) throw badToken(verified.code.replaceAll('_', ' '))
    const { proof, once } = await callers.proof(call, { method: 'POST', path: `/${kind}/${door}`, accessToken })
    if (proof.jkt !== verified.value.jkt) throw badProof('key_mismatch')
    if (call.hasBody && Object.keys(Object(call.json())).length > 0)
      throw badRequest('invalid_request', 'The body should be empty', 'the grant has the action')
    return { status: 200, headers: { 'cache-control': 'no-store' }, body: await handle(call, verified.value, once) }
  })
}

/**
 * The answer to a missing token. A bound token needs the DPoP scheme, and is refused as Bearer (RFC 9449 section 7.1).
 * A call without a token gets no error code (RFC 6750 section 3.1).
 */
function missingToken(call: Call, issuer: string, kind: string): BadRequest {
  const detail = 'send `Authorization: DPoP` with the access token of the grant'
  if (call.header('authorization')) return badToken(detail)
  const metadata = `${issuer}/.well-known/oauth-protected-resource/${kind}`
  const challenge = `DPoP algs="ES256", resource_metadata="${metadata}"`
  return apiProblem(401, 'missing_token', detail, { 'www-authenticate': challenge })
}

/** The problem of a refusal, by the catalogue, except where RFC 6750 prescribes one. */
export function refusalAt(
  kind: string,
  door: Door,
  code: CredentialRefusal | Exclude<CallRefusal, 'call_failed' | 'call_not_sent' | 'outcome_unknown'>,
  detail?: string,
): BadRequest {
  switch (code) {
    // RFC 6750 section 3.1: the token of an ended grant is invalid, which is 401.
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
      return door === 'calls'
        ? apiProblem(400, 'not_mediated', `get credentials at \`/${kind}/credentials\``)
        : apiProblem(400, 'mediated', `let Hotwork make the call at \`/${kind}/calls\``)
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
