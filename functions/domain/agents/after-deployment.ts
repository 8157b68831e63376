import * as z from 'zod'
import { Identity, oneYear } from '../people/organisation.ts'
import { AgentId, type NumericDate, PersonId, ToolId } from '../values.ts'
import { whoIs } from './agent-change.ts'
import type { GovernedRegistry } from './governed-registry.ts'

const party = <T extends z.ZodType>(id: T) => z.array(z.object({ id, identities: z.array(Identity) }))

/** The parties of a deployment with their identities, also of an earlier version of Hotwork. */
export const Parties = z.object({
  agents: party(AgentId),
  tools: party(ToolId),
  directory: z.object({ people: party(PersonId) }),
})
export type Parties = z.infer<typeof Parties>

/**
 * The registry after the deployment of another folder: identities that a party lost with it are reserved for a year,
 * and agents named in the folder leave the registry, unless retired. Undefined if nothing changes.
 */
export function afterDeployment(
  before: Parties,
  files: Parties,
  registry: GovernedRegistry,
  now: NumericDate,
): GovernedRegistry | undefined {
  const named = new Set<string>(files.agents.map(({ id }) => id))
  const taken = registry.agents.filter(({ id, status }) => status !== 'retired' && named.has(id))
  const retiredAt = new Map<string, NumericDate>(registry.retired.map(({ id, at }) => [id, at]))
  const untilOf = ({ agent, identity }: Held): NumericDate =>
    Math.min(now, identity.validUntil ?? now, retiredAt.get(agent) ?? now) + oneYear
  const known = [...heldIn(files).map((each) => ({ ...each, until: untilOf(each) })), ...registry.former]
  const keptUntil = new Map(
    known.toSorted((one, other) => one.until - other.until).map((each) => [keyOf(each), each.until]),
  )
  const lost = [...heldIn(before), ...heldBy(taken)].filter(
    (each) => untilOf(each) - repeatedIn > (keptUntil.get(keyOf(each)) ?? 0),
  )
  const former = [...new Map(lost.map((each) => [keyOf(each), each])).values()].map((each) => ({
    ...each,
    until: untilOf(each),
  }))
  const kept = [...registry.former, ...former].filter(({ until }) => until > now)
  if (taken.length === 0 && kept.length === registry.former.length) return undefined
  const agents = registry.agents.filter((each) => !taken.includes(each))
  return { ...registry, version: registry.version + 1, agents, former: kept }
}

/** The time in which a failed run is retried: it keeps the same identities. Seconds. */
const repeatedIn = 7 * 86_400

type Held = { agent: GovernedRegistry['former'][number]['agent']; identity: Identity }

const heldBy = (parties: readonly { id: Held['agent']; identities: readonly Identity[] }[]): Held[] =>
  parties.flatMap(({ id, identities }) => identities.map((identity) => ({ agent: id, identity })))

const heldIn = ({ agents, tools, directory }: Parties): Held[] => heldBy([...directory.people, ...agents, ...tools])

const keyOf = ({ agent, identity }: Held): string => `${agent} ${whoIs(identity)}`
