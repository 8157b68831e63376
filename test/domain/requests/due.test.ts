import { asOf, dueAt } from '../../../functions/domain/requests/due.ts'
import {
  credentialId,
  decision,
  eligible,
  intent,
  issuance,
  minutes,
  person,
  sampleAsk,
  submittedAt,
  wake,
} from '../../support/ask.ts'
import { Desk, live, type Story } from '../story.ts'

const ask = sampleAsk()
const approve = (name: string, changes = {}) => decision(ask, name, 'approve', changes)
const deny = (name: string) => decision(ask, name, 'deny')
const token = credentialId(1)

// Tier 2: `owner` has 30 minutes, then 10 more with `on-call`; `sre` has 20.
const stories: readonly Story[] = [
  [
    'a deadline is the first second that is too late',
    1,
    [minutes(30) - 1, wake, 'pending'],
    [minutes(30), approve('ana'), '!already_settled'],
  ],
  ['an approval in the second before its deadline counts', 1, [minutes(30) - 1, approve('ana'), 'approved']],
  ['silence expires a request', 1, [minutes(30), wake, 'expired']],
  ['a request expires without a read on time', 1, [minutes(600), deny('ana'), '!already_settled']],
  [
    'silence escalates where the ladder says so, and never permits',
    2,
    [minutes(30), wake, 'pending'],
    [minutes(30), approve('olga'), 'pending'],
    [minutes(31), approve('cleo'), 'approved'],
  ],
  ['the wider group may not approve before the escalation', 2, [minutes(30) - 1, approve('olga'), '!stage_not_open']],
  ['the first group may still approve after the escalation', 2, [minutes(35), approve('ana'), 'pending']],
  ['a decision after escalation names either group', 2, [minutes(35), approve('olga', { stage: 'owner' }), 'pending']],
  ['a second silence expires', 2, [minutes(40), wake, 'expired']],
  [
    'an escalation and an expiry take effect at their time, with a late look too',
    2,
    [minutes(500), approve('olga'), '!already_settled'],
  ],
  [
    'each stage has its own deadline, counted from its opening',
    2,
    [minutes(25), approve('ana'), 'pending'],
    [minutes(44), approve('cleo'), 'approved'],
  ],
  [
    'a stage has no more than its deadline',
    2,
    [minutes(25), approve('ana'), 'pending'],
    [minutes(45), approve('cleo'), '!already_settled'],
  ],
  [
    'a grant that is not claimed by `claimBy` expires',
    0,
    [minutes(60) - 1, wake, 'approved'],
    [minutes(60), intent('access_token', token), '!expired'],
  ],
  [
    'an intent in time does not make a late claim good',
    0,
    [minutes(60) - 1, intent('access_token', token), 'approved'],
    [minutes(60), issuance('access_token', token), '!expired'],
  ],
  [
    'a claimed grant lives for its lifetime from the first claim',
    0,
    [minutes(10), intent('access_token', token), 'approved'],
    [minutes(10), issuance('access_token', token), 'approved'],
    [minutes(25) - 1, wake, 'approved'],
    [minutes(25), wake, 'expired'],
  ],
  [
    'a second claim does not lengthen it',
    0,
    [minutes(10), intent('access_token', token), 'approved'],
    [minutes(10), issuance('access_token', token), 'approved'],
    [minutes(24), intent('access_token', credentialId(2)), 'approved'],
    [minutes(24), issuance('access_token', credentialId(2)), 'approved'],
    [minutes(25), wake, 'expired'],
  ],
]

test.each(stories)('%s', (_rule, tier, ...steps) => void live(tier, ask, ...steps))

test('a due event is recorded at its own time, not at the next look', () => {
  const desk = live(2, ask, [minutes(500), wake, 'expired'])
  expect(desk.events.map(({ type, at }) => [type, at - submittedAt])).toEqual([
    ['Submitted', 0],
    ['StageOpened', 0],
    ['StageEscalated', minutes(30)],
    ['Expired', minutes(40)],
  ])
})

test('`decideBy` is fixed at the submission: every stage with its escalation, one after the other', () => {
  const desk = new Desk(2, ask)
  expect(desk.state).toMatchObject({ decideBy: submittedAt + minutes(30 + 10 + 20) })
  desk.tell(minutes(35), approve('ana'))
  expect(desk.state).toMatchObject({ decideBy: submittedAt + minutes(60) })
})

test('a stage that opens again gets its whole deadline, but none past `decideBy`', () => {
  const desk = live(2, ask, [minutes(39), approve('ana'), 'pending'])
  const lost = { ...eligible, [person('ana')]: [] }
  expect(desk.tell(minutes(58), approve('cleo', { eligible: lost }))).toBe('pending')
  expect(desk.last('StageOpened')).toMatchObject({ stage: 'owner', deadline: submittedAt + minutes(60) })
  expect(desk.tell(minutes(60), wake)).toBe('expired')
})

