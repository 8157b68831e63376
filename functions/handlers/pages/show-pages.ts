// Rules: test/http/pages.test.ts
import { DynamoBundleStore } from '../../adapters/dynamodb/bundle-store.ts'
import { connect } from '../../adapters/dynamodb/client.ts'
import type { Call } from '../../adapters/http/endpoint.ts'
import { groupsPage } from '../../adapters/pages/groups-page.ts'
import { measuresPage } from '../../adapters/pages/measures-page.ts'
import { requestPage } from '../../adapters/pages/request-page.ts'
import { waitingPage } from '../../adapters/pages/waiting-page.ts'
import { RequestId } from '../../domain/values.ts'
import { placesIn } from '../../operations/credentials/place.ts'
import { showing } from '../../operations/ledger/texts.ts'
import { listGroups } from '../../operations/people/list-groups.ts'
import { findOnCall } from '../../operations/people/on-call.ts'
import { explainRecorded } from '../../operations/policy/explain-recorded.ts'
import type { BundleStore, OpenPolicies } from '../../operations/policy/ports.ts'
import { findColleagues } from '../../operations/requests/ask-as-seen.ts'
import { measureDecisions } from '../../operations/requests/measure-decisions.ts'
import { viewRequest } from '../../operations/requests/read-requests.ts'
import { readTimeline, type TimelinePorts } from '../../operations/requests/read-timeline.ts'
import { splitAside } from '../../operations/requests/set-aside.ts'
import { waitingFor, waitingMark } from '../../operations/requests/waiting.ts'
import { byRoute, openingIn, unknownRequest } from '../doors.ts'
import type { Anchor, Stores, Wiring } from '../environment.ts'
import { anchorPorts } from '../wiring/anchor.ts'
import { trailPortsIn } from '../wiring/break-glass.ts'
import { cedarPolicy, openPolicies } from '../wiring/policy.ts'
import {
  agentRows,
  haltStore,
  pagePorts,
  permitStore,
  standInStore,
  unknownCallers,
  withTexts,
} from '../wiring/ports.ts'
import { type Guest, goTo, guestOf, notShown, pageDoor, shown, toLogin } from './page-door.ts'
import { type AgentPagePorts, agentPathOf, showAgents } from './show-agents.ts'
import { pathOfHalt, type ShowHaltsPorts, showHalt, showHalts } from './show-halts.ts'
import { type MapPagePorts, showAgentOrAll } from './show-map.ts'
import { type ShowPorts, showDrill, showOpening, showOpenings } from './show-openings.ts'
import { type PermitPagePorts, showPermitForm, showPermits } from './show-permits.ts'
import { historyPath, showRequests } from './show-requests.ts'
import { showUsage } from './show-usage.ts'
import { type StandInPagePorts, showStandIns } from './stand-in-on-page.ts'

type TimelinePagePorts = ShowPorts &
  AgentPagePorts &
  MapPagePorts &
  ShowHaltsPorts &
  PermitPagePorts &
  StandInPagePorts &
  Pick<TimelinePorts, 'anchor'> & { bundles: BundleStore; openPolicies: OpenPolicies }

