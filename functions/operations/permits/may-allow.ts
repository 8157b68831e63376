import { givePermit } from '../../domain/permits/permit.ts'
import { type ApprovalRequest, approvalsOf } from '../../domain/requests/request.ts'
import type { NumericDate } from '../../domain/values.ts'
import type { Policy } from '../policy/ports.ts'
import { askAboutPerson } from '../policy/questions.ts'

/**
 * Whether an approver of a request could allow its agent more of it now in Slack, for a button that is worth a press. Slack
 * is no strong login, so there is no button where the stage wants one.
 */
export function mayAllow(state: ApprovalRequest, policy: Policy, now: NumericDate): boolean {
  const at = Math.max(now, state.updatedAt)
  return approvalsOf(state).some(({ person }) => {
    const group = policy.bundle.actions[state.ask.action]?.group ?? 'destructive'
    const { ladder } = policy.bundle
    const terms = { group, ladder, login: {}, uses: 1, until: at + 60 }
    // Policy is asked last: the rules that it cannot lift say no to most.
    const rules = {
      ...terms,
      person,
      silenced: false,
      bundle: policy.bundle.hash,
      answer: { permit: true, policies: [] },
    }
    return (
      !('code' in givePermit(state, rules, at)) &&
      askAboutPerson(policy, 'allowStanding', person, now, { state }).permit
    )
  })
}
