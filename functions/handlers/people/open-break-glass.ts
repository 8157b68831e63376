import * as z from 'zod'
import { parseBody } from '../../adapters/http/authzen.ts'
import { endpoint } from '../../adapters/http/endpoint.ts'
import { breakGlassView } from '../../adapters/http/views.ts'
import { SystemStopwatch } from '../../adapters/system/system.ts'
import { JsonObject, Resource } from '../../domain/values.ts'
import { type OpeningAsk, openBreakGlass } from '../../operations/break-glass/open-break-glass.ts'
import { Callers } from '../callers.ts'
import { idempotencyKeyOf, loginFor } from '../doors.ts'
import { environmentOf } from '../environments.ts'
import { insufficientLogin, refusalForOps } from '../refusals.ts'
import { incidentsOf } from '../wiring/incidents.ts'
import { cedarPolicy } from '../wiring/policy.ts'
import { decidingPorts } from '../wiring/ports.ts'

const environment = environmentOf('open-break-glass')
const issuer = environment.ISSUER
const deciding = decidingPorts(environment, cedarPolicy())
const ports = {
  ...deciding,
  incidents: incidentsOf(deciding.policy.bundle, environment, deciding.clock),
  stopwatch: new SystemStopwatch(),
}
const callers = new Callers(ports.policy.bundle, issuer, ports.clock)

const said = {
  reason: z.string().max(2000),
  incident: z.string().max(128),
  /** Whole minutes. */
  minutes: z.int().min(1).max(60),
  /** Goes the whole way with credentials that can do nothing. */
  drill: z.boolean().default(false),
}
/** A profile, or one action with its arguments and, to be compared, its resource. */
const Body = z.union([
  z.strictObject({ profile: z.string().min(1).max(64), ...said }),
  z.strictObject({ action: z.string().min(1).max(128), arguments: JsonObject, resource: Resource.optional(), ...said }),
])

/** `POST /v1/break-glass`: a person opens at once, with nobody asked, what policy lets them open in an emergency. */
export const handler = endpoint({ issuer, ...ports }, async (call) => {
  const { person, login, proven } = await callers.person(call)
  const { proof, once } = await callers.proof(call, { method: 'POST', path: '/v1/break-glass' })
  const idempotencyKey = idempotencyKeyOf(call)
  const body = call.json()
  const { reason, incident, minutes, drill, ...what } = parseBody(Body, body)
  const asked: OpeningAsk['what'] =
    'profile' in what
      ? what
      : { action: what.action, arguments: what.arguments, ...(what.resource ? { resource: what.resource } : {}) }
  const opened = await openBreakGlass(
    {
      person: person.id,
      proven,
      login,
      what: asked,
      reason,
      incident,
      minutes,
      drill,
      jkt: proof.jkt,
      idempotencyKey,
      body,
      once,
      arrivedAt: call.arrivedAt,
    },
    ports,
  )
  if (!opened.ok)
    throw opened.code === 'insufficient_login'
      ? insufficientLogin(loginFor(asked, ports) ?? opened.detail ?? '')
      : refusalForOps(opened.code, opened.detail)
  const { stored, left } = opened.value
  return {
    status: 201,
    body: { ...breakGlassView(stored.state, ports.policy.bundle), budget_left_minutes: Math.floor(left / 60) },
  }
})
