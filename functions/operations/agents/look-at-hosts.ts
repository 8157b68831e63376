import type { Looked } from '../../domain/agents/agent-file.ts'
import { probedHost } from '../../domain/people/host-kinds.ts'
import type { Agent } from '../../domain/people/organisation.ts'
import type { Bundle } from '../../domain/policy/bundle.ts'
import type { AgentId, NumericDate } from '../../domain/values.ts'
import { faultName, HostUnseen } from '../faults.ts'
import type { Clock, Log } from '../ports.ts'
import type { AgentReader, AgentWriter, HostProbers } from './ports.ts'

export type LookingPorts = {
  agents: Pick<AgentReader, 'host'> & Pick<AgentWriter, 'saveLooked'>
  /** The probers of one run, which ask no question twice. Hosts of a missing kind are skipped. */
  probers: () => Partial<HostProbers>
  policy: { readonly bundle: Bundle }
  clock: Clock
  log: Log
}

/**
 * Looks at the hosts of all agents, or of one, one after another until the time is up. A failed look keeps the
 * earlier answers and adds its reason: a failure must not make a host look harmless.
 *
 * @returns at how many hosts it looked
 */
export async function lookAtHosts(
  ports: LookingPorts,
  { only, until = Number.POSITIVE_INFINITY }: { only?: AgentId | undefined; until?: NumericDate } = {},
): Promise<number> {
  const { policy, clock, log } = ports
  const agents = policy.bundle.agents.filter(({ id, status }) =>
    only === undefined ? status !== 'retired' : id === only,
  )
  const probers = ports.probers()
  let looked = 0
  for (const agent of agents) {
    if (clock.now() >= until) {
      log.warn('hosts_not_seen', { from: agent.id, why: 'too_slow' })
      break
    }
    if (await lookAtHost(agent, probers, ports)) looked += 1
  }
  return looked
}

async function lookAtHost(agent: Agent, probers: Partial<HostProbers>, ports: LookingPorts): Promise<boolean> {
  const { agents, policy, clock, log } = ports
  const host = probedHost(agent.runsOn)
  const prober = host && probers[host.kind]
  if (!prober) return false
  const { where: role } = host
  const at = clock.now()
  const probed = await prober.probe(role, policy.bundle).catch(asUnseen)
  if (!(probed instanceof HostUnseen)) return agents.saveLooked(agent.id, { at, role, ...probed })
  const { why, cause } = probed
  log.warn('host_not_seen', { agent: agent.id, role, why, fault: faultName(cause) })
  await agents.saveLooked(agent.id, await oldAnswersOf(agent.id, { at, role, why }, ports))
  return false
}

/** A fault of one prober leaves its host unknown, and no other. */
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
