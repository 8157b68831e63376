import type { Answer, Question } from '../../../functions/domain/policy/question.ts'
import { loggingErrors } from '../../../functions/handlers/wiring/policy.ts'
import type { Policy } from '../../../functions/operations/policy/ports.ts'
import { MemoryLog } from '../../support/memory-log.ts'
import { sampleBundle } from '../../support/world.ts'

/** A refusal caused by a policy's error looks like any other to the caller: the log tells the people who can fix it. */

const bundle = sampleBundle()
const question = {
  kind: 'person',
  action: 'read',
  person: { id: 'person:ana', groups: [] },
  now: 1,
} as unknown as Question
const answering = (answer: Answer): Policy => ({ bundle, ask: () => answer })

test('an answer with an error is logged by action and policies, and never in the words of Cedar', () => {
  const log = new MemoryLog()
  const answer: Answer = {
    permit: false,
    policies: ['one', 'two'],
    error: true,
    detail: 'argument `hunter2` overflows',
  }
  expect(loggingErrors(answering(answer), log).ask(question)).toEqual(answer)
  expect(log.lines).toEqual([
    { level: 'error', message: 'policy_error', fields: { action: 'read', policies: 'one two' } },
  ])
})

test.each([
  ['a permit', { permit: true, policies: ['one'] }],
  ['a plain no', { permit: false, policies: ['one'] }],
])('%s is passed on and not logged', (_what, answer) => {
  const log = new MemoryLog()
  const policy = loggingErrors(answering(answer), log)
  expect([policy.ask(question), policy.bundle, log.lines]).toEqual([answer, bundle, []])
})
