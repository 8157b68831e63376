import { type ApprovalRequest, callOf, usesLeft } from '../../../functions/domain/record/request.ts'
import { dueAt, lookUpAt, overdueAt } from '../../../functions/domain/requests/due.ts'
import { underWay } from '../../../functions/domain/uses/use.ts'
import {
  callBegin,
  callEnd,
  callResolution,
  callReturn,
  credentialId,
  delegation,
  intent,
  issuance,
  minutes,
  otherAgent,
  revocation,
  sampleAsk,
  submittedAt,
  useBegin,
} from '../../support/ask.ts'
import { live, type Step } from '../story.ts'

/** The one call of a mediated action: begun once, told once, and never open for ever. */

const token = credentialId(1)
const ask = sampleAsk({ credential: 'mediated' })
const claimed: readonly Step[] = [
  [1, intent('access_token', token), 'approved'],
  [1, issuance('access_token', token), 'approved'],
]
const begun: readonly Step[] = [...claimed, [2, callBegin(token, 1), 'approved']]
const lived = (...steps: readonly Step[]) => live(0, [...begun, ...steps], ask)
const endOf = ({ state }: { state: ApprovalRequest }) => callOf(state)?.ended

describe('a call that was certainly not sent', () => {
  test('gives its use back, and is begun anew under the same grant, once', () => {
    const desk = lived(
      [3, callReturn(1), 'approved'],
      [4, callBegin(token, 2), 'approved'],
      [5, callEnd(2), 'approved'],
      [6, callBegin(token, 3), '!uses_exhausted'],
    )
    expect(desk.types.slice(-5, -1)).toEqual(['UseBegun', 'UseReturned', 'UseBegun', 'UseEnded'])
    expect(usesLeft(desk.state)).toBe(0)
  })

  test('is told by its own maker, with the reason, as an entry', () => {
    const desk = lived([3, callReturn(1), 'approved'])
    expect(desk.last('UseReturned')).toMatchObject({ actor: { id: ask.agent.id }, reason: 'BrokerUnavailable' })
    expect(usesLeft(desk.state)).toBe(1)
  })

  test("is given back by nobody but who began it: not by another agent, nor by an earlier attempt for a later one's", () => {
    lived(
      [3, callReturn(1, { agent: otherAgent }), '!unknown_request'],
      [3, callReturn(1), 'approved'],
      [4, callBegin(token, 2), 'approved'],
      [5, callReturn(1), '!credential_unknown'],
      [6, callBegin(token, 3), '!outcome_unknown'],
    )
  })

  test('is not given back once it is said how it went', () => {
    lived([3, callEnd(1), 'approved'], [4, callReturn(1), '!invalid_task_state'])
    lived([100, callResolution(1), 'approved'], [101, callReturn(1), '!invalid_task_state'])
  })

  test('gives its use back also when the grant has ended meanwhile, and to nobody then', () => {
    const desk = lived([3, revocation('rita'), 'revoked'], [4, callReturn(1), 'revoked'])
    expect(callOf(desk.state)).toBeUndefined()
    expect(desk.tell(5, callBegin(token, 2))).toBe('!revoked')
  })

  test('may be given away instead of begun anew, and not both', () => {
    lived([3, callReturn(1), 'approved'], [4, delegation(51), 'approved'], [5, callBegin(token, 2), '!uses_exhausted'])
  })

  test('is a call: the use of a tool is not given back', () => {
    live(0, [
      ...claimed,
      [2, useBegin(token, 1), 'approved'],
      [3, callReturn(1), '!credential_unknown'],
      [4, useBegin(token, 2), '!uses_exhausted'],
    ])
  })
})

describe('a call of which nothing was heard', () => {
  test.each(['succeeded', 'failed', 'unknown'] as const)('ends as Hotwork found out, for good: %s', (outcome) => {
    const desk = lived([100, callResolution(1, { outcome }), 'approved'])
    expect(desk.last('UseEnded')).toMatchObject({ actor: { type: 'system' }, outcome })
    expect(desk.tell(101, callResolution(1, { outcome: 'failed' }))).toBe('approved')
    expect(endOf(desk)).toMatchObject({ outcome, at: submittedAt + 100 })
  })

  test.each([
    ['the last second in which it may be under way', 2 + underWay, undefined],
    ['the second after', 2 + underWay + 1, 'failed'],
  ])('is its own maker’s to tell for a minute: %s', (_when, after, outcome) => {
    const desk = lived([after, callResolution(1, { outcome: 'failed' }), 'approved'])
    expect(endOf(desk)?.outcome).toBe(outcome)
  })

  test('is resolved also after its grant has ended', () => {
    const desk = lived([3, revocation('rita'), 'revoked'], [100, callResolution(1), 'revoked'])
    expect(endOf(desk)).toMatchObject({ outcome: 'unknown', note: 'reading cannot tell' })
  })

  test('that nobody can find out about is spent, and the agent is told that it is not known', () => {
    const desk = lived([100, callResolution(1), 'approved'], [101, callBegin(token, 2), '!outcome_unknown'])
    expect(usesLeft(desk.state)).toBe(0)
  })

  test('is not resolved for another that was begun since', () => {
    const desk = lived(
      [3, callReturn(1), 'approved'],
      [4, callBegin(token, 2), 'approved'],
      [100, callResolution(1), 'approved'],
    )
    expect(endOf(desk)).toBeUndefined()
  })

  test('is overdue from when it may be resolved until it is, whether or not its grant lives', () => {
    const desk = lived()
    const at = submittedAt + 2 + underWay + 1
    expect([lookUpAt(desk.state), overdueAt(desk.state)]).toEqual([at, at])
    desk.tell(3, revocation('rita'))
    expect([dueAt(desk.state), overdueAt(desk.state)]).toEqual([undefined, at])
    desk.tell(100, callResolution(1))
    expect([lookUpAt(desk.state), overdueAt(desk.state)]).toEqual([undefined, undefined])
  })

  test('is overdue no later than its grant is', () => {
    const desk = lived()
    const short = live(0, begun, sampleAsk({ credential: 'mediated', requestedUntil: submittedAt + 30 }))
    expect(overdueAt(short.state)).toBe(submittedAt + 30)
    expect(dueAt(desk.state)).toBe(submittedAt + 1 + minutes(15))
  })
})

test('what was begun and ended by a tool is overdue with its grant alone', () => {
  const desk = live(0, [...claimed, [2, useBegin(token, 1), 'approved']])
  expect(lookUpAt(desk.state)).toBeUndefined()
  expect(overdueAt(desk.state)).toBe(dueAt(desk.state))
})
