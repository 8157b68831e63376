// Rules: test/operations/agents/recertify.test.ts
import type { AgentFile } from '../../domain/agents/agent-file.ts'
import { recertifyByOf } from '../../domain/agents/dates.ts'
import { type LeavingOwner, leavingOwner } from '../../domain/agents/leaving-owner.ts'
import { suspendedBecause } from '../../domain/agents/registry.ts'
import { mayRead } from '../../domain/deciding/questions.ts'
import { probedHost } from '../../domain/people/host-kinds.ts'
import type { Agent, SuspendedBecause } from '../../domain/people/organisation.ts'
import { agentOf } from '../../domain/policy/bundle.ts'
import type { ApprovalRequest, ApprovedRequest } from '../../domain/record/request.ts'
import { asOf } from '../../domain/requests/due.ts'
import type { RequestFilter } from '../../domain/requests/request-facets.ts'
import {
  type AgentId,
  type Digest,
  defined,
  type NumericDate,
  ok,
  type PersonId,
  type Result,
  refuse,
} from '../../domain/values.ts'
import type { AskingPorts } from '../record/ports.ts'
import type { AgentReader, HostLook } from './ports.ts'
import { evidenceOf, seenBy } from './recertify.ts'

export type ReadAgentsPorts = AskingPorts & { agents: Pick<AgentReader, 'files'>; hosts?: HostLook }

export type AgentStatus = 'active' | 'suspended' | 'retired' | 'orphaned'

export type AgentSeen = {
  agent: Agent
  status: AgentStatus
  because?: SuspendedBecause
  recertifyBy: NumericDate
  file: AgentFile
  grants: readonly ApprovedRequest[]
  /** False if the agent has more grants than were read. */
  allGrants: boolean
  /** An owner who left or leaves soon. */
  leaving?: LeavingOwner
}

const page = 100
const mostPages = 10
/** The age up to which a look counts as new. Seconds. */
const lookedLately = 60

/** Agents whose owner left or leaves soon come first. */
export async function listAgents(
  person: PersonId,
  ports: ReadAgentsPorts,
): Promise<Result<readonly AgentSeen[], 'not_permitted'>> {
  if (!mayRead(ports.policy, person, ports.clock.now())) return refuse('not_permitted')
  const ids = ports.policy.bundle.agents.map(({ id }) => id)
  const seen = await describeAgents(ids, { status: 'approved' }, ports)
  return ok([...seen.filter(({ leaving }) => leaving), ...seen.filter(({ leaving }) => !leaving)])
}

export async function readAgent(
  { id, person, look = false }: { id: AgentId; person: PersonId; look?: boolean },
  ports: ReadAgentsPorts,
): Promise<Result<AgentSeen & { evidence: Digest }, 'not_permitted' | 'unknown_agent'>> {
  if (!mayRead(ports.policy, person, ports.clock.now())) return refuse('not_permitted')
  const agent = agentOf(ports.policy.bundle, id)
  if (!agent) return refuse('unknown_agent')
  if (look) await lookNow(agent, ports)
  const [one] = await describeAgents([id], { agent: id, status: 'approved' }, ports)
  if (!one) return refuse('unknown_agent')
  const evidence = evidenceOf(id, one.file, ports.policy).digest
  return ok({ ...one, file: seenBy(person, id, one.file, ports), evidence })
}

/** Looks at most once a minute, since IAM throttles these calls. */
async function lookNow(agent: Agent, { agents, hosts, clock }: ReadAgentsPorts): Promise<void> {
  if (!hosts || !probedHost(agent.runsOn)) return
  const looked = (await agents.files([agent.id])).get(agent.id)?.looked
  if (looked === undefined || clock.now() - looked.at >= lookedLately) await hosts.now(agent.id)
}

export async function describeAgents(
  ids: readonly AgentId[],
  filter: RequestFilter,
  ports: ReadAgentsPorts,
): Promise<readonly AgentSeen[]> {
  const { policy, clock } = ports
  const now = clock.now()
  await policy.look?.(ids)
  const agents = policy.bundle.agents.filter(({ id }) => ids.includes(id))
  const [files, { grants, allGrants }] = await Promise.all([ports.agents.files(ids), liveGrants(filter, now, ports)])
  return agents.map((agent) => {
    const file = files.get(agent.id) ?? {}
    // The stored date may be later than the bundle's.
    const recertifyBy = recertifyByOf(agent.recertifyBy, file.certified?.due)
    const current = { ...agent, recertifyBy }
    const agentsNow = policy.bundle.agents.map((each) => (each.id === agent.id ? current : each))
    const because = suspendedBecause(agent.id, recertifyBy, { ...policy.bundle, agents: agentsNow }, now)
    const own = grants.filter(({ ask }) => ask.agent.id === agent.id)
    return {
      agent: current,
      status: statusOf(because),
      ...defined({ because, leaving: leavingOwner(agent, policy.bundle, policy.files ?? policy.bundle, now) }),
      recertifyBy,
      file,
      grants: own,
      allGrants,
    }
  })
}

function statusOf(because: SuspendedBecause | undefined): AgentStatus {
  switch (because) {
    case undefined:
      return 'active'
    case 'retired':
      return 'retired'
    case 'owner_inactive':
      return 'orphaned'
    case 'recertification':
    case 'suspended':
      return 'suspended'
  }
}

async function liveGrants(filter: RequestFilter, now: NumericDate, { requests }: ReadAgentsPorts) {
  const grants: ApprovedRequest[] = []
  let after: string | undefined
  for (let read = 0; read < mostPages; read++) {
    const { items, next } = await requests.list(filter, { limit: page, ...defined({ after }) })
    grants.push(...items.map(({ state }) => asOf(state, now)).filter(isLive))
    if (next === undefined) return { grants, allGrants: true }
    after = next
  }
  return { grants, allGrants: false }
}

const isLive = (state: ApprovalRequest): state is ApprovedRequest => state.status === 'approved'
