// Rules: test/operations/agents/look-after-agents.test.ts, test/operations/agents/changed-agent.test.ts
import { changedAt } from '../../domain/agents/governed-registry.ts'
import { suspendedBecause } from '../../domain/agents/registry.ts'
import { changedAgent } from '../../domain/deciding/endings.ts'
import { planAction } from '../../domain/policy/assess-plan.ts'
import { agentOf } from '../../domain/policy/bundle.ts'
import type { Ending } from '../../domain/record/commands.ts'
import type { ApprovalRequest } from '../../domain/record/request.ts'
import type { RequestFilter } from '../../domain/requests/request-facets.ts'
import { type AgentId, defined } from '../../domain/values.ts'
import { carryOut } from '../record/carry-out.ts'
import type { DecidingPorts } from '../record/ports.ts'

const page = 100

/**
 * Ends every live grant of an agent that is suspended, retired, orphaned or gone, so that its AWS sessions are denied.
 * An agent that was recertified meanwhile keeps its grants. If it was retired at run time, its open asks end too; after
 * a change, its asks from before, and other agents' pending plans with a step for it.
 * @throws StoreUnavailable, StaleRequest
 */
export async function endSuspended(id: AgentId, ports: DecidingPorts): Promise<void> {
  const { policy, clock } = ports
  await policy.look?.([id], 'fresh')
  const { bundle } = policy
  const agent = agentOf(bundle, id)
  const why = agent ? suspendedBecause(id, agent.recertifyBy, bundle, clock.now()) : 'retired'
  const isChanged = changedAt(bundle, id) !== undefined
  const changeOf = (state: ApprovalRequest): Ending | undefined => {
    const changed = changedAgent(state, bundle)
    return changed && { by: 'agent', id: changed, why: 'changed' }
  }
  const endingOf = why === undefined ? changeOf : (): Ending => ({ by: 'agent', id, why })
  if (why !== undefined || isChanged) await endAll({ agent: id, status: 'approved' }, endingOf, ports)
  if (why === 'retired' || isChanged) await endAll({ agent: id, status: 'pending' }, endingOf, ports)
  if (isChanged) await endAll({ action: planAction, status: 'pending' }, changeOf, ports)
}

async function endAll(
  filter: RequestFilter,
  endingOf: (state: ApprovalRequest) => Ending | undefined,
  ports: DecidingPorts,
): Promise<void> {
  for (let after: string | undefined; ; ) {
    const { items, next } = await ports.requests.list(filter, { limit: page, ...defined({ after }) })
    for (const { state } of items)
      if (endingOf(state))
        await carryOut(state.ask.id, ports, (each) => ({ type: 'wake', ...defined({ ending: endingOf(each) }) }))
    if (next === undefined) return
    after = next
  }
}
