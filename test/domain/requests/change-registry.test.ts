import type { Command } from '../../../functions/domain/record/commands.ts'
import { evolve } from '../../../functions/domain/record/evolve.ts'
import type { ApprovalRequest } from '../../../functions/domain/record/request.ts'
import { acceptsFirst, agentEndedBy, isToApply } from '../../../functions/domain/requests/change-registry.ts'
import { decide } from '../../../functions/domain/requests/decide.ts'
import * as sample from '../../support/ask.ts'

const ask = sample.registryAsk()
const submitted = (tier: number) =>
  decide(undefined, sample.submit(ask, tier), sample.submittedAt).events.reduce<ApprovalRequest | undefined>(
    evolve,
    undefined,
  ) as ApprovalRequest
const begun = submitted(0)
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

const toAgent = 'ask for less'
const narrowed = { ok: false, code: 'unknown_action' } as const

test.each<[act: string, command: Command]>([
  ['sent back', sample.decision(ask, 'ana', 'revise', { toAgent })],
  ['sent back without words', sample.decision(ask, 'ana', 'revise')],
  ['narrowed', sample.decision(ask, 'ana', 'approve', { narrowed })],
  ['approved with words to an agent', sample.decision(ask, 'ana', 'approve', { toAgent })],
  ['denied with words to an agent', sample.decision(ask, 'ana', 'deny', { toAgent })],
  ['asked about', sample.question('ana', 1)],
])('a change of the registry is not %s', (_, command) => {
  const waiting = submitted(1)
  expect(decide(waiting, command, sample.submittedAt + 1)).toMatchObject({
    events: [{ type: 'Refused', code: 'as_it_is' }],
    refusal: { code: 'as_it_is' },
  })
})

test('a change of the registry is approved and denied with a comment, and a colleague is asked to decide it', () => {
  const obeyed = [
    sample.decision(ask, 'ana', 'approve', { comment: 'it is needed' }),
    sample.decision(ask, 'ana', 'deny', { comment: 'it is not' }),
    sample.colleagueCall('ana', 'ben'),
  ].map((command) => decide(submitted(1), command, sample.submittedAt + 1).refusal)
  expect(obeyed).toEqual([undefined, undefined, undefined])
})
