// Rules: test/domain/requests/change-registry.test.ts
import { afterAgent, endsWhatItHeld } from '../agents/agent-change.ts'
import { hasLostApprover } from '../credentials/issue.ts'
import { system } from '../event.ts'
import { type AcceptTransfer, type Answered, type ApplyChange, type EndingCode, endedBy } from '../record/commands.ts'
import { originOf } from '../record/origin.ts'
import type { ApprovalRequest } from '../record/request.ts'
import type { Refusal } from '../refusals.ts'
import { type AgentId, defined, type NumericDate, type PersonId } from '../values.ts'

/** The person who must accept the agent before its transfer is decided. */
export function acceptsFirst(state: Pick<ApprovalRequest, 'ask' | 'accepted'>): PersonId | undefined {
  const origin = originOf(state.ask)
  return origin.kind === 'registry' && !state.accepted ? origin.change.accepts : undefined
}

/** The receiving owner accepts an agent. A repeat changes nothing. */
export function acceptTransfer(
  state: ApprovalRequest,
  { person, login, ending, bundle }: AcceptTransfer,
  at: NumericDate,
): Answered<EndingCode | 'not_permitted' | 'already_settled'> {
  const ended = endedBy(state, ending, { bundle }, at)
  if (ended) return ended
  const origin = originOf(state.ask)
  if (origin.kind !== 'registry' || origin.change.accepts !== person) return { code: 'not_permitted' }
  if (state.accepted) return []
  if (state.status !== 'pending') return { code: 'already_settled', detail: state.status }
  const actor = { type: 'person', id: person } as const
  const own = Object.keys(login).length === 0 ? {} : { login }
  return [{ type: 'TransferAccepted', at, actor, policies: [], bundle, ...own }]
}

/** Whether the change is approved and still to be made. */
export const isToApply = (state: Pick<ApprovalRequest, 'ask' | 'status'>): boolean =>
  state.status === 'approved' && originOf(state.ask).kind === 'registry'

/** The agent whose requests and permits the change has ended. */
export function agentEndedBy(state: ApprovalRequest): AgentId | undefined {
  const origin = originOf(state.ask)
  if (origin.kind !== 'registry' || state.status !== 'completed' || state.outcome !== 'succeeded') return undefined
  const { before } = origin.change
  const after = afterAgent(state.ask, before)
  return before && after.ok && endsWhatItHeld(before, after.value) ? before.id : undefined
}

/**
 * Ends an approved change of the registry: `succeeded` in the transaction that writes the registry, or `failed` with
 * the reason.
 */
export function applyChange(
  state: ApprovalRequest,
  { answer, eligible, ending, failed, bundle }: ApplyChange,
  at: NumericDate,
): Answered<EndingCode | 'invalid_task_state'> {
  if (!isToApply(state)) return { code: 'invalid_task_state', detail: state.status }
  const ended = endedBy(state, ending, { bundle }, at)
  if (ended) return ended
  const code = whyNotApplied(state, { answer, eligible }) ?? failed?.code
  const common = { type: 'Completed' as const, at, actor: system, policies: [...answer.policies], bundle }
  return code === undefined
    ? [{ ...common, outcome: 'succeeded' }]
    : [{ ...common, outcome: 'failed', code, ...defined({ note: failed?.code === code ? failed.detail : undefined }) }]
}

/** The lost authority for an approved change, if any. */
export function whyNotApplied(
  state: ApprovalRequest,
  { answer, eligible }: Pick<ApplyChange, 'answer' | 'eligible'>,
): Extract<Refusal, 'approver_not_eligible' | 'policy_error' | 'policy_denied'> | undefined {
  if (hasLostApprover(state, eligible)) return 'approver_not_eligible'
  if (answer.permit) return undefined
  return answer.error ? 'policy_error' : 'policy_denied'
}
