import { asApproved, type Task } from '../../../client/agent/ask.ts'
import type { Ask } from '../../../functions/domain/cards/wire/task.ts'

const ask: Ask = {
  subject: { type: 'agent', id: 'agent:remediator' },
  action: {
    name: 'lambda:PutFunctionConcurrency',
    properties: { FunctionName: 'worker', ReservedConcurrentExecutions: 10 },
  },
  resource: { type: 'lambda:function', id: 'arn:aws:lambda:us-east-1:000000000000:function:worker' },
  context: { purpose: 'remediation', parent_task: { id: 'INC-1042' } },
}
const task = (hotwork: Partial<Task['hotwork']>) => ({ hotwork }) as Task

test('an approved ask is the ask itself, with the arguments that an approver left', () => {
  expect(asApproved(ask, task({ round: 1 }))).toEqual(ask)
  const left = { FunctionName: 'worker', ReservedConcurrentExecutions: 5 }
  const narrowed = { arguments: left, uses: 1, lifetime: 300 }
  expect(asApproved(ask, task({ round: 2, narrowed }))).toEqual({ ...ask, action: { ...ask.action, properties: left } })
})
