import type { Call } from '../../adapters/http/endpoint.ts'
import type { Answer } from '../../adapters/http/problem.ts'
import { listPage } from '../../adapters/pages/link-page.ts'
import { requestPage } from '../../adapters/pages/request-page.ts'
import { RequestId } from '../../domain/values.ts'
import { waitingFor } from '../../operations/cards/waiting.ts'
import { viewRequest } from '../../operations/requests/read-requests.ts'
import { type Guest, goTo, guestOf, notShown, openingIn, shown, toLogin } from '../pages/page-door.ts'
import { unknownRequest } from '../refusals.ts'
import { type ShowOpeningPorts, showDrill, showOpening, showOpenings } from './show-break-glass.ts'

export type ShowPorts = ShowOpeningPorts

/** What people look at: what waits for them, one request, who has an opening. Nothing is recorded by looking. */
const routes: { [route: string]: (call: Call, guest: Guest, ports: ShowPorts) => Promise<Answer> } = {
  'GET /decide': async (_call, { person, reader }, ports) => {
    const waiting = (await waitingFor(person.id, ports)).map(({ state }) => state)
    const { bundle } = ports.policy
    return shown(ports.issuer, listPage({ waiting, bundle, reader, now: ports.clock.now() }))
  },
  'GET /decide/{id}': async (call, { person, reader }, ports) => {
    const id = RequestId.safeParse(call.path('id'))
    const opening = openingIn(call)
    if (opening) return goTo(ports.issuer, `/break-glass/${opening}`)
    const viewed = id.success ? await viewRequest({ id: id.data, person: person.id }, ports) : undefined
    if (!viewed?.ok) throw notShown(viewed?.code)
    const view = { viewed: viewed.value, bundle: ports.policy.bundle, now: ports.clock.now() }
    return shown(ports.issuer, requestPage({ ...view, reader: { ...reader, person: person.id } }))
  },
  'GET /break-glass': (_call, guest, ports) => showOpenings(guest, ports),
  'GET /break-glass/{id}': showOpening,
  'GET /break-glass/{id}/drill': showDrill,
}

/** The pages that only show. Whoever is not logged in logs in first, and is then shown what they came for. */
export const showPages =
  (ports: ShowPorts) =>
  async (call: Call): Promise<Answer> => {
    const guest = await guestOf(call, ports)
    if (!guest) return toLogin(ports.issuer, pathOf(call))
    const route = routes[call.route]
    if (!route) throw unknownRequest()
    return route(call, guest, ports)
  }

const pathOf = (call: Call): string => {
  const id = RequestId.safeParse(call.path('id'))
  if (call.route.startsWith('GET /break-glass'))
    return openingIn(call) ? call.route.slice('GET '.length).replace('{id}', call.path('id')) : '/break-glass'
  return id.success ? `/decide/${id.data}` : '/decide'
}
