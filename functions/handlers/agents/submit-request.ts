// Rules: test/stack/requests/api.test.ts
import type * as z from 'zod'
import { parseBody, RequestBody, readDenial } from '../../adapters/http/authzen.ts'
import { ExtendBody } from '../../adapters/http/bodies/agents.ts'
import { type Call, endpoint } from '../../adapters/http/endpoint.ts'
import { type BadRequest, badRequest, refusalProblem } from '../../adapters/http/problem.ts'
import type { AgentRef } from '../../domain/policy/agent-ref.ts'
import { asksIn } from '../../domain/policy/assess-plan.ts'
import { saidIn } from '../../domain/record/ask-terms.ts'
import type { Refusal } from '../../domain/refusals.ts'
import { type AgentId, defined, RequestId, type Thumbprint } from '../../domain/values.ts'
import type { Statements } from '../../operations/credentials/ports.ts'
import { signApproval } from '../../operations/credentials/statements.ts'
import type { PermitStore } from '../../operations/permits/ports.ts'
import type { OnceOnly, TaskService } from '../../operations/ports.ts'
import type { ReaderPorts } from '../../operations/previews/read-again.ts'
import { extendRequest } from '../../operations/requests/extend-request.ts'
import { tryAgainAfter } from '../../operations/requests/limits.ts'
import { submitRequest } from '../../operations/requests/submit-request.ts'
import { Callers } from '../callers.ts'
import {
  beginRate,
  checkEnd,
  mustKeepRate,
  optionalKeyOf,
  pathId,
  readStart,
  type ShowingApiPorts,
  taskFor,
  unknownTask,
} from '../doors.ts'
import type { Reads, Stores, Wiring } from '../environment.ts'
import { portsWithAnswers } from '../wiring/policy.ts'
import { noting, permitStore, withTexts } from '../wiring/ports.ts'
import { withReader } from '../wiring/reader.ts'
import { statementsOf } from '../wiring/statements.ts'
import { tasksOf } from '../wiring/tasks.ts'

const path = '/access/v1/requests'

type Ports = ShowingApiPorts &
  ReaderPorts & { permits: PermitStore; statements: Statements; targetRole: string; tasks?: TaskService }

/** `POST /access/v1/requests`: submits a request whose evaluation had the answer that it needs approval. */
export function createHandler(ports: Ports) {
  const { issuer, policy, clock, statements } = ports
  const callers = new Callers(policy, issuer, clock, ports.notes)
  return endpoint(ports, async (call) => {
    const { ref, proof, once } = await callers.provenAgent(call, { method: 'POST', path: pathOf(call) })
    const by = {
      jkt: proof.jkt,
      once,
      idempotencyKey: optionalKeyOf(call),
    }
    const done =
      call.route === extendRoute
        ? await extend(call, { ...by, agent: ref.id }, ports)
        : await ask(call, { ...by, agent: ref }, ports)
    if (!done.ok) throw refusal(done.code, done.detail)
    const { state } = done.value.stored
    const answer = await taskFor(state, ports, await signApproval(state, statements))
    const { id, status } = answer['task'] as { id: string; status: string }
    return { status: status === 'approved' ? 201 : 202, headers: { location: `${issuer}${path}/${id}` }, body: answer }
  })
}

const extendRoute = 'POST /v1/requests/{id}/extend'
const pathOf = (call: Call): string =>
  call.route === extendRoute ? `/v1/requests/${pathId(call, RequestId, unknownTask)}/extend` : path

type By = { jkt: Thumbprint; once: OnceOnly; idempotencyKey: string | undefined }

async function ask(call: Call, by: By & { agent: AgentRef }, ports: Ports) {
  const body = call.json()
  const asked = readAsk(parseBody(RequestBody, body), by.agent, ports)
  const admitted = beginRate(by.agent.id, 'submissions', asksIn(asked.action), ports)
  return submitRequest({ ...asked, ...by, body }, ports, admitted)
}

/**
 * `POST /v1/requests/{id}/extend`: asks for more time of a live grant, with the grant's key. It is judged like a
 * submission.
 */
async function extend(call: Call, by: By & { agent: AgentId }, ports: Ports) {
  const body = call.json()
  const { minutes, justification } = parseBody(ExtendBody, body)
  await mustKeepRate(by.agent, 'submissions', 1, ports)
  const id = pathId(call, RequestId, unknownTask)
  return extendRequest({ ...by, id, minutes, body, ...defined({ justification }) }, ports)
}

function refusal(code: Refusal, detail?: string): BadRequest {
  if (code === 'unknown_request') return unknownTask()
  const after =
    code === 'too_many_open'
      ? tryAgainAfter
      : code === 'incidents_unreachable' || code === 'state_unreadable'
        ? 5
        : undefined
  return refusalProblem(code, detail, after === undefined ? undefined : { 'retry-after': String(after) })
}

function readAsk(ask: z.infer<typeof RequestBody>, { id, subject: ownName }: AgentRef, ports: Ports) {
  const { subject, action, resource, context, requested_access: access } = ask
  const denial = readDenial(ask.denial)
  if (access?.emergency === true)
    throw badRequest(
      'invalid_request',
      'An agent cannot use break-glass',
      '`requested_access.emergency` is for people: `POST /v1/break-glass`',
    )
  const actor = ask.client?.actor
  if (actor && actor.id !== id && actor.id !== ownName)
    throw badRequest(
      'invalid_request',
      'The actor is not the caller',
      '`client.actor` should be left out, or be the agent that asks',
    )
  const { notBefore, ...said } = saidIn({ context, requested_access: access })
  checkEnd(said.requestedUntil, '`requested_access.requested_until`', ports)
  return {
    subject,
    action: { name: action.name, properties: action.properties ?? {} },
    resource,
    ...said,
    ...defined({ notBefore: readStart(notBefore, said.requestedUntil, ports) }),
    purpose: context.purpose,
    parentTask: context.parent_task,
    evaluation: denial.evaluation_id,
    bindingToken: denial.binding_token,
    denialExpiresAt: denial.expires_at,
  }
}

export const wire: Wiring<
  typeof createHandler,
  'ISSUER' | Stores | 'TEXTS_TABLE' | Reads | 'PUBLISHED_KEYS' | 'TARGET_ROLE' | 'INCIDENT_SECRET'
> = (told) => {
  const ports = {
    ...withTexts(withReader(told, noting(portsWithAnswers(told), told)), told),
    permits: permitStore(told),
  }
  const statements = statementsOf(told, ports)
  return { ...ports, ...tasksOf(ports, told), statements, targetRole: told.TARGET_ROLE }
}
