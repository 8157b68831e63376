import { type Answered, agentActor } from './answering.ts'
import { deniedNow } from './claiming.ts'
import type { Delegate } from './commands.ts'
import { type ApprovalRequest, usesLeft } from './request.ts'
import type { NumericDate } from './values.ts'

/** How many agents may stand between the first delegator and the last. */
export const deepestDelegation = 3

/**
 * A narrower right for another agent, taken out of this grant: its uses are spent here, so that parent and children
 * together never have more than was approved. That action, resource and arguments lie within the parent's is the
 * operation's to find (`within`), as it needs the catalogue.
 */
export function delegate(state: ApprovalRequest, command: Delegate, at: NumericDate): Answered {
  if (state.status !== 'approved') return { code: state.status }
  const { child, to, uses, notAfter, answer, bundle } = command
  const same = state.grant.delegations.find((each) => each.child === child)
  if (same) return []
  const line = [state.ask.agent.id, ...state.ask.chain.map(({ id }) => id)]
  if (line.includes(to)) return { code: 'delegation_cycle' }
  if (line.length > deepestDelegation) return { code: 'delegation_too_deep' }
  if (!command.within || uses > usesLeft(state) || notAfter > state.grant.notAfter) return { code: 'wider_than_parent' }
  const denied = deniedNow(state, command, at)
  if (denied) return denied
  const common = { at, actor: agentActor(state.ask), policies: [...answer.policies], bundle }
  return [{ ...common, type: 'Delegated', child, to, uses, notAfter }]
}
