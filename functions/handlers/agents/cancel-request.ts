// Rules: test/client/requests/ask.test.ts
import { refusalProblem } from '../../adapters/http/problem.ts'
import { RequestId } from '../../domain/values.ts'
import { cancelRequest } from '../../operations/requests/end-request.ts'
import { agentDoor, pathId, type ShowingApiPorts, taskFor, unknownTask } from '../doors.ts'
import type { Stores, Wiring } from '../environment.ts'
import { portsWithFacts, withTexts } from '../wiring/ports.ts'

/** `POST /access/v1/requests/{id}/cancel`: the agent withdraws its pending request. A body is accepted and ignored. */
export const createHandler = (ports: ShowingApiPorts) =>
  agentDoor(ports, async (call, agent) => {
    if (call.hasBody) call.json()
    const id = pathId(call, RequestId, unknownTask)
    const done = await cancelRequest({ id, agent: agent.id }, ports)
    if (done.ok) return { status: 200, body: await taskFor(done.value.state, ports) }
    if (done.code === 'unknown_request') throw unknownTask()
    throw refusalProblem(
      'invalid_task_state',
      `only a pending task can be cancelled, and this one is ${done.detail ?? 'settled'}`,
    )
  })

export const wire: Wiring<typeof createHandler, 'ISSUER' | Stores | 'TEXTS_TABLE'> = (told) =>
  withTexts(portsWithFacts(told), told)
