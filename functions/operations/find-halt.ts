import { type Halt, type HaltTarget, isSilenced, liftedBefore } from '../domain/halts/halt.ts'
import { agentOf } from '../domain/policy/bundle.ts'
import type { AgentId, HaltId, NumericDate, PersonId } from '../domain/values.ts'
import type { DecidingPorts } from './ports.ts'

/** The halt in force that stops the asker, if there is one; and those that were lifted before they ask, for the ask to keep. */
export type FoundHalts = { halt?: Halt | undefined; afterHalts?: HaltId[] }
type Ports = Pick<DecidingPorts, 'requests' | 'policy' | 'clock'>

/**
 * The halt in force that stops an agent from asking for anything: its own, its owner's, or that of everything. Read
 * strongly. One that was lifted stops what was asked before, and no agent from asking anew.
 *
 * @param role the target role of what is asked for, whose halt in force stops no asking
 */
export async function findHaltOfAgent(agent: AgentId, ports: Ports, role?: string): Promise<FoundHalts> {
  const owner = agentOf(ports.policy.bundle, agent)?.owner
  return find(
    [
      { kind: 'agent', value: agent },
      ...(owner === undefined ? [] : [ownerOf(owner)]),
      ...(role === undefined ? [] : [{ kind: 'role', value: role } as const]),
    ],
    ports,
  )
}

/** The same for a person who breaks the glass: their own, that of all they own, or that of everything. */
export const findHaltOfPerson = (person: PersonId, ports: Ports): Promise<FoundHalts> =>
  find([{ kind: 'person', value: person }, ownerOf(person)], ports)

/**
 * Whether a person's word counts for nothing: given at `at`, or to be given now, and a kill switch of theirs is in force or
 * was until after that. Read strongly.
 */
export async function isStopped(
  person: PersonId,
  { requests }: { requests: Pick<DecidingPorts['requests'], 'standing'> },
  at?: NumericDate,
): Promise<boolean> {
  const { halts } = await requests.standing([], [{ kind: 'person', value: person }])
  return isSilenced(person, halts, at === undefined ? undefined : { at })
}

const ownerOf = (value: PersonId): HaltTarget => ({ kind: 'owner', value })

async function find(targets: readonly HaltTarget[], { requests, clock }: Ports): Promise<FoundHalts> {
  const { halts } = await requests.standing([], [{ kind: 'all', value: 'all' }, ...targets])
  const halt = halts.find(({ target, lifted }) => target.kind !== 'role' && lifted === undefined)
  return { halt, ...liftedBefore(halts, clock.now()) }
}
