import * as z from 'zod'
import { parseBody, Timestamp, taskAnswer } from '../../adapters/http/authzen.ts'
import { BadRequest, refusalProblem } from '../../adapters/http/problem.ts'
import type { Refusal } from '../../domain/refusals.ts'
import { AgentId, defined, JsonObject, RequestId, Resource } from '../../domain/values.ts'
import { delegateRequest } from '../../operations/delegation/delegate-request.ts'
import {
  type ApiPorts,
  agentDoor,
  checkEnd,
  idempotencyKeyOf,
  mustKeepRate,
  pathId,
  unknownTask,
  valueOrThrow,
} from '../doors.ts'
import { bind } from '../environments.ts'
import { portsWithAnswers } from '../wiring/policy.ts'

const Body = z.strictObject({
  agent: AgentId,
  action: z.strictObject({ name: z.string().min(1).max(256), properties: JsonObject.default({}) }),
  resource: Resource,
  uses: z.int().positive().max(1000).optional(),
  expires_at: Timestamp.optional(),
})

/** `POST /v1/requests/{id}/delegations`: an agent delegates a narrower right out of its own grant, by the grant's key. */
export const createHandler = (ports: ApiPorts & { targetRole: string }) =>
  agentDoor(ports, async (call, agent, callers) => {
    const id = pathId(call, RequestId, unknownTask)
    const { proof, once } = await callers.proof(call, { method: 'POST', path: `/v1/requests/${id}/delegations` })
    const idempotencyKey = idempotencyKeyOf(call)
    const body = call.json()
    const { agent: to, action, resource, uses, expires_at: notAfter } = parseBody(Body, body)
    checkEnd(notAfter, '`expires_at`', ports)
    const by = { id, agent: agent.id, jkt: proof.jkt, once }
    const right = defined({ to, action, resource, uses, notAfter })
    const delegated = await delegateRequest({ ...by, ...right, idempotencyKey, body }, ports, () =>
      mustKeepRate(agent.id, 'submissions', 1, ports),
    )
    const { state } = valueOrThrow(delegated, refusal)
    const location = `${ports.issuer}/access/v1/requests/${state.ask.id}`
    return { status: 201, headers: { location }, body: taskAnswer(state, ports.issuer) }
  })

const ended = new Set<Refusal>(['pending', 'denied', 'expired', 'withdrawn', 'revoked', 'completed'])

function refusal(code: Refusal, detail?: string): BadRequest {
  if (code === 'unknown_request') return unknownTask()
  if (ended.has(code))
    return new BadRequest({
      status: 409,
      code: 'invalid_task_state',
      title: 'Only a live grant can be delegated',
      detail: `this request is ${code}`,
    })
  return refusalProblem(code, code === 'policy_denied' ? undefined : detail)
}

export const handler = bind(
  'delegate-request',
  (told) => ({ ...portsWithAnswers(told), targetRole: told.TARGET_ROLE }),
  createHandler,
)
