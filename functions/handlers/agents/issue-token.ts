// Rules: test/stack/credentials/oauth.test.ts, test/client/deferred-token.test.ts
import type { Call } from '../../adapters/http/endpoint.ts'
import {
  deferredGrant,
  oauthEndpoint,
  oauthProblem,
  readDeferral,
  readTokenExchange,
  tokenAnswer,
  waitingAnswer,
} from '../../adapters/http/oauth.ts'
import type { Answer, Problem } from '../../adapters/http/problem.ts'
import { apiProblem, insufficientLogin } from '../../adapters/http/problem.ts'
import { KmsSigner } from '../../adapters/kms/kms-signer.ts'
import { loginWantedFor } from '../../domain/break-glass/break-glass.ts'
import { saidIn } from '../../domain/record/ask-terms.ts'
import { openingOf } from '../../domain/record/origin.ts'
import { defined, type RequestId } from '../../domain/values.ts'
import { askForToken, claimDeferred, pollInterval } from '../../operations/credentials/deferral.ts'
import type { Signer, Statements } from '../../operations/credentials/ports.ts'
import { issueToken } from '../../operations/credentials/tokens.ts'
import type { SubmissionPorts } from '../../operations/requests/assess-submission.ts'
import { Callers } from '../callers.ts'
import { type ApiPorts, mustKeepRate } from '../doors.ts'
import type { Reads, Stores, Wiring } from '../environment.ts'
import { portsWithAnswers } from '../wiring/policy.ts'
import { noting, permitStore } from '../wiring/ports.ts'
import { withReader } from '../wiring/reader.ts'
import { statementsOf } from '../wiring/statements.ts'
import { tasksOf } from '../wiring/tasks.ts'
import { askRefusal, deferredRefusal, tokenRefusal } from './token-refusals.ts'

type Ports = ApiPorts & SubmissionPorts & { signer: Signer; statements: Statements }

/** RFC 8693 section 2.2.2: an invalid subject token is `invalid_request`, though elsewhere it is a 401. */
const tell = (problem: Problem): Answer => {
  // The exception: only a challenge can name the login that would be strong enough (RFC 9470 section 3).
  if (problem.code === 'insufficient_user_authentication') return oauthProblem(problem)
  const { headers: _, ...rest } = problem
  return oauthProblem(problem.status === 401 ? { ...rest, status: 400 } : problem)
}

/**
 * `POST /token`: exchanges an agent's workload token for the access token of its live grant (RFC 8693), or asks for a
 * grant now, and waits with the deferred grant.
 */
export function createHandler(ports: Ports) {
  const callers = new Callers(ports.policy, ports.issuer, ports.clock, ports.notes)
  return oauthEndpoint({ ...ports, tell }, (call) =>
    call.form().get('grant_type') === deferredGrant ? claimLater(call, callers, ports) : exchange(call, callers, ports),
  )
}

async function exchange(call: Call, callers: Callers, ports: Ports): Promise<Answer> {
  const wanted = readTokenExchange(call.form())
  if ('asked' in wanted) return ask(call, wanted, callers, ports)
  const { subjectToken, request: id, targets } = wanted
  // A person claims an opening with their own token, an agent a request with its workload token.
  const asker = id.startsWith('bgl_') ? await personOf(subjectToken, callers) : await agentOf(subjectToken, callers)
  const { proof, once } = await proofOf(call, callers)
  const issued = await issueToken({ id, ...asker, jkt: proof.jkt, targets, once: [once] }, ports)
  if (issued.ok) return tokenAnswer(issued.value)
  if (issued.code !== 'insufficient_login') throw tokenRefusal(issued.code, issued.detail)
  throw insufficientLogin((await loginFor(id, ports)) ?? issued.detail ?? '')
}

type Asking = Extract<ReturnType<typeof readTokenExchange>, { asked: unknown }>

async function ask(call: Call, { subjectToken, asked, targets }: Asking, callers: Callers, ports: Ports) {
  const { ref } = await callers.agentOf(subjectToken)
  const { proof, once } = await proofOf(call, callers)
  await mustKeepRate(ref.id, 'submissions', 1, ports)
  const { action, arguments: properties, resource, purpose, parent_task: parentTask } = asked
  const said = { ...saidIn({ context: asked }), purpose, parentTask }
  const wish = { action: { name: action, properties }, ...said, ...defined({ resource }) }
  const done = await askForToken({ ...wish, agent: ref, jkt: proof.jkt, targets, once }, ports)
  if (!done.ok) throw askRefusal(done.code, done.detail)
  return answer(done.value)
}

/** The code and the key that requested it suffice: the workload token was verified when the code was given. */
async function claimLater(call: Call, callers: Callers, ports: Ports): Promise<Answer> {
  const { code, clientId } = readDeferral(call.form())
  const { proof, once } = await proofOf(call, callers)
  const done = await claimDeferred({ code, clientId, jkt: proof.jkt, once }, ports)
  if (!done.ok) throw deferredRefusal(done.code, done.detail)
  return answer(done.value)
}

type Answered = Extract<Awaited<ReturnType<typeof askForToken>>, { ok: true }>['value']

/** The client has not read the request, so the token's details have the approved arguments. */
const answer = (found: Answered): Answer =>
  found.outcome === 'pending'
    ? waitingAnswer({ ...found, interval: pollInterval })
    : tokenAnswer({ ...found, details: found.details.map((each) => ({ ...each, arguments: found.arguments })) })

const proofOf = (call: Call, callers: Callers) => callers.proof(call, { method: 'POST', path: '/token' }, badProof)

/** The login that this claim needs, with all its requirements, so that one more login is enough. */
async function loginFor(id: RequestId, { requests, policy }: Ports) {
  const stored = await requests.load(id)
  const opening = stored && openingOf(stored.state.ask)
  return opening && loginWantedFor(opening, policy.bundle)
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

export const wire: Wiring<
  typeof createHandler,
  'ISSUER' | Stores | 'TEXTS_TABLE' | Reads | 'SIGNING_KEY' | 'PUBLISHED_KEYS' | 'TARGET_ROLE' | 'INCIDENT_SECRET'
> = (told) => {
  const ports = { ...withReader(told, noting(portsWithAnswers(told), told)), permits: permitStore(told) }
  const statements = statementsOf(told, ports)
  const signer = new KmsSigner(told.SIGNING_KEY)
  return { ...ports, ...tasksOf(ports, told), statements, signer, targetRole: told.TARGET_ROLE }
}
