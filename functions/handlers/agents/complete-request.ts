// Rules: test/client/requests/ask.test.ts, test/client/requests/ask-back.test.ts
import { parseBody } from '../../adapters/http/authzen.ts'
import { AnswerBody, OutcomeBody } from '../../adapters/http/bodies/agents.ts'
import type { Call } from '../../adapters/http/endpoint.ts'
import { refusalProblem } from '../../adapters/http/problem.ts'
import type { Agent } from '../../domain/people/organisation.ts'
import type { ApprovalRequest } from '../../domain/record/request.ts'
import { defined, RequestId } from '../../domain/values.ts'
import { answerQuestion } from '../../operations/requests/ask-back.ts'
import { completeRequest } from '../../operations/requests/end-request.ts'
import type { Callers } from '../callers.ts'
import { agentDoor, byRoute, optionalKeyOf, pathId, type ShowingApiPorts, taskFor, unknownTask } from '../doors.ts'
import type { Stores, Wiring } from '../environment.ts'
import { portsWithFacts, withTexts } from '../wiring/ports.ts'

type Ports = ShowingApiPorts

/** An agent reports the end of its task, or answers a question about it. */
export const createHandler = (ports: Ports) => {
  const show = async (state: ApprovalRequest) => ({ status: 200, body: await taskFor(state, ports) })
  return agentDoor(
    ports,
    byRoute<[Agent, Callers]>(
      {
        'POST /v1/requests/{id}/complete': async (call, agent) => show(await complete(call, agent, ports)),
        'POST /access/v1/requests/{id}/answers': async (call, agent, callers) =>
          show(await answer(call, agent, callers, ports)),
      },
      unknownTask,
    ),
  )
}

/** Reports the end of the task, which ends all its credentials. */
async function complete(call: Call, agent: Agent, ports: Ports): Promise<ApprovalRequest> {
  const body = parseBody(OutcomeBody, call.json())
  const id = pathId(call, RequestId, unknownTask)
  const done = await completeRequest({ id, agent: agent.id, ...defined(body) }, ports)
  if (done.ok) return done.value.state
  if (done.code === 'unknown_request') throw unknownTask()
  const why = `only a task whose grant is live can be completed, and this one is ${done.detail ?? 'ended'}`
  throw refusalProblem('invalid_task_state', why)
}

async function answer(call: Call, agent: Agent, callers: Callers, ports: Ports): Promise<ApprovalRequest> {
  const id = pathId(call, RequestId, unknownTask)
  const { proof, once } = await callers.proof(call, { method: 'POST', path: `/access/v1/requests/${id}/answers` })
  const said = parseBody(AnswerBody, call.json())
  const by = { id, agent: agent.id, jkt: proof.jkt, once, idempotencyKey: optionalKeyOf(call) }
  const done = await answerQuestion({ ...by, ...said }, ports)
  if (done.ok) return done.value.state
  if (done.code === 'unknown_request') throw unknownTask()
  if (done.code !== 'invalid_task_state') throw refusalProblem(done.code, done.detail)
  throw refusalProblem(done.code, `only a pending task is answered, and this one is ${done.detail ?? 'settled'}`)
}

export const wire: Wiring<typeof createHandler, 'ISSUER' | Stores | 'TEXTS_TABLE'> = (told) =>
  withTexts(portsWithFacts(told), told)
