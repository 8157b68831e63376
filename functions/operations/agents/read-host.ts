// Rules: test/operations/agents/look-at-hosts.test.ts
import { hostFacts } from '../../domain/agents/ambient.ts'
import type { HostFacts } from '../../domain/people/host.ts'
import { agentOf } from '../../domain/policy/bundle.ts'
import type { AgentId, NumericDate, Resource } from '../../domain/values.ts'
import type { Policy } from '../policy/ports.ts'
import type { AgentReader } from './ports.ts'

/** An agent's host and record for one ask, in one read. @throws StoreUnavailable: then nothing is permitted */
export async function readHost(
  { action, resource }: { action: { name: string }; resource: Resource },
  agent: AgentId,
  now: NumericDate,
  { agents, policy: { bundle } }: { agents: Pick<AgentReader, 'host'>; policy: Pick<Policy, 'bundle'> },
): Promise<HostFacts> {
  const about = { action: action.name, resource, rules: bundle.resources }
  return hostFacts(await agents.host(agent), agentOf(bundle, agent), about, now)
}
