import { agentOf } from '../domain/bundle.ts'
import { type Halt, type HaltTarget, isSilenced } from '../domain/halt.ts'
import type { AgentId, NumericDate, PersonId } from '../domain/values.ts'
import type { DecidingPorts } from './ports.ts'

/**
 * The halt in force that stops an agent from asking for anything: its own, its owner's, or everybody's. Read strongly.
 * One that was lifted stops what was asked before, and nobody from asking anew.
 */
export async function findHaltOfAgent(
  agent: AgentId,
  { requests, policy }: Pick<DecidingPorts, 'requests' | 'policy'>,
): Promise<Halt | undefined> {
  const owner = agentOf(policy.bundle, agent)?.owner
  return inForce([{ kind: 'agent', value: agent }, ...(owner === undefined ? [] : [ownerOf(owner)])], requests)
}

/** The same for a person who breaks the glass: their own, that of all they own, or everybody's. */
export const findHaltOfPerson = (
  person: PersonId,
  { requests }: Pick<DecidingPorts, 'requests'>,
): Promise<Halt | undefined> => inForce([{ kind: 'person', value: person }, ownerOf(person)], requests)

/**
 * Whether a person's word counts for nothing: given at `at`, or to be given now, and a kill switch of theirs is in force or
 * was until after that. Read strongly.
 */
export async function isStopped(
  person: PersonId,
  at: NumericDate,
  { requests }: { requests: Pick<DecidingPorts['requests'], 'standing'> },
): Promise<boolean> {
  const { halts } = await requests.standing([], [{ kind: 'person', value: person }])
  return isSilenced(person, at, halts)
}

const ownerOf = (value: PersonId): HaltTarget => ({ kind: 'owner', value })

async function inForce(
  targets: readonly HaltTarget[],
  requests: Pick<DecidingPorts['requests'], 'standing'>,
): Promise<Halt | undefined> {
  const { halts } = await requests.standing([], [{ kind: 'all', value: 'all' }, ...targets])
  return halts.find(({ lifted }) => lifted === undefined)
}
