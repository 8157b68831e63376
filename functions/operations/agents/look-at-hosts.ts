import type { AgentFile, Looked } from '../../domain/agents/agent-file.ts'
import { placesOf, silentOf } from '../../domain/agents/host-change.ts'
import { probedHost } from '../../domain/people/host-kinds.ts'
import type { Agent } from '../../domain/people/organisation.ts'
import type { Bundle } from '../../domain/policy/bundle.ts'
import type { AgentId, NumericDate } from '../../domain/values.ts'
import { faultName, HostUnseen } from '../faults.ts'
import type { Clock, Log } from '../ports.ts'
import type { AgentReader, AgentWriter, HostProbers } from './ports.ts'

export type LookingPorts = {
  agents: Pick<AgentReader, 'host' | 'heard' | 'files'> & Pick<AgentWriter, 'saveLooked'>
  /** The probers of one run, which cache answers until its time is up. Hosts of a missing kind are skipped. */
  probers: (until: NumericDate) => Partial<HostProbers>
  policy: { readonly bundle: Bundle }
  clock: Clock
  log: Log
}

/**
 * Looks at the hosts of all agents, or of some, one after another until the time is up. A failed look keeps the earlier
 * answers and adds its reason, so that a host never looks harmless by a failure. Each look counts as of the start of
 * the run, since a later one may rest on lists that an earlier one read.
 *
 * @returns the number of hosts
 */
export async function lookAtHosts(
  ports: LookingPorts,
  { only, until = Number.POSITIVE_INFINITY }: { only?: readonly AgentId[] | undefined; until?: NumericDate } = {},
): Promise<number> {
  const { policy, clock, log } = ports
  const at = clock.now()
  const asked = policy.bundle.agents.filter(({ id, status }) =>
    only === undefined ? status !== 'retired' : only.includes(id),
  )
  const agents = await oldestFirst(asked, ports)
  const probers = ports.probers(until)
  const silent = await findSilent(agents, ports)
  let looked = 0
  for (const agent of agents) {
    if (clock.now() >= until) {
      log.warn('hosts_not_seen', { from: agent.id, why: 'too_slow' })
      break
    }
    if (await lookAtHost(agent, { at, probers, silent: silent(agent) }, ports)) looked += 1
  }
  return looked
}

/** The agents by the time of their last look, then of its answers: a run that ends early leaves out no agent forever. */
async function oldestFirst(all: readonly Agent[], { agents, log }: LookingPorts): Promise<readonly Agent[]> {
  // An unreadable row costs the order, and no look.
  const files = await agents.files(all.map(({ id }) => id)).catch((fault: unknown) => {
    log.warn('looks_not_read', { fault: faultName(fault) })
    return new Map<AgentId, AgentFile>()
  })
  const aged = all.map((agent) => {
    const { at = 0, failed } = files.get(agent.id)?.looked ?? {}
    return { agent, at, answersOf: failed?.answersOf ?? at }
  })
  return aged.sort((a, b) => a.at - b.at || a.answersOf - b.answersOf).map(({ agent }) => agent)
}

const mostPlaces = 20

/** The silent places of each host, where only the next daily look finds a change. */
async function findSilent(all: readonly Agent[], { agents, policy, clock }: LookingPorts) {
  const accounts = Object.values(policy.bundle.deployment.accounts)
  const heard = await agents.heard([...new Set(all.flatMap((agent) => placesOf(agent, accounts)))])
  return (agent: Agent) => silentOf(placesOf(agent, accounts), heard, clock.now()).slice(0, mostPlaces)
}

type Run = { at: NumericDate; probers: Partial<HostProbers>; silent: string[] }

async function lookAtHost(agent: Agent, { at, probers, silent }: Run, ports: LookingPorts): Promise<boolean> {
  const { agents, policy, log } = ports
  const host = probedHost(agent.runsOn)
  const prober = host && probers[host.kind]
  if (!prober) return false
  const { where: role } = host
  const probed = await prober.probe(role, policy.bundle).catch(asUnseen)
  if (!(probed instanceof HostUnseen)) return agents.saveLooked(agent.id, { at, role, ...probed, silent })
  const { why, cause } = probed
  log.warn('host_not_seen', { agent: agent.id, role, why, fault: faultName(cause) })
  await agents.saveLooked(agent.id, { ...(await oldAnswersOf(agent.id, { at, role, why }, ports)), silent })
  return false
}

/** A fault of one prober leaves only its own host unknown. */
const asUnseen = (fault: unknown): HostUnseen =>
  fault instanceof HostUnseen ? fault : new HostUnseen('fault', { cause: fault })

/** The earlier answers about this role, and their time. A deleted role has none. */
async function oldAnswersOf(
  agent: AgentId,
  { at, role, why }: { at: NumericDate; role: string; why: HostUnseen['why'] },
  { agents }: LookingPorts,
): Promise<Looked> {
  const { looked: before } = await agents.host(agent)
  if (why === 'no_such_role' || before?.role !== role) return { at, role, actions: {}, failed: { why, answersOf: at } }
  return { ...before, at, failed: { why, answersOf: before.failed?.answersOf ?? before.at } }
}
