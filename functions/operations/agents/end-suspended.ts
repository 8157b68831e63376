// Rules: test/operations/agents/look-after-agents.test.ts
import { suspendedBecause } from '../../domain/agents/registry.ts'
import { agentOf } from '../../domain/policy/bundle.ts'
import { type AgentId, defined } from '../../domain/values.ts'
import { carryOut } from '../record/carry-out.ts'
import type { DecidingPorts } from '../record/ports.ts'

const page = 100

/**
 * Ends every live grant of an agent that is suspended, retired, orphaned or gone, so that its AWS sessions are
 * denied. An agent that was recertified meanwhile keeps its grants.
 * @throws StoreUnavailable, StaleRequest
 */
export async function endSuspended(id: AgentId, ports: DecidingPorts): Promise<void> {
  const { policy, requests, clock } = ports
  await policy.look?.([id])
  const agent = agentOf(policy.bundle, id)
  const why = agent && suspendedBecause(id, agent.recertifyBy, policy.bundle, clock.now())
  if (agent && why === undefined) return
  for (let after: string | undefined; ; ) {
    const { items, next } = await requests.list(
      { agent: id, status: 'approved' },
      { limit: page, ...defined({ after }) },
    )
    for (const { state } of items)
      await carryOut(state.ask.id, ports, () => ({ type: 'wake', ending: { by: 'agent', id, why: why ?? 'retired' } }))
    if (next === undefined) return
    after = next
  }
}
