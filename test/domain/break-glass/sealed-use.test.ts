import type { Command } from '../../../functions/domain/record/commands.ts'
import { replay } from '../../../functions/domain/record/evolve.ts'
import type { ApprovalRequest } from '../../../functions/domain/record/request.ts'
import { decide } from '../../../functions/domain/requests/decide.ts'
import {
  agentKey,
  bundle,
  callBegin,
  closed,
  completion,
  credentialId,
  credentialRevocation,
  decision,
  delegation,
  halted,
  intent,
  issuance,
  jade,
  minutes,
  opening,
  openingAsk,
  orphaned,
  reviewing,
  revocation,
  submittedAt,
  useBegin,
  wake,
  withdrawal,
} from '../../support/ask.ts'

/** A use of the sealed role: Hotwork gave nothing for it, so it can neither give nor take back. It is looked at. */

const until = submittedAt + minutes(60)
const { breakGlass, jkt: _, ...plain } = openingAsk()
if (!breakGlass) throw new Error('no opening')
const ask = { ...plain, breakGlass: { ...breakGlass, sealed: true as const } }
const report = (changes: Partial<{ until: number; ask: typeof ask }> = {}): Command => ({
  ...{ type: 'report_sealed_use', ask, until, bundle },
  ...changes,
})
const reported = (at = submittedAt): ApprovalRequest =>
  replay(decide(undefined, report(), at).events) as ApprovalRequest

test('is open until the end of its session, and reviewed within a day of when Hotwork heard', () => {
  const { events, refusal } = decide(undefined, report(), submittedAt)
  expect([refusal, events.map(({ type }) => type)]).toEqual([undefined, ['BreakGlassOpened', 'ReviewDue']])
  expect(reported()).toMatchObject({ status: 'approved', grant: { notAfter: until } })
  expect(reported().review).toEqual({ dueAt: submittedAt + minutes(24 * 60) })
})

test('has ended where Hotwork hears of it too late, at once', () => {
  expect(reported(until)).toMatchObject({ status: 'expired', review: { dueAt: until + minutes(24 * 60) } })
})

test('is never made of an ask that does not say so, and never twice', () => {
  const other = decide(undefined, report({ ask: openingAsk() as typeof ask }), submittedAt)
  expect(other).toEqual({ events: [], refusal: { code: 'unknown_profile' } })
  expect(decide(reported(), report(), submittedAt + 1).refusal?.code).toBe('not_permitted')
})

const [crd, asJade] = [credentialId(1), { agent: jade }]
test.each<[what: string, command: Command]>([
  ['an access token', intent('access_token', crd, { ...asJade, jkt: agentKey })],
  ['AWS credentials', intent('aws', crd, { ...asJade, presented: crd })],
  ['what was never intended', issuance('aws', crd, asJade)],
  ['a use', useBegin(crd, 1)],
  ['a call', callBegin(crd, 1, asJade)],
  ['a narrower right', delegation(1, asJade)],
  ['a decision', decision(ask, 'ana', 'deny')],
  ['an end that its person says', completion(asJade)],
  ['a withdrawal', withdrawal(asJade)],
  ['a credential taken back', credentialRevocation(crd, asJade)],
  ['a revocation', revocation('gus')],
  ['another opening', opening(ask)],
])('is never %s, whatever policy says', (_what, command) => {
  const state = reported()
  const { events, refusal } = decide(state, command, submittedAt + 1)
  expect([refusal?.code, events.map(({ type }) => type)]).toEqual(['not_permitted', ['Refused']])
})

test.each([
  ['a halt', halted],
  ['the end of what it came from', orphaned],
  ['a closed incident', closed],
])('is not ended by %s, since its session is not', (_what, ending) =>
  expect(decide(reported(), { ...wake, ending }, submittedAt + 1)).toEqual({ events: [] }),
)

test('is ended by time, and reviewed by somebody else after that', () => {
  expect(decide(reported(), reviewing('gus'), until - 1).refusal?.code).toBe('no_review_due')
  const { events } = decide(reported(), reviewing('gus'), until)
  expect(events.map(({ type }) => type)).toEqual(['Expired', 'Reviewed'])
  expect(decide(reported(), reviewing('jade'), until).refusal?.code).toBe('self_review')
})