test('an escalated stage that opens again stays escalated, and does not escalate twice', () => {
  const desk = live(2, ask, [minutes(31), approve('olga'), 'pending'])
  const lost = { ...eligible, [person('olga')]: [] }
  desk.tell(minutes(32), approve('cleo', { eligible: lost }))
  expect(desk.last('StageOpened')).toMatchObject({ stage: 'owner', deadline: submittedAt + minutes(60) })
  expect(desk.tell(minutes(60), wake)).toBe('expired')
  expect(desk.types.filter((type) => type === 'StageEscalated')).toHaveLength(1)
})

test('`Approved` fixes `claimBy` and `notAfter`', () => {
  const desk = live(1, ask, [minutes(5), approve('ana'), 'approved'])
  const approvedAt = submittedAt + minutes(5)
  expect(desk.state).toMatchObject({
    grant: {
      id: ask.id.replace('req_', 'grt_'),
      approvedAt,
      claimBy: approvedAt + minutes(60),
      notAfter: approvedAt + minutes(75),
    },
  })
})

test('the first claim cuts `notAfter` to one lifetime', () => {
  const desk = new Desk(0, ask)
  desk.tell(100, intent('access_token', token))
  desk.tell(103, issuance('access_token', token))
  const notAfter = submittedAt + 103 + minutes(15)
  expect(desk.last('CredentialIssued')).toMatchObject({ expiresAt: notAfter, notAfter })
  expect(desk.state).toMatchObject({ grant: { claimedAt: submittedAt + 103, notAfter } })
})

test('a claim in the last second of `claimBy` does not outlive `notAfter`', () => {
  const desk = new Desk(0, sampleAsk({ requestedUntil: submittedAt + minutes(61) }))
  desk.tell(minutes(59), intent('access_token', token))
  desk.tell(minutes(59), issuance('access_token', token))
  expect(desk.last('CredentialIssued')).toMatchObject({ expiresAt: submittedAt + minutes(61) })
})

test.each([
  ['the deadline of a stage', 2, minutes(10), { decideBy: submittedAt + minutes(10) }],
  ['nothing when it is further away', 2, minutes(900), { decideBy: submittedAt + minutes(60) }],
  ['the grant', 0, minutes(10), { grant: { claimBy: submittedAt + minutes(10), notAfter: submittedAt + minutes(10) } }],
])('`requestedUntil` shortens, and never lengthens: %s', (_what, tier, until, expected) => {
  const desk = new Desk(tier, sampleAsk({ requestedUntil: submittedAt + until }))
  expect(desk.state).toMatchObject(expected)
})

test('silence does not escalate past `requestedUntil`', () => {
  const desk = new Desk(2, sampleAsk({ requestedUntil: submittedAt + minutes(30) }))
  expect(desk.tell(minutes(30), wake)).toBe('expired')
  expect(desk.types).toEqual(['Submitted', 'StageOpened', 'Expired'])
})

test('a request whose `requestedUntil` is past has ended at the first look', () => {
  const desk = new Desk(0, sampleAsk({ requestedUntil: submittedAt - 1 }))
  expect(desk.tell(0, intent('access_token', token))).toBe('!expired')
})

test('a read shows due events without storing them', () => {
  const desk = new Desk(2, ask)
  expect(asOf(desk.state, submittedAt + minutes(35))).toMatchObject({
    status: 'pending',
    stages: [{ escalatedAt: submittedAt + minutes(30) }, {}],
  })
  expect(asOf(desk.state, submittedAt + minutes(40)).status).toBe('expired')
  expect(desk.state.status).toBe('pending')
})

test('`dueAt` is the time of the next due event, and undefined after the end', () => {
  const desk = new Desk(2, ask)
  expect(dueAt(desk.state)).toBe(submittedAt + minutes(30))
  desk.tell(minutes(30), wake)
  expect(dueAt(desk.state)).toBe(submittedAt + minutes(40))
  desk.tell(minutes(40), wake)
  expect(dueAt(desk.state)).toBeUndefined()
})

test('a clock that goes back does not take the request with it: the last entry counts as now', () => {
  const desk = live(1, ask, [minutes(29), approve('eve'), '!not_eligible'])
  expect(desk.tell(-minutes(100), approve('ana'))).toBe('approved')
  expect(desk.last('Approved')).toMatchObject({ at: submittedAt + minutes(29) })
})

test('a clock that goes back revives nothing', () => {
  expect(live(1, ask, [minutes(30), wake, 'expired']).tell(0, approve('ana'))).toBe('!already_settled')
})
