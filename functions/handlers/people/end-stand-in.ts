// Rules: test/stack/ahead.test.ts
import type { Endpoint } from '../../adapters/http/endpoint.ts'
import { refusalProblem } from '../../adapters/http/problem.ts'
import { standInView } from '../../adapters/http/views.ts'
import { StandInId } from '../../domain/values.ts'
import type { StandInStore } from '../../operations/people/ports.ts'
import { endStandIn } from '../../operations/people/stand-ins.ts'
import { type ApiPorts, pathId, personDoor, valueOrThrow } from '../doors.ts'
import type { Stores, Wiring } from '../environment.ts'
import { endStandInOnPage } from '../pages/stand-in-on-page.ts'
import { cedarPolicy } from '../wiring/policy.ts'
import { pagePorts, standInStore } from '../wiring/ports.ts'

/** `DELETE /v1/stand-ins/{id}`: ends a stand-in, usually since the absent person is back. */
const endByApi = (ports: ApiPorts & { standIns: StandInStore }) =>
  personDoor(ports, async (call, { person }) => {
    const id = pathId(call, StandInId, () => refusalProblem('unknown_stand_in'))
    const ended = await endStandIn({ id, person: person.id }, ports)
    return { status: 200, body: standInView(valueOrThrow(ended), ports.clock.now()) }
  })

/** The API and the page in one function. */
export function createHandler(
  ports: Parameters<typeof endByApi>[0] & Parameters<typeof endStandInOnPage>[0],
): Endpoint {
  const [byApi, byPage] = [endByApi(ports), endStandInOnPage(ports)]
  return (event) => (event.routeKey === 'POST /stand-ins/{id}' ? byPage(event) : byApi(event))
}

export const wire: Wiring<typeof createHandler, 'ISSUER' | Stores> = (told) => ({
  ...pagePorts(told, cedarPolicy()),
  standIns: standInStore(told),
})
