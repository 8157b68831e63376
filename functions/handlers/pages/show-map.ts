// Rules: test/http/agents-map.test.ts
import type { Call } from '../../adapters/http/endpoint.ts'
import { mapAgent } from '../../adapters/http/map-view.ts'
import type { Answer } from '../../adapters/http/problem.ts'
import { mapQuery } from '../../adapters/http/queries.ts'
import { readQuery } from '../../adapters/http/read-body.ts'
import { mapPage, unknownPage } from '../../adapters/pages/map-page.ts'
import { hostOf } from '../../domain/people/host-kinds.ts'
import {
  type InspectPorts,
  passes,
  readMap,
  readUnknownCallers,
  readUnknownRoles,
} from '../../operations/agents/inspect.ts'
import type { ReadAgentsPorts } from '../../operations/agents/read-agents.ts'
import { type Guest, notShown, type PagePorts, shown } from './page-door.ts'

export type MapPagePorts = PagePorts & InspectPorts

/** `GET /agents/map`. */
export async function showMap(
  call: Call,
  { person, reader }: Guest,
  ports: PagePorts & ReadAgentsPorts,
): Promise<Answer> {
  const { after: _, ...wanted } = readQuery(call, mapQuery)
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
export async function showUnknown(_: Call, { person, reader }: Guest, ports: MapPagePorts): Promise<Answer> {
  const [issuers, accounts] = await Promise.all([
    readUnknownCallers(person.id, ports),
    readUnknownRoles(person.id, ports),
  ])
  if (!issuers.ok) throw notShown(issuers.code)
  if (!accounts.ok) throw notShown(accounts.code)
  const view = { issuers: issuers.value, accounts: accounts.value, reader, now: ports.clock.now() }
  return shown(ports.issuer, unknownPage(view))
}
