// Rules: test/stack/ahead.test.ts
import type { Endpoint } from '../../adapters/http/endpoint.ts'
import { permitView } from '../../adapters/http/permit-view.ts'
import { refusalProblem } from '../../adapters/http/problem.ts'
import { StandingPermitId } from '../../domain/values.ts'
import { joinPermits } from '../../operations/ledger/texts.ts'
import type { PermitStore } from '../../operations/permits/ports.ts'
import { revokePermit } from '../../operations/permits/standing-permits.ts'
import { pathId, personDoor, type ShowingApiPorts, valueOrThrow } from '../doors.ts'
import type { Stores, Wiring } from '../environment.ts'
import { revokePermitOnPage } from '../pages/revoke-permit-on-page.ts'
import { cedarPolicy } from '../wiring/policy.ts'
import { pagePorts, permitStore, withTexts } from '../wiring/ports.ts'

/** `DELETE /v1/standing-permits/{id}`: a person revokes a standing permit, with all grants that were drawn from it. */
const revokeByApi = (ports: ShowingApiPorts & { permits: PermitStore }) =>
  personDoor(ports, async (call, { person }) => {
    const id = pathId(call, StandingPermitId, () => refusalProblem('unknown_permit'))
    const revoked = await revokePermit({ id, person: person.id, reason: 'taken back' }, ports)
    const [shown = valueOrThrow(revoked)] = await joinPermits([valueOrThrow(revoked)], ports.texts)
    return { status: 200, body: permitView(shown, ports.clock.now()) }
  })

/** The API and the page in one function. */
export function createHandler(
  ports: Parameters<typeof revokeByApi>[0] & Parameters<typeof revokePermitOnPage>[0],
): Endpoint {
  const [byApi, byPage] = [revokeByApi(ports), revokePermitOnPage(ports)]
  return (event) => (event.routeKey === 'POST /permits/{id}' ? byPage(event) : byApi(event))
}

export const wire: Wiring<typeof createHandler, 'ISSUER' | Stores | 'TEXTS_TABLE'> = (told) => ({
  ...withTexts(pagePorts(told, cedarPolicy()), told),
  permits: permitStore(told),
})
