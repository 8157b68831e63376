import * as z from 'zod'
import { parseBody } from '../../adapters/http/authzen.ts'
import { type Call, endpoint } from '../../adapters/http/endpoint.ts'
import { type Answer, BadRequest, badRequest } from '../../adapters/http/problem.ts'
import { breakGlassView } from '../../adapters/http/views.ts'
import { IncidentSecretReader } from '../../adapters/secretsmanager/secrets.ts'
import { WebhookIncidentEvents } from '../../adapters/standard-webhooks/incident-events.ts'
import { rfc3339 } from '../../domain/ledger/ledger.ts'
import type { Login } from '../../domain/people/login-strength.ts'
import { JsonObject, PersonId, Resource } from '../../domain/values.ts'
import { closeIncident, endBreakGlass, reviewBreakGlass } from '../../operations/break-glass/openings.ts'
import type { IncidentEvents } from '../../operations/break-glass/ports.ts'
import { vouchForBreakGlass } from '../../operations/break-glass/vouch-break-glass.ts'
import { Callers } from '../callers.ts'
import { breakGlassId, loginFor } from '../doors.ts'
import { environmentOf } from '../environments.ts'
import { insufficientLogin, refusalForOps } from '../refusals.ts'
import { cedarPolicy } from '../wiring/policy.ts'
import { decidingPorts } from '../wiring/ports.ts'

const environment = environmentOf('conclude-break-glass')
const issuer = environment.ISSUER
const ports = decidingPorts(environment, cedarPolicy())
const callers = new Callers(ports.policy.bundle, issuer, ports.clock)
const secret = new IncidentSecretReader(environment.INCIDENT_SECRET, ports.clock)
const incidentEvents: IncidentEvents = new WebhookIncidentEvents(secret.webhookSecrets, ports.clock)

const Review = z.strictObject({
  outcome: z.enum(['justified', 'not_justified']),
  /** What was looked at, and what follows from it. */
  note: z.string().trim().min(1, 'should say what you looked at, and what follows').max(4000),
})
const Voucher = z.union([
  z.strictObject({ person: PersonId, profile: z.string().min(1).max(64) }),
  z.strictObject({
    person: PersonId,
    action: z.string().min(1).max(128),
    arguments: JsonObject,
    resource: Resource.optional(),
  }),
])

/**
 * `POST /v1/incident-events`: a tool that keeps incidents says that one is closed. It has no token: its signature proves
 * it. What it says of other things is heard and nothing follows.
 */
async function hearOfIncident(call: Call): Promise<Answer> {
  const event = await incidentEvents.read({ header: call.header, body: call.text() })
  if (!event.ok)
    throw event.code === 'unsigned'
      ? unsigned
      : badRequest('invalid_request', 'The body is not an incident event', event.detail)
  const { incident, closed } = event.value
  const ended = closed ? await closeIncident(event.value, ports) : []
  return { status: 200, body: { incident, ended } }
}

const unsigned = new BadRequest({
  status: 401,
  code: 'bad_signature',
  title: 'The signature does not hold',
  detail: 'sign by Standard Webhooks, with the secret that the operator put here, within five minutes',
  headers: { 'www-authenticate': 'Standard-Webhooks realm="incidents"' },
})

/** What people do about an opening that is there: one function, since the three need the same rights to the letter. */
const routes: { [route: string]: (call: Call, person: PersonId, login: Login) => Promise<Answer> } = {
  /** By the person, or by whoever may revoke. Every credential of it ends with it. */
  'POST /v1/break-glass/{id}/end': async (call, person) => {
    if (call.hasBody) parseBody(z.strictObject({}), call.json())
    const done = await endBreakGlass({ id: breakGlassId(call), person }, ports)
    if (!done.ok) throw refusalForOps(done.code, done.detail)
    return { status: 200, body: breakGlassView(done.value.state, ports.policy.bundle) }
  },
  /** Somebody else says whether it was justified. */
  'POST /v1/break-glass/{id}/review': async (call, person) => {
    const { outcome, note } = parseBody(Review, call.json())
    const done = await reviewBreakGlass({ id: breakGlassId(call), person, outcome, note }, ports)
    if (!done.ok) throw refusalForOps(done.code, done.detail)
    return { status: 200, body: breakGlassView(done.value.state, ports.policy.bundle) }
  },
  /** A second person vouches for one whose earlier opening has not been reviewed in time. */
  'POST /v1/break-glass/vouchers': async (call, by, login) => {
    const { person, ...what } = parseBody(Voucher, call.json())
    const { resource, ...rest } = 'profile' in what ? { ...what, resource: undefined } : what
    const about = { ...rest, ...(resource ? { resource } : {}) }
    const vouched = await vouchForBreakGlass({ by, login, person, what: about }, ports)
    if (!vouched.ok)
      throw vouched.code === 'insufficient_login'
        ? insufficientLogin(loginFor(about, ports) ?? vouched.detail ?? '')
        : refusalForOps(vouched.code, vouched.detail)
    return { status: 201, body: { person, vouched_by: by, until: rfc3339(vouched.value.until) } }
  },
}

export const handler = endpoint({ issuer, ...ports }, async (call) => {
  if (call.route === 'POST /v1/incident-events') return hearOfIncident(call)
  const { person, login } = await callers.person(call)
  const route = routes[call.route]
  if (!route) throw refusalForOps('unknown_request')
  return route(call, person.id, login)
})
