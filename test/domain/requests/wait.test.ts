import { outcomeOf, startOf, waitOf } from '../../../functions/domain/requests/wait.ts'
import * as sample from '../../support/ask.ts'
import { Desk, type Step } from '../story.ts'

const ask = sample.sampleAsk()
const approve = (name: string, changes = {}) => sample.decision(ask, name, 'approve', changes)
const after = (tier: number, ...steps: readonly (readonly [Step[0], Step[1]])[]) => {
  const desk = new Desk(tier, ask)
  for (const [at, command] of steps) desk.tell(at, command)
  return desk.state
}
const withoutAna = { ...sample.eligible, [sample.person('ana')]: [] }
const escalated = after(2, [sample.minutes(30), sample.wake])
const second = after(2, [1, approve('ana')])
const approved = after(2, [1, approve('ana')], [2, approve('cleo')])
const reopened = after(2, [1, approve('ana')], [2, approve('cleo', { eligible: withoutAna })])

const wide = sample.sampleAsk({ uses: 3 })
/** A request of tier 2 that a person narrowed after these approvals. */
const narrowedBy = (name: string, tier: number, before: readonly string[], at = 2) => {
  const desk = new Desk(2, wide)
  for (const each of before) desk.tell(1, sample.decision(wide, each, 'approve'))
  desk.tell(at, sample.decision(wide, name, 'approve', { narrowed: sample.narrowing(wide, { uses: 1 }, tier) }))
  return desk
}
const narrowedFirst = narrowedBy('ana', 2, []).state
const narrowedLast = narrowedBy('cleo', 2, ['ana']).state
const narrowedLate = narrowedBy('olga', 2, [], sample.minutes(31)).state
const raised = narrowedBy('ana', 3, []).state
const raisedBack = narrowedBy('cleo', 3, ['ana']).state
const approvedNarrowed = (() => {
  const desk = narrowedBy('cleo', 3, ['ana'])
  const left = { round: 2, login: { acr: 'strong', at: 1_800_000_000 } }
  for (const name of ['ana', 'sam', 'siri'])
    desk.tell(3, sample.decision(sample.less(wide, { uses: 1 }), name, 'approve', left))
  return desk
})()

test('an execution starts at the wait of the submission, in any later state', () => {
  expect(startOf(after(0))).toBeUndefined()
  expect(startOf(after(2))).toEqual({ run: 1, wait: 'Tier2 owner', tier: 2 })
  expect(startOf(approved)).toEqual({ run: 1, wait: 'Tier2 owner', tier: 2 })
})

test('a drift after the approval begins another run', () => {
  const drifts = [{ approved: true }, {}] as unknown as NonNullable<typeof reopened.drifts>
  expect(startOf({ ...reopened, drifts })).toEqual({ run: 2, wait: 'Tier2 owner', tier: 2 })
  expect(startOf({ ...approved, drifts })).toBeUndefined()
})

test.each([
  ['at the open stage', after(2), 'Tier2 owner'],
  ['at the open stage, escalated', escalated, 'Tier2 owner escalated'],
  ['at the next stage', second, 'Tier2 sre'],
  ['at a stage that opened again', reopened, 'Tier2 owner'],
  ['for nothing once people have approved', approved, 'Close'],
  ['at the first stage again, after a narrowing at a later one', narrowedLast, 'Tier2 owner'],
  ['on the rung that a narrowing needs', raised, 'Tier3 security'],
  ['for nothing once it has ended', after(1, [1, sample.withdrawal()]), 'Close'],
])('the workflow waits %s', (_where, state, wait) => {
  expect(waitOf(state)).toBe(wait)
})

test.each([
  ['goes on while its stage is open', after(2), 'Tier2 owner', 'waiting'],
  ['succeeds when the next stage has opened', second, 'Tier2 owner', 'succeeded'],
  ['succeeds, escalated, the same', second, 'Tier2 owner escalated', 'succeeded'],
  ['succeeds when all is approved', approved, 'Tier2 owner', 'succeeded'],
  ['has moved when its stage escalated: that is no success', escalated, 'Tier2 owner', 'Moved'],
  ['has moved when an earlier stage opened again', reopened, 'Tier2 sre', 'Moved'],
  ['is settled by a denial', after(2, [1, sample.decision(ask, 'ana', 'deny')]), 'Tier2 owner', 'Settled'],
  ['is settled by a withdrawal', after(2, [1, sample.withdrawal()]), 'Tier2 owner', 'Settled'],
  ['is settled by silence', after(1, [sample.minutes(30), sample.wake]), 'Tier1 owner', 'Settled'],
  [
    'of a stage succeeds after a whole life: the way on leads to the close',
    after(1, [1, approve('ana')], [2, sample.completion()]),
    'Tier1 owner',
    'succeeded',
  ],
  ['succeeds when an approver of it narrowed: the next stage has opened', narrowedFirst, 'Tier2 owner', 'succeeded'],
  ['has moved when an approver of a later stage narrowed: the first opened again', narrowedLast, 'Tier2 sre', 'Moved'],
  ['of an escalated stage succeeds when its approver narrowed', narrowedLate, 'Tier2 owner escalated', 'succeeded'],
  ['has moved when a narrowing needs a higher rung', raised, 'Tier2 owner', 'Moved'],
  ['has moved, later, the same', raisedBack, 'Tier2 sre', 'Moved'],
  ['on the rung below has moved when the higher one has approved', approvedNarrowed.state, 'Tier2 sre', 'Moved'],
  ['on the higher rung succeeds then', approvedNarrowed.state, 'Tier3 security', 'succeeded'],
  [
    'on the rung below is settled when the narrower request is denied',
    after(
      2,
      [1, sample.decision(ask, 'ana', 'approve', { narrowed: sample.narrowing(ask, { minutes: 1 }, 3) })],
      [2, sample.decision(sample.less(ask, { minutes: 1 }), 'sam', 'deny', { round: 2 })],
    ),
    'Tier2 owner',
    'Settled',
  ],
  ['of no ladder asks the table', after(2), 'Tier9 stranger', 'Moved'],
] as const)('a wait %s', (_how, state, wait, outcome) => {
  expect(outcomeOf(state, wait)).toBe(outcome)
})
