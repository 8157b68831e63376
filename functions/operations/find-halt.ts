import { agentOf } from '../domain/bundle.ts'
import type { Halt, HaltTarget } from '../domain/halt.ts'
import type { AgentId } from '../domain/values.ts'
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
  const targets: HaltTarget[] = [
    { kind: 'all', value: 'all' },
    { kind: 'agent', value: agent },
    ...(owner === undefined ? [] : [{ kind: 'owner', value: owner } as const]),
  ]
  const { halts } = await requests.standing([], targets)
  return halts.find(({ lifted }) => lifted === undefined)
}
