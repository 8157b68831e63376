import type { ApprovalRequest, Ask } from '../../../functions/domain/record/request.ts'
import { whyNotExtended } from '../../../functions/domain/requests/extend.ts'

const approved = (ask: Partial<Ask>) =>
  ({ status: 'approved', ask: { ancestors: [], lifetime: 900, ...ask }, grant: { claimedAt: 1 } }) as ApprovalRequest

test.each<[what: string, ask: object, detail: string]>([
  ['an opening', { breakGlass: {} }, 'an opening ends with its window'],
  ['a plan', { steps: [{}] }, 'it is a plan: each step has its own time'],
  ['a step of a plan', { step: 1, ancestors: ['req_0'] }, 'it is a step of a plan'],
  ['a delegated request', { ancestors: ['req_0'] }, 'it was delegated by another agent'],
])('the extension of %s is refused in words of its own', (_what, ask, detail) => {
  expect(whyNotExtended(approved(ask), 60)).toEqual({ code: 'not_extendable', detail })
})
