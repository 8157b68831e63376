// Rules: test/client/break-glass/conclude.test.ts, test/stack/swift/incident-events.test.ts
import { parseBody } from '../../adapters/http/authzen.ts'
import { EmptyBody, ReviewBody, VoucherBody } from '../../adapters/http/bodies/openings.ts'
import { type Call, endpoint } from '../../adapters/http/endpoint.ts'
import { type Answer, apiProblem, badRequest, refusalProblem } from '../../adapters/http/problem.ts'
import { breakGlassView } from '../../adapters/http/views.ts'
import { IncidentSecretReader } from '../../adapters/secretsmanager/secrets.ts'
import { WebhookIncidentEvents } from '../../adapters/standard-webhooks/incident-events.ts'
import { defined, rfc3339 } from '../../domain/values.ts'
import { vouchForBreakGlass } from '../../operations/break-glass/budget.ts'
import { closeIncident, endBreakGlass, reviewBreakGlass } from '../../operations/break-glass/openings.ts'
import type { IncidentEvents } from '../../operations/break-glass/ports.ts'
import { joinRequest } from '../../operations/ledger/texts.ts'
import type { CarriedOut } from '../../operations/record/carry-out.ts'
import { Callers, type ProvenPerson } from '../callers.ts'
import { byRoute, openingId, openingRefusal, type ShowingApiPorts, valueOrThrow } from '../doors.ts'
import type { Stores, Wiring } from '../environment.ts'
import { portsWithAnswers } from '../wiring/policy.ts'
import { withTexts } from '../wiring/ports.ts'

type Ports = ShowingApiPorts & { incidentEvents: IncidentEvents }

/**
 * `POST /v1/incident-events`: an incident tool reports that an incident is closed. Its signature replaces a token.
 * Events of other kinds are accepted and ignored.
 */
async function hearOfIncident(call: Call, ports: Ports): Promise<Answer> {
  const event = await ports.incidentEvents.read({ header: call.header, body: call.text() })
  if (!event.ok)
    throw event.code === 'unsigned'
      ? unsigned
      : badRequest('invalid_request', 'The body is not an incident event', event.detail)
  const { incident, closed } = event.value
  const ended = closed ? await closeIncident(event.value, ports) : []
  return { status: 200, body: { incident, ended } }
}

const unsigned = apiProblem(401, 'bad_signature', undefined, {
  'www-authenticate': 'Standard-Webhooks realm="incidents"',
})

const shown = async (done: CarriedOut, { texts, policy }: Ports): Promise<Answer> => ({
  status: 200,
  body: breakGlassView(await joinRequest(valueOrThrow(done).state, texts), policy.bundle),
})

/** People's acts on an opening, in one function since they need exactly the same rights. */
const conclude = byRoute<[ProvenPerson, Ports]>(
  {
    'POST /v1/break-glass/{id}/end': async (call, { person }, ports) => {
      if (call.hasBody) parseBody(EmptyBody, call.json())
      const done = await endBreakGlass({ id: openingId(call), person: person.id }, ports)
      return shown(done, ports)
    },
    'POST /v1/break-glass/{id}/review': async (call, { person }, ports) => {
      const review = parseBody(ReviewBody, call.json())
      const done = await reviewBreakGlass({ id: openingId(call), person: person.id, ...review }, ports)
      return shown(done, ports)
    },
    'POST /v1/break-glass/vouchers': async (call, { person: by, login }, ports) => {
      const { person, ...asked } = parseBody(VoucherBody, call.json())
      const what = 'profile' in asked ? asked : defined(asked)
      const vouched = await vouchForBreakGlass({ by: by.id, login, person, what }, ports)
      const { until } = valueOrThrow(vouched, openingRefusal(what, ports))
      return { status: 201, body: { person, vouched_by: by.id, until: rfc3339(until) } }
    },
  },
  () => refusalProblem('unknown_request'),
)

export function createHandler(ports: Ports) {
  const callers = new Callers(ports.policy, ports.issuer, ports.clock)
  return endpoint(ports, async (call) =>
    call.route === 'POST /v1/incident-events'
      ? hearOfIncident(call, ports)
      : conclude(call, await callers.person(call), ports),
  )
}

export const wire: Wiring<typeof createHandler, 'ISSUER' | Stores | 'TEXTS_TABLE' | 'INCIDENT_SECRET'> = (told) => {
  const ports = withTexts(portsWithAnswers(told), told)
  const secret = new IncidentSecretReader(told.INCIDENT_SECRET, ports.clock)
  return { ...ports, incidentEvents: new WebhookIncidentEvents(secret.webhookSecrets, ports.clock) }
}
