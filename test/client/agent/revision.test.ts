import type { Task } from '../../../client/agent/ask.ts'
import type { PlanCall } from '../../../client/agent/plan.ts'
import { revisionOf, suggestedSteps } from '../../../client/agent/revision.ts'

/** The call that asks again after an approver sent a request back. */

const task = (hotwork: object = {}) => ({ task: { id: 'req_1' }, hotwork }) as unknown as Task
const steps: PlanCall['steps'] = [
  { agent: 'agent:builder', action: 'a', arguments: { n: 1 } },
  { agent: 'agent:remediator', action: 'b', arguments: { n: 2 } },
]

test('the suggested plan has all steps, with the arguments of those that the approver changed', () => {
  const suggest = { arguments: { steps: [{ step: 2, arguments: { n: 1 } }] } }
  expect(suggestedSteps(steps, task({ suggest }))).toEqual([steps[0], { ...steps[1], arguments: { n: 1 } }])
  expect(suggestedSteps(steps, task())).toBeUndefined()
})

test('a revision has an id of its own, names what it revises, and leaves out the signal and a start that is over', () => {
  const call = {
    ...{ action: 'a', arguments: { n: 1 }, purpose: 'remediation', parentTask: { id: 'INC-1' }, callId: 'one' },
    ...{ signal: new AbortController().signal, notBefore: new Date(0), justification: 'first' },
  }
  expect(revisionOf(task(), call, { justification: 'second', wait: 0 })).toEqual({
    ...{ action: 'a', arguments: { n: 1 }, purpose: 'remediation', parentTask: { id: 'INC-1' } },
    ...{ callId: 'one revises req_1', revises: 'req_1', justification: 'second', wait: 0 },
  })
  const ahead = new Date(Date.now() + 60_000)
  expect(revisionOf(task(), { ...call, notBefore: ahead })).toMatchObject({ notBefore: ahead, justification: 'first' })
})
