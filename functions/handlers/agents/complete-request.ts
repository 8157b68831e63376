// Rules: test/client/requests/ask.test.ts
import { parseBody, taskAnswer } from '../../adapters/http/authzen.ts'
import { OutcomeBody } from '../../adapters/http/bodies/agents.ts'
import { refusalProblem } from '../../adapters/http/problem.ts'
import { defined, RequestId } from '../../domain/values.ts'
import { completeRequest } from '../../operations/requests/end-request.ts'
import { type ApiPorts, agentDoor, pathId, unknownTask } from '../doors.ts'
import type { Stores, Wiring } from '../environment.ts'
import { portsWithFacts } from '../wiring/ports.ts'

/** `POST /v1/requests/{id}/complete`: reports the end of the task, which ends all its credentials. */
export const createHandler = (ports: ApiPorts) =>
  agentDoor(ports, async (call, agent) => {
    const body = parseBody(OutcomeBody, call.json())
    const id = pathId(call, RequestId, unknownTask)
    const done = await completeRequest({ id, agent: agent.id, ...defined(body) }, ports)
    if (done.ok) return { status: 200, body: taskAnswer(done.value.state, ports.issuer) }
    if (done.code === 'unknown_request') throw unknownTask()
    const why = `only a task whose grant is live can be completed, and this one is ${done.detail ?? 'ended'}`
    throw refusalProblem('invalid_task_state', why)
  })

export const wire: Wiring<typeof createHandler, 'ISSUER' | Stores | 'TEXTS_TABLE'> = portsWithFacts
