// Rules: test/stack/delegation.test.ts
import { parseBody } from '../../adapters/http/authzen.ts'
import { DelegationBody } from '../../adapters/http/bodies/agents.ts'
import { BadRequest, refusalProblem } from '../../adapters/http/problem.ts'
import { defined, RequestId } from '../../domain/values.ts'
import { type DelegationRefusal, delegateRequest } from '../../operations/delegation/delegate-request.ts'
import {
  agentDoor,
  checkEnd,
  idempotencyKeyOf,
  mustKeepRate,
  pathId,
  type ShowingApiPorts,
  taskFor,
  unknownTask,
  valueOrThrow,
} from '../doors.ts'
import type { Stores, Wiring } from '../environment.ts'
import { portsWithAnswers } from '../wiring/policy.ts'
import { withTexts } from '../wiring/ports.ts'

/** `POST /v1/requests/{id}/delegations`: an agent delegates a narrower right out of its grant, with the grant's key. */
export const createHandler = (ports: ShowingApiPorts & { targetRole: string }) =>
  agentDoor(ports, async (call, agent, callers) => {
    const id = pathId(call, RequestId, unknownTask)
    const { proof, once } = await callers.proof(call, { method: 'POST', path: `/v1/requests/${id}/delegations` })
    const idempotencyKey = idempotencyKeyOf(call)
    const body = call.json()
    const { agent: to, action, resource, uses, expires_at: notAfter } = parseBody(DelegationBody, body)
    checkEnd(notAfter, '`expires_at`', ports)
    const by = { id, agent: agent.id, jkt: proof.jkt, once }
    const right = defined({ to, action, resource, uses, notAfter })
    const delegated = await delegateRequest({ ...by, ...right, idempotencyKey, body }, ports, () =>
      mustKeepRate(agent.id, 'submissions', 1, ports),
    )
    const { state } = valueOrThrow(delegated, refusal)
    const location = `${ports.issuer}/access/v1/requests/${state.ask.id}`
    return { status: 201, headers: { location }, body: await taskFor(state, ports) }
  })

function refusal(code: DelegationRefusal, detail?: string): BadRequest {
  switch (code) {
    case 'unknown_request':
      return unknownTask()
    // ARAP's own error for a task in the wrong state.
    case 'pending':
    case 'denied':
    case 'expired':
    case 'withdrawn':
    case 'revoked':
    case 'completed':
      return new BadRequest({
        status: 409,
        code: 'invalid_task_state',
        title: 'Only a live grant can be delegated',
        detail: `this request is ${code}`,
      })
    case 'policy_error':
      return refusalProblem(code)
    case 'policy_denied':
    case 'duplicate_request':
    case 'key_mismatch':
    case 'replayed':
    case 'not_permitted':
    case 'unknown_action':
    case 'invalid_arguments':
    case 'tool_changed':
    case 'wider_than_parent':
    case 'delegation_cycle':
    case 'delegation_too_deep':
    case 'record_full':
    case 'not_yet':
    case 'halted':
    case 'ancestor_ended':
    case 'approver_not_eligible':
    case 'agent_suspended':
    case 'agent_retired':
    case 'owner_inactive':
      return refusalProblem(code, detail)
  }
}

export const wire: Wiring<typeof createHandler, 'ISSUER' | Stores | 'TEXTS_TABLE' | 'TARGET_ROLE'> = (told) => ({
  ...withTexts(portsWithAnswers(told), told),
  targetRole: told.TARGET_ROLE,
})
