// Rules: test/http/agents-page.test.ts
import type { Call } from '../../adapters/http/endpoint.ts'
import { type Answer, apiProblem } from '../../adapters/http/problem.ts'
import { agentPage, agentsPage } from '../../adapters/pages/agents-page.ts'
import type { Notice } from '../../adapters/pages/layout.ts'
import { zoneOf } from '../../domain/policy/calendar.ts'
import { sentencesOf } from '../../domain/refusals.ts'
import { AgentId } from '../../domain/values.ts'
import { listAgents, type ReadAgentsPorts, readAgent } from '../../operations/agents/read-agents.ts'
import { whyNotRecertify } from '../../operations/agents/recertify.ts'
import { idInPath } from '../doors.ts'
import { type Guest, notShown, type PagePorts, shown } from './page-door.ts'

export type AgentPagePorts = PagePorts & ReadAgentsPorts

export async function showAgents(_: Call, { person, reader }: Guest, ports: AgentPagePorts): Promise<Answer> {
  const agents = await listAgents(person.id, ports)
  if (!agents.ok) throw notShown(agents.code)
  const { policy, clock } = ports
  const actions = Object.keys(policy.bundle.actions)
  return shown(
    ports.issuer,
    agentsPage({ agents: agents.value, actions, offered: offeredBy(policy), reader, now: clock.now() }),
  )
}

const offeredBy = ({ bundle }: AgentPagePorts['policy']): readonly string[] => Object.keys(bundle.changes ?? {})

type Again = { notice?: Notice; draft?: string; status?: number }

export async function showAgent(
  call: Call,
  { person, reader }: Guest,
  ports: AgentPagePorts,
  { notice, draft, status = 200 }: Again = {},
): Promise<Answer> {
  const id = agentIn(call)
  const read = id && (await readAgent({ id, person: person.id }, ports))
  if (!read || (!read.ok && read.code === 'unknown_agent')) throw apiProblem(404, 'unknown_page')
  if (!read.ok) throw notShown('not_permitted')
  const { policy, clock } = ports
  const no = whyNotRecertify(read.value.agent.id, person.id, ports)
  const view = {
    ...{ seen: read.value, actions: Object.keys(policy.bundle.actions), reader, now: clock.now(), notice },
    offered: offeredBy(policy),
    zone: zoneOf(policy.bundle.calendar),
    whyNot: no && sentencesOf(no),
    ...(draft === undefined ? {} : { draft }),
  }
  return shown(ports.issuer, agentPage(view), status)
}

export function agentIn(call: Call): AgentId | undefined {
  const id = AgentId.safeParse(idInPath(call, 'id'))
  return id.success ? id.data : undefined
}

/** The names of pages about all agents, in place of an id. */
export const aboutAll = ['map', 'unknown'] as const

export const agentPathOf = (call: Call): string => {
  const id = agentIn(call) ?? aboutAll.find((each) => each === call.path('id'))
  return id === undefined ? '/agents' : `/agents/${id}`
}
