import { bindKey, deniedNow, notYet } from '../credentials/issue.ts'
import type { Answered, Delegate, DeniedNow, NotLive } from '../record/commands.ts'
import { agentActor, endedBy } from '../record/commands.ts'
import { rulesOf } from '../record/origin.ts'
import { type ApprovalRequest, type ApprovedRequest, usesLeft } from '../record/request.ts'
import { type NumericDate, rfc3339 } from '../values.ts'

const deepestDelegation = 3

/**
 * A narrower right for another agent, whose uses are spent here: parent and children together never exceed the
 * approval. The operation checks that it lies within the parent's, which needs the catalogue.
 */
export function delegate(
  state: ApprovalRequest,
  command: Delegate,
  at: NumericDate,
): Answered<
  | NotLive
  | DeniedNow
  | 'not_permitted'
  | 'key_mismatch'
  | 'delegation_cycle'
  | 'delegation_too_deep'
  | 'wider_than_parent'
  | 'not_yet'
> {
  if (state.status !== 'approved') return { code: state.status }
  const { child, to, uses, notAfter, answer, bundle } = command
  if (!rulesOf(state.ask).mayDelegate || state.ask.runsAs !== undefined) return { code: 'not_permitted' }
  const bound = bindKey(state, { ...command, first: true, another: false }, at)
  if (!bound) return { code: 'key_mismatch' }
  // A repeat for the same child needs no new permit; an ending since then refuses it.
  if (state.grant.delegations.some((each) => each.child === child))
    return endedBy(state, command.ending, command, at) ?? []
  const line = [state.ask.agent.id, ...state.ask.chain.map(({ id }) => id)]
  if (line.includes(to)) return { code: 'delegation_cycle' }
  if (line.length > deepestDelegation) return { code: 'delegation_too_deep' }
  const wider = widerBy(state, command)
  if (wider) return { code: 'wider_than_parent', detail: wider }
  const denied = deniedNow(state, command, at)
  if (denied) return denied
  const early = notYet(state, at)
  if (early) return early
  const common = { at, actor: agentActor(state.ask), policies: [...answer.policies], bundle }
  return [...bound, { ...common, type: 'Delegated', child, to, uses, notAfter }]
}

function widerBy(state: ApprovedRequest, { uses, notAfter, within }: Delegate): string | undefined {
  if (uses > usesLeft(state)) return `\`uses\` should be at most ${usesLeft(state)}`
  if (notAfter > state.grant.notAfter) return `\`expires_at\` should be at most ${rfc3339(state.grant.notAfter)}`
  return within ? undefined : '`action` and `resource` should be those of your own grant, or narrower'
}
