import { type ApprovalRequest, callOf, usesLeft } from '../../../functions/domain/record/request.ts'
import { dueAt, lookUpAt, overdueAt } from '../../../functions/domain/requests/due.ts'
import { underWay } from '../../../functions/domain/uses/use.ts'
import * as sample from '../../support/ask.ts'
import { live, type Step, token } from '../story.ts'

/** The one call of a mediated action: it begins once, has one outcome, and is never open for ever. */

const first = sample.credentialId(1)
const ask = sample.sampleAsk({ credential: 'mediated' })
const begun: readonly Step[] = [...token(1), [2, sample.callBegin(first, 1), 'approved']]
const lived = (...steps: readonly Step[]) => live(0, ask, ...begun, ...steps)
const endOf = ({ state }: { state: ApprovalRequest }) => callOf(state)?.ended

test('a call that was not sent gives its use back, and begins again under the same grant, once', () => {
  const desk = lived(
    [3, sample.callReturn(1), 'approved'],
    [4, sample.callBegin(first, 2), 'approved'],
    [5, sample.callEnd(2), 'approved'],
    [6, sample.callBegin(first, 3), '!uses_exhausted'],
  )
  expect(desk.types.slice(-5, -1)).toEqual(['UseBegun', 'UseReturned', 'UseBegun', 'UseEnded'])
  expect(usesLeft(desk.state)).toBe(0)
})

test('a call that was not sent is reported by its own agent, with the reason, as an entry', () => {
  const desk = lived([3, sample.callReturn(1), 'approved'])
  expect(desk.last('UseReturned')).toMatchObject({ actor: { id: ask.agent.id }, reason: 'BrokerUnavailable' })
  expect(usesLeft(desk.state)).toBe(1)
})

test('a call is given back only by the attempt that began it, not by another agent or an earlier attempt', () => {
  lived(
    [3, sample.callReturn(1, { agent: sample.otherAgent }), '!unknown_request'],
    [3, sample.callReturn(1), 'approved'],
    [4, sample.callBegin(first, 2), 'approved'],
    [5, sample.callReturn(1), '!credential_unknown'],
    [6, sample.callBegin(first, 3), '!outcome_unknown'],
  )
})

test('a call is not given back once it has an outcome', () => {
  lived([3, sample.callEnd(1), 'approved'], [4, sample.callReturn(1), '!invalid_task_state'])
  lived([100, sample.callResolution(1), 'approved'], [101, sample.callReturn(1), '!invalid_task_state'])
})

test('a call that was not sent gives its use back also after the end of the grant, without another call', () => {
  const desk = lived([3, sample.revocation('rita'), 'revoked'], [4, sample.callReturn(1), 'revoked'])
  expect(callOf(desk.state)).toBeUndefined()
  expect(desk.tell(5, sample.callBegin(first, 2))).toBe('!revoked')
})

test('a use that was given back may be delegated or begun again, and not both', () => {
  lived(
    [3, sample.callReturn(1), 'approved'],
    [4, sample.delegation(51), 'approved'],
    [5, sample.callBegin(first, 2), '!uses_exhausted'],
  )
})

test('a use of a tool is not given back', () => {
  live(
    0,
    ask,
    ...token(1),
    [2, sample.useBegin(first, 1), 'approved'],
    [3, sample.callReturn(1), '!credential_unknown'],
    [4, sample.useBegin(first, 2), '!uses_exhausted'],
  )
})

test.each(['succeeded', 'failed', 'unknown'] as const)(
  'a call without an answer ends with the outcome that Hotwork found, for good: %s',
  (outcome) => {
    const desk = lived([100, sample.callResolution(1, { outcome }), 'approved'])
    expect(desk.last('UseEnded')).toMatchObject({ actor: { type: 'system' }, outcome })
    expect(desk.tell(101, sample.callResolution(1, { outcome: 'failed' }))).toBe('approved')
    expect(endOf(desk)).toMatchObject({ outcome, at: sample.submittedAt + 100 })
  },
)

test.each([
  ['the last second in which it may be under way', 2 + underWay, undefined],
  ['the second after', 2 + underWay + 1, 'failed'],
])('a call is resolved only after a minute: %s', (_when, after, outcome) => {
  expect(endOf(lived([after, sample.callResolution(1, { outcome: 'failed' }), 'approved']))?.outcome).toBe(outcome)
})

test('a call is resolved also after its grant has ended', () => {
  const desk = lived([3, sample.revocation('rita'), 'revoked'], [100, sample.callResolution(1), 'revoked'])
  expect(endOf(desk)).toMatchObject({ outcome: 'unknown', note: 'reading cannot tell' })
})

test('a call that cannot be resolved is spent, and the agent is told that its outcome is unknown', () => {
  const desk = lived([100, sample.callResolution(1), 'approved'], [101, sample.callBegin(first, 2), '!outcome_unknown'])
  expect(usesLeft(desk.state)).toBe(0)
})

test('a call is not resolved for a later one', () => {
  const desk = lived(
    [3, sample.callReturn(1), 'approved'],
    [4, sample.callBegin(first, 2), 'approved'],
    [100, sample.callResolution(1), 'approved'],
  )
  expect(endOf(desk)).toBeUndefined()
})

test('a call is overdue from when it may be resolved until it is, whether or not its grant lives', () => {
  const desk = lived()
  const at = sample.submittedAt + 2 + underWay + 1
  expect([lookUpAt(desk.state), overdueAt(desk.state)]).toEqual([at, at])
  desk.tell(3, sample.revocation('rita'))
  expect([dueAt(desk.state), overdueAt(desk.state)]).toEqual([undefined, at])
  desk.tell(100, sample.callResolution(1))
  expect([lookUpAt(desk.state), overdueAt(desk.state)]).toEqual([undefined, undefined])
})

test('a call is overdue no later than its grant is', () => {
  const desk = lived()
  const short = live(0, sample.sampleAsk({ credential: 'mediated', requestedUntil: sample.submittedAt + 30 }), ...begun)
  expect(overdueAt(short.state)).toBe(sample.submittedAt + 30)
  expect(dueAt(desk.state)).toBe(sample.submittedAt + 1 + sample.minutes(15))
})

test('a use of a tool is overdue with its grant alone', () => {
  const desk = live(0, ask, ...token(1), [2, sample.useBegin(first, 1), 'approved'])
  expect(lookUpAt(desk.state)).toBeUndefined()
  expect(overdueAt(desk.state)).toBe(dueAt(desk.state))
})
