import * as z from 'zod'
import { parseBody, Timestamp, taskAnswer } from '../../adapters/http/authzen.ts'
import { endpoint } from '../../adapters/http/endpoint.ts'
import { BadRequest, badRequest, refusalProblem } from '../../adapters/http/problem.ts'
import type { Refusal } from '../../domain/refusals.ts'
import { AgentId, JsonObject, type NumericDate, RequestId, Resource } from '../../domain/values.ts'
import { delegateRequest } from '../../operations/delegation/delegate-request.ts'
import { Callers } from '../callers.ts'
import { idempotencyKeyOf, mustKeepRate } from '../doors.ts'
import { environmentOf } from '../environments.ts'
import { unknownTask } from '../refusals.ts'
import { cedarPolicy } from '../wiring/policy.ts'
import { decidingPorts } from '../wiring/ports.ts'

const environment = environmentOf('delegate-request')
const issuer = environment.ISSUER
const ports = { ...decidingPorts(environment, cedarPolicy()), targetRole: environment.TARGET_ROLE }
const callers = new Callers(ports.policy.bundle, issuer, ports.clock)
/** A grant that ends sooner than this could not be claimed in time. */
const shortest = 10

const Body = z.strictObject({
  agent: AgentId,
  action: z.strictObject({ name: z.string().min(1).max(256), properties: JsonObject.optional() }),
  resource: Resource,
  uses: z.int().positive().max(1000).optional(),
  expires_at: Timestamp.optional(),
})

/** `POST /v1/requests/{id}/delegations`: a narrower right out of one's own grant, by its key, for another agent. */
export const handler = endpoint({ issuer, ...ports }, async (call) => {
  const { agent } = await callers.agent(call)
  const id = RequestId.safeParse(call.path('id'))
  if (!id.success) throw unknownTask()
  const { proof, once } = await callers.proof(call, { method: 'POST', path: `/v1/requests/${id.data}/delegations` })
  const idempotencyKey = idempotencyKeyOf(call)
  const body = call.json()
  const { agent: to, action, resource, uses, expires_at: notAfter } = parseBody(Body, body)
  if (notAfter !== undefined) checkUntil(notAfter, ports.clock.now())
  const delegated = await delegateRequest(
    {
      id: id.data,
      agent: agent.id,
      jkt: proof.jkt,
      to,
      action: { name: action.name, properties: action.properties ?? {} },
      resource,
      ...(uses === undefined ? {} : { uses }),
      ...(notAfter === undefined ? {} : { notAfter }),
      idempotencyKey,
      body,
      once,
    },
    ports,
    () => mustKeepRate(agent.id, 'submissions', 1, ports),
  )
  if (!delegated.ok) throw refusal(delegated.code, delegated.detail)
  const { state } = delegated.value
  const location = `${issuer}/access/v1/requests/${state.ask.id}`
  return { status: 201, headers: { location }, body: taskAnswer(state, issuer) }
})

function checkUntil(until: NumericDate, now: NumericDate): void {
  if (until >= now + shortest) return
  throw badRequest(
    'invalid_request',
    'The right would end before it began',
    `\`expires_at\` should be at least ${shortest} s from now`,
  )
}

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
