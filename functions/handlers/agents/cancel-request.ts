import { taskAnswer } from '../../adapters/http/authzen.ts'
import { endpoint } from '../../adapters/http/endpoint.ts'
import { BadRequest } from '../../adapters/http/problem.ts'
import { RequestId } from '../../domain/values.ts'
import { cancelRequest } from '../../operations/requests/end-request.ts'
import { Callers } from '../callers.ts'
import { environmentOf } from '../environments.ts'
import { unknownTask } from '../refusals.ts'
import { decidingPorts, factsOnly, readBundle } from '../wiring/ports.ts'

const environment = environmentOf('cancel-request')
const issuer = environment.ISSUER
const ports = decidingPorts(environment, factsOnly(readBundle()))
const callers = new Callers(ports.policy.bundle, issuer, ports.clock)

/** `POST /access/v1/requests/{id}/cancel`: the agent takes a pending ask back. A body, if any, is read and says nothing. */
export const handler = endpoint({ issuer, ...ports }, async (call) => {
  const { agent } = await callers.agent(call)
  if (call.hasBody) call.json()
  const id = RequestId.safeParse(call.path('id'))
  if (!id.success) throw unknownTask()
  const done = await cancelRequest({ id: id.data, agent: agent.id }, ports)
  if (done.ok) return { status: 200, body: taskAnswer(done.value.state, issuer) }
  if (done.code === 'unknown_request') throw unknownTask()
  throw new BadRequest({
    status: 409,
    code: 'invalid_task_state',
    title: 'Only a pending task can be cancelled',
    detail: `this one is ${done.detail ?? 'settled'}`,
  })
})
