// Rules: test/client/mcp/listen/listen.test.ts, test/handlers/agents/list-actions.test.ts
import { refusalProblem } from '../../adapters/http/problem.ts'
import { agentStatus } from '../../domain/people/organisation.ts'
import type { AgentId } from '../../domain/values.ts'
import { findHaltOfCaller, toldOf } from '../../operations/halts/find-halt.ts'
import type { AskingPorts } from '../../operations/record/ports.ts'

/**
 * Checks for halts, for calls that do not ask policy.
 * @throws BadRequest
 */
export async function mustBeActive(id: AgentId, ports: AskingPorts): Promise<void> {
  await ports.policy.look?.([id])
  const { agents, directory } = ports.policy.bundle
  const agent = agents.find((each) => each.id === id)
  const status = agent ? agentStatus(agent, directory, ports.clock.now()) : 'agent_retired'
  if (status !== 'active') throw refusalProblem(status)
  const halt = await findHaltOfCaller(id, ports)
  if (halt) throw refusalProblem('halted', toldOf(halt).detail)
}
