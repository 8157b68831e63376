import * as z from 'zod'
import { parseBody } from '../../adapters/http/authzen.ts'
import { endpoint } from '../../adapters/http/endpoint.ts'
import { personView } from '../../adapters/http/views.ts'
import { RequestId } from '../../domain/values.ts'
import { revokeRequest } from '../../operations/requests/end-request.ts'
import { Callers } from '../callers.ts'
import { environmentOf } from '../environments.ts'
import { refusalForPeople, unknownRequest } from '../refusals.ts'
import { cedarPolicy } from '../wiring/policy.ts'
import { decidingPorts } from '../wiring/ports.ts'

const environment = environmentOf('revoke-request')
const issuer = environment.ISSUER
const ports = decidingPorts(environment, cedarPolicy())
const callers = new Callers(ports.policy.bundle, issuer, ports.clock)

const Body = z.strictObject({ reason: z.string().trim().min(1).max(1000) })

/** `POST /v1/requests/{id}/revoke`: ends a live grant, or denies what is still pending, if policy lets this person. */
export const handler = endpoint({ issuer, ...ports }, async (call) => {
  const { person } = await callers.person(call)
  const { reason } = parseBody(Body, call.json())
  const id = RequestId.safeParse(call.path('id'))
  if (!id.success) throw unknownRequest()
  const done = await revokeRequest({ id: id.data, person: person.id, reason }, ports)
  if (!done.ok) throw refusalForPeople(done.code, done.detail)
  return { status: 200, body: personView(done.value.state) }
})
