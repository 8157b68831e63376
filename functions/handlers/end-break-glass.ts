import * as z from 'zod'
import { parseBody } from '../adapters/http/authzen.ts'
import { breakGlassView } from '../adapters/http/break-glass-view.ts'
import { endpoint } from '../adapters/http/endpoint.ts'
import { endBreakGlass } from '../operations/end-break-glass.ts'
import { environmentOf } from './environments.ts'
import { breakGlassId } from './wiring/break-glass-id.ts'
import { Callers } from './wiring/callers.ts'
import { decidingPorts } from './wiring/deciding.ts'
import { cedarPolicy } from './wiring/policy.ts'
import { refusalForOps } from './wiring/refusals-for-ops.ts'

const environment = environmentOf('end-break-glass')
const issuer = environment.ISSUER
const ports = decidingPorts(environment, cedarPolicy())
const callers = new Callers(ports.policy.bundle, issuer, ports.clock)

/** `POST /v1/break-glass/{id}/end`: by the person, or by whoever may revoke. Every credential of it ends with it. */
export const handler = endpoint({ issuer, ...ports }, async (call) => {
  const { person } = await callers.person(call)
  if (call.hasBody) parseBody(z.strictObject({}), call.json())
  const done = await endBreakGlass({ id: breakGlassId(call), person: person.id }, ports)
  if (!done.ok) throw refusalForOps(done.code, done.detail)
  return { status: 200, body: breakGlassView(done.value.state) }
})
