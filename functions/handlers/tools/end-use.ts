import * as z from 'zod'
import { parseBody } from '../../adapters/http/authzen.ts'
import { endpoint } from '../../adapters/http/endpoint.ts'
import { BadRequest } from '../../adapters/http/problem.ts'
import { Outcome } from '../../domain/requests/request.ts'
import { UseId } from '../../domain/values.ts'
import { endUse } from '../../operations/uses/use.ts'
import { Callers } from '../callers.ts'
import { environmentOf } from '../environments.ts'
import { decidingPorts, factsOnly, readBundle } from '../wiring/ports.ts'

const environment = environmentOf('end-use')
const issuer = environment.ISSUER
const ports = decidingPorts(environment, factsOnly(readBundle()))
const callers = new Callers(ports.policy.bundle, issuer, ports.clock)

const Body = z.strictObject({ outcome: Outcome, note: z.string().max(1000).optional() })

/** `POST /v1/uses/{id}/end`: how a use went. */
export const handler = endpoint({ issuer, ...ports }, async (call) => {
  const tool = await callers.tool(call)
  const { outcome, note } = parseBody(Body, call.json())
  const id = UseId.safeParse(call.path('id'))
  if (!id.success) throw unknownUse()
  const done = await endUse({ id: id.data, tool: tool.id, outcome, ...(note === undefined ? {} : { note }) }, ports)
  if (done.ok) return { status: 200, body: { use: id.data, outcome } }
  if (done.code === 'credential_unknown' || done.code === 'unknown_request') throw unknownUse()
  throw new BadRequest({
    status: 409,
    code: 'invalid_task_state',
    title: 'The use has ended already',
    detail: done.code === 'invalid_task_state' ? 'it was reported otherwise before' : `with its grant: ${done.code}`,
  })
})

const unknownUse = () => new BadRequest({ status: 404, code: 'unknown_use', title: 'There is no such use of yours' })
