import * as z from 'zod'
import { parseBody, Timestamp, taskAnswer } from '../../adapters/http/authzen.ts'
import { endpoint } from '../../adapters/http/endpoint.ts'
import { BadRequest, badRequest } from '../../adapters/http/problem.ts'
import type { Refusal } from '../../domain/refusals.ts'
import { AgentId, JsonObject, type NumericDate, RequestId, Resource } from '../../domain/values.ts'
import { delegateRequest } from '../../operations/delegation/delegate-request.ts'
import { badProof, Callers } from '../callers.ts'
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

/** What each refusal is called here. What is not named is policy's no, or something as plain. */
const titles: { readonly [code in Refusal]?: readonly [status: number, title: string, fix?: string] } = {
  duplicate_request: [409, 'This Idempotency-Key stands for another request', 'send a new key for a new body'],
  unknown_action: [400, 'There is no such action'],
  invalid_arguments: [400, 'The arguments are not what the action takes'],
  wider_than_parent: [403, 'This is more than your own grant'],
  delegation_cycle: [403, 'The right would come back to an agent that it came from', '`agent` should be another one'],
  delegation_too_deep: [403, 'It has been delegated as often as it may be', 'at most three times, one after the other'],
  record_full: [409, 'The record of this request is as large as it may be', 'complete it, and ask for a new one'],
  ancestor_ended: [403, 'A grant that this one was taken out of has ended'],
  halted: [403, 'This has been stopped'],
  agent_suspended: [403, 'The agent is suspended', '`agent` should be an active one'],
  agent_retired: [403, 'The agent is retired', '`agent` should be an active one'],
  owner_inactive: [403, "The agent's owner is not active", '`agent` should be one whose owner answers for it'],
  approver_not_eligible: [403, 'Someone who approved may no longer approve, so your grant has ended'],
}

const ended = new Set<Refusal>(['pending', 'denied', 'expired', 'withdrawn', 'revoked', 'completed'])

function refusal(code: Refusal, detail?: string): BadRequest {
  if (code === 'unknown_request') return unknownTask()
  if (code === 'key_mismatch') return badProof(issuer, 'key_mismatch')
  if (code === 'replayed') return badProof(issuer, 'this proof was used before: make a new one for each call')
  if (ended.has(code))
    return new BadRequest({
      status: 409,
      code: 'invalid_task_state',
      title: 'Only a live grant can be delegated',
      detail: `this request is ${code}`,
    })
  const [status, title, fix] = titles[code] ?? [
    403,
    'Policy does not let that agent do this',
    'no policy permits it with the approvals that count for it',
  ]
  return new BadRequest({ status, code, title, ...(detail || fix ? { detail: detail || (fix as string) } : {}) })
}
