import * as z from 'zod'
import { parseBody, taskAnswer } from '../../adapters/http/authzen.ts'
import { refusalProblem } from '../../adapters/http/problem.ts'
import { Outcome } from '../../domain/record/request.ts'
import { defined, RequestId } from '../../domain/values.ts'
import { completeRequest } from '../../operations/requests/end-request.ts'
import { type ApiPorts, agentDoor, pathId, unknownTask } from '../doors.ts'
import { bind } from '../environments.ts'
import { portsWithFacts } from '../wiring/ports.ts'

const Body = z.strictObject({ outcome: Outcome, note: z.string().max(1000).optional() })

/** `POST /v1/requests/{id}/complete`: the task is done. That ends every credential of it. */
export const createHandler = (ports: ApiPorts) =>
  agentDoor(ports, async (call, agent) => {
    const body = parseBody(Body, call.json())
    const id = pathId(call, RequestId, unknownTask)
    const done = await completeRequest({ id, agent: agent.id, ...defined(body) }, ports)
    if (done.ok) return { status: 200, body: taskAnswer(done.value.state, ports.issuer) }
    if (done.code === 'unknown_request') throw unknownTask()
    const why = `only a task whose grant is live can be completed, and this one is ${done.detail ?? 'ended'}`
    throw refusalProblem('invalid_task_state', why)
  })

export const handler = bind('complete-request', (told) => portsWithFacts(told), createHandler)
