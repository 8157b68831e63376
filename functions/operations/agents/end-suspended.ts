// Rules: test/operations/agents/look-after-agents.test.ts, test/operations/agents/changed-agent.test.ts
import { changedAt } from '../../domain/agents/governed-registry.ts'
import { suspendedBecause } from '../../domain/agents/registry.ts'
import { changedAgent } from '../../domain/deciding/endings.ts'
import { agentOf } from '../../domain/policy/bundle.ts'
import type { Ending } from '../../domain/record/commands.ts'
import type { ApprovalRequest } from '../../domain/record/request.ts'
import { type AgentId, defined } from '../../domain/values.ts'
import { carryOut } from '../record/carry-out.ts'
import type { DecidingPorts } from '../record/ports.ts'

const page = 100

/**
 * Ends every live grant of an agent that is suspended, retired, orphaned or gone, so that its AWS sessions are denied.
 * An agent that was recertified meanwhile keeps its grants. If it was retired or changed at run time, its open asks end
 * too: for a change, those from before it.
 * @throws StoreUnavailable, StaleRequest
 */
export async function endSuspended(id: AgentId, ports: DecidingPorts): Promise<void> {
  const { policy, clock } = ports
  await policy.look?.([id], 'fresh')
  const { bundle } = policy
  const agent = agentOf(bundle, id)
  const why = agent ? suspendedBecause(id, agent.recertifyBy, bundle, clock.now()) : 'retired'
  const isChanged = changedAt(bundle, id) !== undefined
  const endingOf = (state: ApprovalRequest): Ending | undefined => {
    if (why !== undefined) return { by: 'agent', id, why }
    const changed = changedAgent(state, bundle)
    return changed && { by: 'agent', id: changed, why: 'changed' }
  }
  if (why !== undefined || isChanged) await endAll(id, 'approved', endingOf, ports)
  if (why === 'retired' || isChanged) await endAll(id, 'pending', endingOf, ports)
}

async function endAll(
  agent: AgentId,
  status: 'approved' | 'pending',
  endingOf: (state: ApprovalRequest) => Ending | undefined,
  ports: DecidingPorts,
): Promise<void> {
  for (let after: string | undefined; ; ) {
    const { items, next } = await ports.requests.list({ agent, status }, { limit: page, ...defined({ after }) })
    for (const { state } of items)
      if (endingOf(state))
        await carryOut(state.ask.id, ports, (each) => ({ type: 'wake', ...defined({ ending: endingOf(each) }) }))
    if (next === undefined) return
    after = next
  }
}
