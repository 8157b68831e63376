// Rules: test/stack/ahead.test.ts
import { parseBody } from '../../adapters/http/authzen.ts'
import type { Endpoint } from '../../adapters/http/endpoint.ts'
import { PermitBody, permitView } from '../../adapters/http/permit-view.ts'
import { insufficientLogin } from '../../adapters/http/problem.ts'
import { loginToAllow } from '../../domain/permits/permit.ts'
import { RequestId } from '../../domain/values.ts'
import type { PermitStore } from '../../operations/permits/ports.ts'
import { givePermit } from '../../operations/permits/standing-permits.ts'
import { type ApiPorts, pathId, personDoor, unknownRequest, valueOrThrow } from '../doors.ts'
import type { Stores, Wiring } from '../environment.ts'
import { givePermitOnPage } from '../pages/permit-on-page.ts'
import { cedarPolicy } from '../wiring/policy.ts'
import { pagePorts, permitStore } from '../wiring/ports.ts'

/** `POST /v1/requests/{id}/standing-permits`: a person who approved a request allows its agent a few more alike. */
const giveByApi = (ports: ApiPorts & { permits: PermitStore }) =>
  personDoor(ports, async (call, { person, login }) => {
    const terms = parseBody(PermitBody, call.json())
    const id = pathId(call, RequestId, unknownRequest)
    const given = await givePermit({ request: id, person: person.id, login, ...terms }, ports)
    if (!given.ok && given.code === 'insufficient_login') {
      const stored = await ports.requests.load(id)
      if (stored) throw insufficientLogin(loginToAllow(stored.state, person.id, ports.policy.bundle.ladder))
    }
    return { status: 201, body: permitView(valueOrThrow(given), ports.clock.now()) }
  })

/** The API and the page in one function. */
export function createHandler(
  ports: Parameters<typeof giveByApi>[0] & Parameters<typeof givePermitOnPage>[0],
): Endpoint {
  const [byApi, byPage] = [giveByApi(ports), givePermitOnPage(ports)]
  return (event) => (event.routeKey === 'POST /permits/give/{id}' ? byPage(event) : byApi(event))
}

export const wire: Wiring<typeof createHandler, 'ISSUER' | Stores | 'TEXTS_TABLE'> = (told) => ({
  ...pagePorts(told, cedarPolicy()),
  permits: permitStore(told),
})
