// Rules: test/domain/agents/governed-registry.test.ts
import * as z from 'zod'
import { Agent, Identity, oneYear } from '../people/organisation.ts'
import type { Bundle } from '../policy/bundle.ts'
import { AgentId, defined, NumericDate, PersonId, ToolId } from '../values.ts'

/** The registry of agents that people change at run time, beside the agents of the policy folder. */
export const GovernedRegistry = z.strictObject({
  /** It rises by one with each change. 0: nothing was ever changed at run time. */
  version: z.int().nonnegative(),
  /** Agents beside the policy folder's. A retired one stays, with its status. */
  agents: z.array(Agent),
  /** Agents of the policy folder that were retired at run time. They stay retired if the folder drops them. */
  retired: z.array(z.strictObject({ id: AgentId, at: NumericDate })),
  /** By agent: the last change of its identities, owner or autonomy. Requests and permits from before it have ended. */
  changed: z.record(AgentId, NumericDate),
  /** Former identities of agents and of the folder's parties. No other party gets them within a year. */
  former: z.array(
    z.strictObject({ agent: z.union([AgentId, PersonId, ToolId]), identity: Identity, until: NumericDate }),
  ),
})
export type GovernedRegistry = z.infer<typeof GovernedRegistry>

export const nothingGoverned: GovernedRegistry = { version: 0, agents: [], retired: [], changed: {}, former: [] }

/** The size limit of a stored registry whose agents are all retired, packed. An item has 400 KB. Bytes. */
export const mostStored = 390_000

/** The agents that were retired at run time, for good: also if a later folder names them. */
export const retiredAtRunTime = ({ agents, retired }: Pick<GovernedRegistry, 'agents' | 'retired'>): Set<string> =>
  new Set([...retired, ...agents.filter(({ status }) => status === 'retired')].map(({ id }) => id))

/** The bundle with the agents of the registry. The registry can retire a file's agent, and never rewrites it. */
export function withGoverned(files: Bundle, registry: GovernedRegistry): Bundle {
  if (registry.version === 0) return files
  const retired = retiredAtRunTime(registry)
  const named = new Set(files.agents.map(({ id }) => id))
  return {
    ...files,
    agents: [
      ...files.agents,
      // The folder wins where a later deployment names the same agent.
      ...registry.agents.filter(({ id }) => !named.has(id)),
    ].map((agent) => (retired.has(agent.id) ? { ...agent, status: 'retired' as const } : agent)),
    registry: { version: registry.version, changed: registry.changed },
  }
}

/** The version of the registry that a decision used, for its entry. */
export const registryUsed = ({ registry }: Pick<Bundle, 'registry'>): { registry?: number } =>
  defined({ registry: registry?.version })

/** The age at which the registry is read again, from the start of the last read. Seconds. */
export const registryAge = 2

/** The room for the dates of one retirement, which pack badly once they differ. Bytes. */
const datesOfOne = 32

/** The size of the registry once all its agents and the folder's are retired, one after another. Bytes. */
export function sizeRetired(
  files: Pick<Bundle, 'agents'>,
  registry: GovernedRegistry,
  now: NumericDate,
  sizeOf: (registry: GovernedRegistry) => number,
): number {
  const gone = retiredAtRunTime(registry)
  const left = [...files.agents, ...registry.agents].filter(({ id, status }) => status !== 'retired' && !gone.has(id))
  return sizeOf(retiredIn(files, registry, left, now)) + datesOfOne * left.length
}

/**
 * The next registry, with agents retired and all that they held ended. Their names stay taken, their identities for a
 * year. An agent in the folder counts as the folder's, even if the registry has it too.
 *
 * @param files the agents of the folder alone
 */
export function retiredIn(
  files: Pick<Bundle, 'agents'>,
  registry: GovernedRegistry,
  agents: readonly Agent[],
  now: NumericDate,
): GovernedRegistry {
  const ids = new Set<string>(agents.map(({ id }) => id))
  const inFiles = files.agents.filter(({ id }) => ids.has(id))
  return {
    version: registry.version + 1,
    agents: registry.agents.map((each) => (ids.has(each.id) ? { ...each, status: 'retired' } : each)),
    retired: [...registry.retired, ...inFiles.map(({ id }) => ({ id, at: now }))],
    changed: { ...registry.changed, ...Object.fromEntries(agents.map(({ id }) => [id, now])) },
    former: [
      ...registry.former.filter(({ until }) => until > now),
      ...agents.flatMap(({ id, identities }) =>
        identities.map((identity) => ({ agent: id, identity, until: now + oneYear })),
      ),
    ],
  }
}

/** The time of the last change that ended the agent's grants. */
export const changedAt = ({ registry }: Pick<Bundle, 'registry'>, agent: string): NumericDate | undefined =>
  registry?.changed[agent as AgentId]

/**
 * Whether the agent's last change ended a request or grant of this time. Readers may use the old registry for some
 * seconds after a change, so requests of these seconds end too.
 */
export function isFromBefore(bundle: Pick<Bundle, 'registry'>, agent: string, at: NumericDate): boolean {
  const changed = changedAt(bundle, agent)
  return changed !== undefined && at <= changed + registryAge
}