const showByRoute = byRoute<[Guest, TimelinePagePorts]>(
  {
    'GET /decide': async (call, { person, reader, session }, ports) => {
      const mark = await waitingMark(person.id, ports)
      const headers = { etag: mark }
      if (call.header('if-none-match') === mark) return shown(ports.issuer, '', 304, headers)
      const all = (await waitingFor(person.id, ports, session.claimed)).map(({ state }) => state)
      const { waiting, aside } = await splitAside(person.id, all, ports)
      const view = { waiting, aside, mark, bundle: ports.policy.bundle, reader, now: ports.clock.now() }
      return shown(ports.issuer, waitingPage(view), 200, headers)
    },
    'GET /decide/{id}': async (call, { person, reader, session }, ports) => {
      const id = RequestId.safeParse(call.path('id'))
      const opening = openingIn(call)
      if (opening) return goTo(ports.issuer, `/break-glass/${opening}`)
      const ask = { person: person.id, claimed: session.claimed }
      const viewed = id.success ? await viewRequest({ id: id.data, ...ask }, ports) : undefined
      if (!viewed?.ok) throw notShown(viewed?.code)
      const timeline = await readTimeline(viewed.value.state, ports)
      const bundle = { ...ports.policy.bundle, onCall: await findOnCall(viewed.value.state, ports) }
      const why = await explainRecorded(viewed.value.state, timeline.bundle, ports)
      const { state, whyNot } = viewed.value
      const colleagues = whyNot.approve === undefined ? await findColleagues(state, person.id, ports) : []
      const view = { viewed: viewed.value, bundle, reader, now: ports.clock.now(), timeline, why, colleagues }
      return shown(ports.issuer, requestPage({ ...view, find: call.queries['find']?.slice(0, 128) }))
    },
    'GET /requests': showRequests,
    'GET /agents': showAgents,
    'GET /agents/{id}': showAgentOrAll,
    'GET /agents/{id}/usage': showUsage,
    'GET /permits': showPermits,
    'GET /permits/give/{id}': showPermitForm,
    'GET /stand-ins': (_, guest, ports) => showStandIns(guest, ports),
    'GET /halts': showHalts,
    'GET /halts/{id}': showHalt,
    'GET /groups': async (_, { person, reader }, ports) => {
      const listed = await listGroups({ person: person.id }, ports)
      if (!listed.ok) throw notShown(listed.code)
      const { directory } = ports.policy.bundle
      return shown(ports.issuer, groupsPage({ groups: listed.value, directory, reader, now: ports.clock.now() }))
    },
    'GET /measures': async (_, { person, reader }, ports) => {
      const measured = await measureDecisions(person.id, ports)
      if (!measured.ok) throw notShown(measured.code)
      return shown(ports.issuer, measuresPage({ measures: measured.value, reader, now: ports.clock.now() }))
    },
    'GET /break-glass': showOpenings,
    'GET /break-glass/{id}': showOpening,
    'GET /break-glass/{id}/drill': showDrill,
  },
  unknownRequest,
)

/** The pages that people read: their list, one request, openings. A person without a session logs in first. */
export const createHandler = (ports: TimelinePagePorts) =>
  pageDoor(ports, async (call) => {
    const guest = await guestOf(call, ports)
    return guest ? showByRoute(call, guest, showing(ports)) : toLogin(ports.issuer, pathOf(call))
  })

const plain = ['GET /groups', 'GET /measures', 'GET /permits', 'GET /stand-ins']

const pathOf = (call: Call): string => {
  const id = RequestId.safeParse(call.path('id'))
  if (plain.includes(call.route)) return call.route.slice('GET '.length)
  if (call.route.startsWith('GET /agents'))
    return `${agentPathOf(call)}${call.route.endsWith('/usage') ? '/usage' : ''}`
  if (call.route.startsWith('GET /break-glass'))
    return openingIn(call) ? call.route.slice('GET '.length).replace('{id}', call.path('id')) : '/break-glass'
  if (call.route === 'GET /permits/give/{id}' && id.success) return `/permits/give/${id.data}`
  if (call.route === 'GET /requests') return historyPath(call)
  if (call.route.startsWith('GET /halts')) return pathOfHalt(call)
  return id.success ? `/decide/${id.data}` : '/decide'
}

export const wire: Wiring<
  typeof createHandler,
  'ISSUER' | Stores | 'TEXTS_TABLE' | Anchor | 'CARDS_TABLE' | 'READ_CALLS_FUNCTION' | 'TARGET_ROLES'
> = (told) => {
  const ports = withTexts(pagePorts(told, cedarPolicy()), told)
  const halts = { halts: haltStore(told), targetRoles: placesIn(ports.policy.bundle, told.TARGET_ROLES) }
  const kept = { bundles: new DynamoBundleStore(connect(), told.REQUESTS_TABLE), openPolicies }
  const seen = { ...halts, ...kept, ...trailPortsIn(told, ports.log), anchor: anchorPorts(told) }
  const given = { permits: permitStore(told), standIns: standInStore(told) }
  const found = { agents: agentRows(told), platformRoles: agentRows(told), unknown: unknownCallers(told) }
  return { ...ports, ...found, ...seen, ...given }
}
