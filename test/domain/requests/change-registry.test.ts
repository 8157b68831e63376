import { evolve } from '../../../functions/domain/record/evolve.ts'
import type { ApprovalRequest } from '../../../functions/domain/record/request.ts'
import { acceptsFirst, agentEndedBy, isToApply } from '../../../functions/domain/requests/change-registry.ts'
import { decide } from '../../../functions/domain/requests/decide.ts'
import * as sample from '../../support/ask.ts'

const ask = sample.registryAsk()
const begun = decide(undefined, sample.submit(ask, 0), sample.submittedAt).events.reduce<ApprovalRequest | undefined>(
  evolve,
  undefined,
) as ApprovalRequest
const authority = { answer: { permit: true, policies: [] }, eligible: {}, bundle: sample.bundle }

test('an approved change is to be made, and ended with what came of it', () => {
  expect(isToApply(begun)).toBe(true)
  const { events } = decide(begun, { type: 'apply_change', ...authority }, sample.submittedAt + 1)
  expect(events).toMatchObject([{ type: 'Completed', outcome: 'succeeded', actor: { type: 'system' } }])
  const after = events.reduce<ApprovalRequest>(evolve, begun)
  expect([isToApply(after), agentEndedBy(after)]).toEqual([false, sample.remediator])
})

test('a change that cannot be made ends as failed, with the code', () => {
  const failed = { code: 'registry_moved' } as const
  const { events } = decide(begun, { type: 'apply_change', ...authority, failed }, sample.submittedAt + 1)
  expect(events).toMatchObject([{ type: 'Completed', outcome: 'failed', code: 'registry_moved' }])
  expect(agentEndedBy(events.reduce<ApprovalRequest>(evolve, begun))).toBeUndefined()
})

test('policy that no longer permits comes before a fault of the registry', () => {
  const answer = { permit: false, policies: ['no'] }
  const failed = { code: 'registry_moved' } as const
  const { events } = decide(begun, { type: 'apply_change', ...authority, answer, failed }, sample.submittedAt + 1)
  expect(events).toMatchObject([{ outcome: 'failed', code: 'policy_denied', policies: ['no'] }])
})

test('only a transfer waits for its new owner', () => {
  expect(acceptsFirst(begun)).toBeUndefined()
  const accepts = sample.person('pia')
  const waiting = { ask: { ...ask, change: { ...ask.change, accepts } } }
  expect([acceptsFirst(waiting), acceptsFirst({ ...waiting, accepted: { at: 1 } })]).toEqual([accepts, undefined])
})
