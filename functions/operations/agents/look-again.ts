import type { Looked } from '../../domain/agents/agent-file.ts'
import { concerns, failsForNow, type HostChange, type Place, placeOf } from '../../domain/agents/host-change.ts'
import type { AgentId, NumericDate } from '../../domain/values.ts'
import { type LookingPorts, lookAtHosts } from './look-at-hosts.ts'
import type { AgentReader, AgentWriter } from './ports.ts'

export type LookAgainPorts = LookingPorts & { agents: Pick<AgentReader, 'files'> & Pick<AgentWriter, 'saveHeard'> }

/** The time in which IAM propagates a change: an earlier look may have missed it. Seconds. */
const spreads = 10
/** The least time between two looks at one host. Seconds. */
const apart = 60
/** The least time between two writes of a place's last event. Seconds. */
const heardLately = 3600

/**
 * Looks once at each host that these changes concern, unless a look has come since. Messages wait in the queue for
 * longer than `apart` and `spreads` together (infra/constructs/host-changes.ts), so that one look answers all changes
 * of a minute.
 *
 * @returns false if some were not looked at: the time was up, the last look was too near, or AWS gave no answer. Then
 * the   same changes are given again.
 */
export async function lookAgain(
  changes: readonly HostChange[],
  ports: LookAgainPorts,
  until: NumericDate,
): Promise<boolean> {
  const { policy, clock, log } = ports
  const accounts = new Set(Object.values(policy.bundle.deployment.accounts).map(({ accountId }) => accountId))
  const ours = changes.filter(({ account }) => accounts.has(account))
  if (ours.length < changes.length) log.warn('change_of_unknown_account', { changes: changes.length - ours.length })
  await noteHeard(ours, ports)
  const concerned = await findConcerned(ours, ports)
  const only = concerned.filter(({ at }) => clock.now() - at >= apart).map(({ id }) => id)
  if (only.length > 0) {
    const looked = await lookAtHosts(ports, { only, until })
    log.info('hosts_looked_at_again', { changes: ours.length, agents: only.length, looked })
  }
  return concerned.length === 0 || (await findConcerned(ours, ports)).length === 0
}

async function noteHeard(changes: readonly HostChange[], { agents, clock }: LookAgainPorts): Promise<void> {
  const places = [...new Set(changes.map(placeOf))]
  const heard = await agents.heard(places)
  const now = clock.now()
  const write = (place: Place) => now - (heard.get(place) ?? 0) < heardLately || agents.saveHeard(place, now)
  await Promise.all(places.map(write))
}

/** The agents with a change since their last look. A change from the future counts as now. */
async function findConcerned(
  changes: readonly HostChange[],
  { agents, policy, clock }: LookAgainPorts,
): Promise<readonly { id: AgentId; at: NumericDate }[]> {
  const told = changes.filter(({ of }) => of !== undefined)
  if (told.length === 0) return []
  const living = policy.bundle.agents.filter(({ status }) => status !== 'retired')
  const files = await agents.files(living.map(({ id }) => id))
  const now = clock.now()
  return living.flatMap((agent) => {
    const looked = files.get(agent.id)?.looked
    const seen = (looked ? seenUpTo(looked) : 0) - spreads
    const isConcerned = told.some((change) => Math.min(change.at, now) >= seen && concerns(change, agent, looked))
    return isConcerned ? [{ id: agent.id, at: looked?.at ?? 0 }] : []
  })
}

/** The time of the last answers. */
const seenUpTo = (looked: Looked): NumericDate => (failsForNow(looked) ? (looked.failed?.answersOf ?? 0) : looked.at)
