// Rules: test/http/agents-map.test.ts
import type { Call } from '../../adapters/http/endpoint.ts'
import { mapAgent } from '../../adapters/http/map-view.ts'
import type { Answer } from '../../adapters/http/problem.ts'
import { mapQuery } from '../../adapters/http/queries.ts'
import { readQuery } from '../../adapters/http/read-body.ts'
import { mapPage, unknownPage } from '../../adapters/pages/map-page.ts'
import { hostOf } from '../../domain/people/host-kinds.ts'
import { type InspectPorts, passes, readMap, readUnknown } from '../../operations/agents/inspect.ts'
import type { ReadAgentsPorts } from '../../operations/agents/read-agents.ts'
import { type Guest, notShown, type PagePorts, shown } from './page-door.ts'
import { type AgentPagePorts, showAgent } from './show-agents.ts'

export type MapPagePorts = PagePorts & InspectPorts

/** `GET /agents/{id}`: one agent, or a page about all of them, since each route is a resource of the stack. */
export function showAgentOrAll(call: Call, guest: Guest, ports: AgentPagePorts & MapPagePorts): Promise<Answer> {
  const id = call.path('id')
  if (id === 'map') return showMap(call, guest, ports)
  return id === 'unknown' ? showUnknown(guest, ports) : showAgent(call, guest, ports)
}

/** `GET /agents/map`. */
async function showMap(call: Call, { person, reader }: Guest, ports: PagePorts & ReadAgentsPorts): Promise<Answer> {
  const { after: _, picture: __, ...wanted } = readQuery(call, mapQuery)
  const all = await readMap({ person: person.id, filter: {} }, ports)
  if (!all.ok) throw notShown(all.code)
  const now = ports.clock.now()
  const choices = {
    owners: [...new Set(all.value.map(({ agent }) => agent.owner))].sort(),
    hosts: [...new Set(all.value.map(({ agent }) => hostOf(agent.runsOn)[1]))].sort(),
  }
  const agents = all.value.filter(({ agent }) => passes(agent, wanted)).map((each) => mapAgent(each, now))
  return shown(ports.issuer, mapPage({ agents, choices, wanted, reader }))
}

/** `GET /agents/unknown`. */
async function showUnknown({ person, reader }: Guest, ports: MapPagePorts): Promise<Answer> {
  const found = await readUnknown(person.id, ports)
  if (!found.ok) throw notShown(found.code)
  const view = { ...found.value, reader, now: ports.clock.now() }
  return shown(ports.issuer, unknownPage(view))
}
