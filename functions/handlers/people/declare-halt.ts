// Rules: test/stack/swift/halts.test.ts
import { parseBody } from '../../adapters/http/authzen.ts'
import type { Endpoint } from '../../adapters/http/endpoint.ts'
import { HaltBody, haltView } from '../../adapters/http/halt-view.ts'
import { badRequest } from '../../adapters/http/problem.ts'
import { placesIn } from '../../operations/credentials/place.ts'
import { declareHalt } from '../../operations/halts/halt.ts'
import type { HaltStore } from '../../operations/halts/ports.ts'
import { type ApiPorts, optionalKeyOf, personDoor, valueOrThrow } from '../doors.ts'
import type { Stores, Wiring } from '../environment.ts'
import { haltOnPage } from '../pages/halt-on-page.ts'
import { cedarPolicy } from '../wiring/policy.ts'
import { haltStore, pagePorts } from '../wiring/ports.ts'

/** `POST /v1/halts`: a person halts an agent, an owner's agents, a person, a role, an environment, an action, or everything. */
const haltByApi = (ports: ApiPorts & { halts: HaltStore; targetRoles: readonly string[] }) =>
  personDoor(ports, async (call, { person }) => {
    const asked = parseBody(HaltBody, call.json())
    if (asked.until !== undefined && asked.until <= ports.clock.now())
      throw badRequest('invalid_request', 'The end of the halt has passed', '`until` should be in the future')
    const idempotencyKey = optionalKeyOf(call)
    const declared = await declareHalt({ ...asked, person: person.id, idempotencyKey }, ports)
    return { status: 201, body: haltView(valueOrThrow(declared)) }
  })

/** The API and the page in one function. */
export function createHandler(ports: Parameters<typeof haltByApi>[0] & Parameters<typeof haltOnPage>[0]): Endpoint {
  const [byApi, byPage] = [haltByApi(ports), haltOnPage(ports)]
  return (event) => (event.routeKey === 'POST /halts' ? byPage(event) : byApi(event))
}

export const wire: Wiring<typeof createHandler, 'ISSUER' | Stores | 'TEXTS_TABLE' | 'TARGET_ROLES'> = (told) => {
  const ports = pagePorts(told, cedarPolicy())
  return { ...ports, halts: haltStore(told), targetRoles: placesIn(ports.policy.bundle, told.TARGET_ROLES) }
}
