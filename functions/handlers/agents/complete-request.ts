import * as z from 'zod'
import { parseBody, taskAnswer } from '../../adapters/http/authzen.ts'
import { endpoint } from '../../adapters/http/endpoint.ts'
import { BadRequest } from '../../adapters/http/problem.ts'
import { Outcome } from '../../domain/requests/request.ts'
import { RequestId } from '../../domain/values.ts'
import { completeRequest } from '../../operations/requests/end-request.ts'
import { Callers } from '../callers.ts'
import { environmentOf } from '../environments.ts'
import { unknownTask } from '../refusals.ts'
import { decidingPorts, factsOnly, readBundle } from '../wiring/ports.ts'

const environment = environmentOf('complete-request')
const issuer = environment.ISSUER
const ports = decidingPorts(environment, factsOnly(readBundle()))
const callers = new Callers(ports.policy.bundle, issuer, ports.clock)

const Body = z.strictObject({ outcome: Outcome, note: z.string().max(1000).optional() })

/** `POST /v1/requests/{id}/complete`: the task is done, and every credential of it is dead with that. */
export const handler = endpoint({ issuer, ...ports }, async (call) => {
  const { agent } = await callers.agent(call)
  const { outcome, note } = parseBody(Body, call.json())
  const id = RequestId.safeParse(call.path('id'))
  if (!id.success) throw unknownTask()
  const ask = { id: id.data, agent: agent.id, outcome, ...(note === undefined ? {} : { note }) }
  const done = await completeRequest(ask, ports)
  if (done.ok) return { status: 200, body: taskAnswer(done.value.state, issuer) }
  if (done.code === 'unknown_request') throw unknownTask()
  throw new BadRequest({
    status: 409,
    code: 'invalid_task_state',
    title: 'Only a task whose grant is live can be completed',
    detail: `this one is ${done.detail ?? 'ended'}`,
  })
})
