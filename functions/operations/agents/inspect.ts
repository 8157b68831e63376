// Rules: test/http/agents-map.test.ts
import { mayInspect } from '../../domain/deciding/questions.ts'
import { hostOf } from '../../domain/people/host-kinds.ts'
import type { Agent } from '../../domain/people/organisation.ts'
import { type AgentId, ok, type PersonId, type Result, refuse } from '../../domain/values.ts'
import type { AskingPorts } from '../record/ports.ts'
import { type AgentSeen, describeAgents, type ReadAgentsPorts } from './read-agents.ts'
import { type UnknownCallerStore, type UnknownOfIssuer, unknownCallersNow } from './unknown-callers.ts'
import { type PlatformRoleStore, type RolesOfAccount, unknownRolesNow } from './unknown-roles.ts'

export type InspectPorts = ReadAgentsPorts & { unknown: UnknownCallerStore; platformRoles: PlatformRoleStore }

const maySeeAll = ({ policy, clock }: AskingPorts, person: PersonId) =>
  mayInspect(policy, person, undefined, clock.now())

export type Unknown = { issuers: readonly UnknownOfIssuer[]; accounts: readonly RolesOfAccount[] }

/** The callers and roles that belong to no agent. */
export async function readUnknown(person: PersonId, ports: InspectPorts): Promise<Result<Unknown, 'not_permitted'>> {
  if (!maySeeAll(ports, person)) return refuse('not_permitted')
  const [issuers, accounts] = await Promise.all([unknownCallersNow(ports), unknownRolesNow(ports)])
  return ok({ issuers, accounts })
}

export type MapFilter = { owner?: PersonId | undefined; host?: string | undefined; agent?: AgentId | undefined }

/** The agents of the map that a person may inspect: all, or those that they answer for. */
export async function readMap(
  { person, filter }: { person: PersonId; filter: MapFilter },
  ports: ReadAgentsPorts,
): Promise<Result<readonly AgentSeen[], 'not_permitted'>> {
  const { policy, clock } = ports
  const { agents } = policy.bundle
  const visible = maySeeAll(ports, person)
    ? agents
    : agents.filter(({ id }) => mayInspect(policy, person, id, clock.now()))
  if (visible.length === 0) return refuse('not_permitted')
  const wanted = visible.filter((agent) => passes(agent, filter))
  const [only] = wanted
  // For one agent it reads only that agent's grants.
  const of = wanted.length === 1 && only ? { agent: only.id } : {}
  return ok(
    await describeAgents(
      wanted.map(({ id }) => id),
      { ...of, status: 'approved' },
      ports,
    ),
  )
}

export const passes = ({ id, owner, backupOwner, runsOn }: Agent, filter: MapFilter): boolean =>
  (filter.agent === undefined || id === filter.agent) &&
  (filter.owner === undefined || [owner, backupOwner].includes(filter.owner)) &&
  (filter.host === undefined || hostOf(runsOn)[1] === filter.host)
