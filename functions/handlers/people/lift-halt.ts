// Rules: test/stack/swift/halts.test.ts
import type { Endpoint } from '../../adapters/http/endpoint.ts'
import { haltView } from '../../adapters/http/halt-view.ts'
import { refusalProblem } from '../../adapters/http/problem.ts'
import { HaltId } from '../../domain/values.ts'
import { liftHalt } from '../../operations/halts/halt.ts'
import type { HaltStore } from '../../operations/halts/ports.ts'
import { joinHalts } from '../../operations/ledger/texts.ts'
import { pathId, personDoor, type ShowingApiPorts, valueOrThrow } from '../doors.ts'
import type { Stores, Wiring } from '../environment.ts'
import { liftOnPage } from '../pages/halt-on-page.ts'
import { cedarPolicy } from '../wiring/policy.ts'
import { haltStore, pagePorts, withTexts } from '../wiring/ports.ts'

/** `DELETE /v1/halts/{id}`: a person lifts a halt, which revives nothing. */
const liftByApi = (ports: ShowingApiPorts & { halts: HaltStore }) =>
  personDoor(ports, async (call, { person }) => {
    const id = pathId(call, HaltId, () => refusalProblem('unknown_halt'))
    const lifted = await liftHalt({ id, person: person.id }, ports)
    const [shown = valueOrThrow(lifted)] = await joinHalts([valueOrThrow(lifted)], ports.texts)
    return { status: 200, body: haltView(shown) }
  })

/** The API and the page in one function. */
export function createHandler(ports: Parameters<typeof liftByApi>[0] & Parameters<typeof liftOnPage>[0]): Endpoint {
  const [byApi, byPage] = [liftByApi(ports), liftOnPage(ports)]
  return (event) => (event.routeKey === 'POST /halts/{id}' ? byPage(event) : byApi(event))
}

export const wire: Wiring<typeof createHandler, 'ISSUER' | Stores | 'TEXTS_TABLE'> = (told) => ({
  ...withTexts(pagePorts(told, cedarPolicy()), told),
  halts: haltStore(told),
})
