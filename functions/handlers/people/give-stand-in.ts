// Rules: test/stack/ahead.test.ts

import { parseBody } from '../../adapters/http/authzen.ts'
import type { Endpoint } from '../../adapters/http/endpoint.ts'
import { StandInBody, standInView } from '../../adapters/http/views.ts'
import { defined } from '../../domain/values.ts'
import type { StandInStore } from '../../operations/people/ports.ts'
import { giveStandIn } from '../../operations/people/stand-ins.ts'
import { type ApiPorts, personDoor, valueOrThrow } from '../doors.ts'
import type { Stores, Wiring } from '../environment.ts'
import { nameStandInOnPage } from '../pages/stand-in-on-page.ts'
import { cedarPolicy } from '../wiring/policy.ts'
import { pagePorts, standInStore } from '../wiring/ports.ts'

/** `POST /v1/stand-ins`: a person who will be away names their stand-in. */
const giveByApi = (ports: ApiPorts & { standIns: StandInStore }) =>
  personDoor(ports, async (call, { person, login }) => {
    const { person: by, until, from } = parseBody(StandInBody, call.json())
    const given = await giveStandIn(defined({ person: person.id, by, login, until, from }), ports)
    return { status: 201, body: standInView(valueOrThrow(given), ports.clock.now()) }
  })

/** The API and the page in one function. */
export function createHandler(
  ports: Parameters<typeof giveByApi>[0] & Parameters<typeof nameStandInOnPage>[0],
): Endpoint {
  const [byApi, byPage] = [giveByApi(ports), nameStandInOnPage(ports)]
  return (event) => (event.routeKey === 'POST /stand-ins' ? byPage(event) : byApi(event))
}

export const wire: Wiring<typeof createHandler, 'ISSUER' | Stores> = (told) => ({
  ...pagePorts(told, cedarPolicy()),
  standIns: standInStore(told),
})
