import type { Call } from '../../adapters/http/endpoint.ts'
import { OAuthError, oauthEndpoint, oauthProblem, readTokenExchange, tokenAnswer } from '../../adapters/http/oauth.ts'
import type { Answer, Problem } from '../../adapters/http/problem.ts'
import { apiProblem, insufficientLogin } from '../../adapters/http/problem.ts'
import { KmsSigner } from '../../adapters/kms/kms-signer.ts'
import { loginWantedFor } from '../../domain/break-glass/break-glass.ts'
import { refusals } from '../../domain/refusals.ts'
import type { RequestId } from '../../domain/values.ts'
import type { Signer } from '../../operations/credentials/ports.ts'
import { issueToken, type TokenRefusal } from '../../operations/credentials/tokens.ts'
import type { ReaderPorts } from '../../operations/previews/read-again.ts'
import { Callers } from '../callers.ts'
import type { ApiPorts } from '../doors.ts'
import { bind } from '../environments.ts'
import { portsWithAnswers } from '../wiring/policy.ts'
import { withReader } from '../wiring/reader.ts'

type Ports = ApiPorts & ReaderPorts & { signer: Signer }

/**
 * RFC 8693 section 2.2.2: a fault of the subject token is `invalid_request`, though elsewhere the same token would be
 * 401.
 */
const tell = (problem: Problem): Answer => {
  // But only the challenge says which login would be strong enough (RFC 9470 section 3).
  if (problem.code === 'insufficient_user_authentication') return oauthProblem(problem)
  const { headers: _, ...rest } = problem
  return oauthProblem(problem.status === 401 ? { ...rest, status: 400 } : problem)
}

/** `POST /token`: exchanges an agent's workload token for the access token of its live grant (RFC 8693). */
export function createHandler(ports: Ports) {
  const callers = new Callers(ports.policy, ports.issuer, ports.clock)
  return oauthEndpoint({ ...ports, tell }, (call) => exchange(call, callers, ports))
}

async function exchange(call: Call, callers: Callers, ports: Ports): Promise<Answer> {
  const { subjectToken, request: id, targets } = readTokenExchange(call.form())
  // An opening is a person's, and their token is another than an agent's.
  const asker = id.startsWith('bgl_') ? await personOf(subjectToken, callers) : await agentOf(subjectToken, callers)
  const { proof, once } = await callers.proof(call, { method: 'POST', path: '/token' }, badProof)
  const issued = await issueToken({ id, ...asker, jkt: proof.jkt, targets, once }, ports)
  if (issued.ok) return tokenAnswer(issued.value)
  if (issued.code !== 'insufficient_login') throw refusal(issued.code, issued.detail)
  throw insufficientLogin((await loginFor(id, ports)) ?? issued.detail ?? '')
}

/** All that claiming this takes of a login, so that one more login is enough. */
async function loginFor(id: RequestId, { requests, policy }: Ports) {
  const breakGlass = (await requests.load(id))?.state.ask.breakGlass
  return breakGlass && loginWantedFor(breakGlass, policy.bundle)
}

async function agentOf(token: string, callers: Callers) {
  const { agent, ref } = await callers.agentOf(token)
  return { agent: agent.id, clientId: ref.subject }
}

async function personOf(token: string, callers: Callers) {
  const { person, proven, login } = await callers.personOf(token)
  return { agent: person.id, clientId: proven.subject, login }
}

const badProof = (detail: string) => apiProblem(400, 'invalid_dpop_proof', detail)

/** OAuth's own errors and statuses (RFC 6749, RFC 9396). The description begins with the word that an agent can branch on. */
function refusal(code: Exclude<TokenRefusal, 'insufficient_login'>, detail?: string): OAuthError {
  switch (code) {
    case 'key_mismatch':
      return new OAuthError('invalid_dpop_proof', 'key_mismatch: the grant is bound to the key that asked')
    case 'replayed':
      return new OAuthError('invalid_dpop_proof', 'this proof was used before: make a new one for each call')
    // Of a plan: its steps are what can be claimed.
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
    // The grant is live and stays so: what is refused is this attempt.
    case 'policy_denied':
      return new OAuthError('access_denied', `${code}: ${detail ?? refusals[code].so}`)
    case 'policy_error':
    case 'not_permitted':
    case 'uses_exhausted':
    case 'credential_superseded':
      return new OAuthError('access_denied', `${code}: ${refusals[code].so}`)
  }
}

/** Only that it changed: no agent learns what is there. */
const agentTold = 'what is there has changed since the approval: people decide again, read its task with ?wait='

const details = (description: string) => new OAuthError('invalid_authorization_details', description)

export const handler = bind(
  'issue-token',
  (told) => ({ ...withReader(told, portsWithAnswers(told)), signer: new KmsSigner(told.SIGNING_KEY) }),
  createHandler,
)
