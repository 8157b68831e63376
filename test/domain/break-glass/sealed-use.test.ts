import type { Command } from '../../../functions/domain/record/commands.ts'
import { replay } from '../../../functions/domain/record/evolve.ts'
import type { ApprovalRequest } from '../../../functions/domain/record/request.ts'
import { decide } from '../../../functions/domain/requests/decide.ts'
import * as sample from '../../support/ask.ts'

/** A use of the sealed role: Hotwork issued nothing for it, so it cannot revoke; it has it reviewed. */

const until = sample.submittedAt + sample.minutes(60)
const { breakGlass, jkt: _, ...plain } = sample.openingAsk()
if (!breakGlass) throw new Error('no opening')
const ask = { ...plain, breakGlass: { ...breakGlass, sealed: true as const } }
const report = (changes: Partial<{ until: number; ask: typeof ask }> = {}): Command => ({
  ...{ type: 'report_sealed_use', ask, until, bundle: sample.bundle },
  ...changes,
})
const reported = (at = sample.submittedAt): ApprovalRequest =>
  replay(decide(undefined, report(), at).events) as ApprovalRequest

test('a sealed use is open until the end of its session, and reviewed within a day after Hotwork heard', () => {
  const { events, refusal } = decide(undefined, report(), sample.submittedAt)
  expect([refusal, events.map(({ type }) => type)]).toEqual([undefined, ['BreakGlassOpened', 'ReviewDue']])
  expect(reported()).toMatchObject({ status: 'approved', grant: { notAfter: until } })
  expect(reported().review).toEqual({ dueAt: sample.submittedAt + sample.minutes(24 * 60) })
})

test('a sealed use that Hotwork hears of after its end has ended', () => {
  expect(reported(until)).toMatchObject({ status: 'expired', review: { dueAt: until + sample.minutes(24 * 60) } })
})

test('a sealed use takes an ask that says so, once', () => {
  const other = decide(undefined, report({ ask: sample.openingAsk() as typeof ask }), sample.submittedAt)
  expect(other).toEqual({ events: [], refusal: { code: 'unknown_profile' } })
  expect(decide(reported(), report(), sample.submittedAt + 1).refusal?.code).toBe('not_permitted')
})

const [crd, asJade] = [sample.credentialId(1), { agent: sample.jade }]
test.each<[what: string, command: Command]>([
  ['an access token', sample.intent('access_token', crd, { ...asJade, jkt: sample.agentKey })],
  ['AWS credentials', sample.intent('aws', crd, { ...asJade, presented: crd })],
  ['an issue without an intent', sample.issuance('aws', crd, asJade)],
  ['a use', sample.useBegin(crd, 1)],
  ['a call', sample.callBegin(crd, 1, asJade)],
  ['a delegation', sample.delegation(1, asJade)],
  ['a decision', sample.decision(ask, 'ana', 'deny')],
  ['a completion by its person', sample.completion(asJade)],
  ['a withdrawal', sample.withdrawal(asJade)],
  ['a returned credential', sample.credentialRevocation(crd, asJade)],
  ['a revocation', sample.revocation('gus')],
  ['another opening', sample.opening(ask)],
])('a sealed use refuses %s, under any policy', (_what, command) => {
  const { events, refusal } = decide(reported(), command, sample.submittedAt + 1)
  expect([refusal?.code, events.map(({ type }) => type)]).toEqual(['not_permitted', ['Refused']])
})

test.each([
  ['a halt', sample.halted],
  ['the end of an ancestor', sample.orphaned],
  ['a closed incident', sample.closed],
])('a sealed use is not ended by %s, since its session goes on', (_what, ending) =>
  expect(decide(reported(), { ...sample.wake, ending }, sample.submittedAt + 1)).toEqual({ events: [] }),
)

test('a sealed use is ended by time, and reviewed by another person after that', () => {
  expect(decide(reported(), sample.reviewing('gus'), until - 1).refusal?.code).toBe('no_review_due')
  const { events } = decide(reported(), sample.reviewing('gus'), until)
  expect(events.map(({ type }) => type)).toEqual(['Expired', 'Reviewed'])
  expect(decide(reported(), sample.reviewing('jade'), until).refusal?.code).toBe('self_review')
})
