import { isDeepStrictEqual } from 'node:util'
import { colleaguesAsked } from '../../../functions/domain/cards/routing.ts'
import { chainEntries, noEntries, verify } from '../../../functions/domain/ledger/ledger.ts'
import { plainText } from '../../../functions/domain/requests/plain-text.ts'
import type { RequestId } from '../../../functions/domain/values.ts'
import * as sample from '../../support/ask.ts'
import { Desk, live, type Story } from '../story.ts'

const ask = sample.sampleAsk()
const { answer, colleagueCall, minutes, question } = sample
const approve = (name: string, changes = {}) => sample.decision(ask, name, 'approve', changes)
const deny = (name: string) => sample.decision(ask, name, 'deny')
const strong = { login: { acr: 'strong', at: sample.submittedAt } }
const without = (name: string) => ({ ...sample.eligible, [sample.person(name)]: [] })
const five = [1, 2, 3, 4, 5].map((n) => [n, question('ana', n), 'pending'] as const)

const stories: readonly Story[] = [
  ['a person who may decide the open stage asks', 2, [1, question('ana', 1), 'pending']],
  ['a person who may decide nothing is refused', 2, [1, question('eve', 1), '!not_eligible']],
  ['a person of a later stage waits for its turn', 2, [1, question('cleo', 1), '!stage_not_open']],
  ['a person of the wider group waits for the escalation', 2, [1, question('olga', 1), '!stage_not_open']],
  ['a person of the wider group asks after it', 2, [minutes(30), question('olga', 1), 'pending']],
  ['the owner of the agent never asks', 2, [1, question('dora', 1), '!self_approval']],
  [
    'a person who has decided asks nothing more',
    3,
    [1, approve('ana'), 'pending'],
    [2, approve('sam', strong), 'pending'],
    [3, question('sam', 1), '!already_decided'],
  ],
  [
    'a person who has lost the right is refused',
    2,
    [1, question('ana', 1, { eligible: without('ana') }), '!not_eligible'],
  ],
  [
    'an approved request takes no question',
    1,
    [1, approve('ana'), 'approved'],
    [2, question('ben', 1), '!already_settled'],
  ],
  ['a denied request takes no question', 1, [1, deny('ana'), 'denied'], [2, question('ben', 1), '!already_settled']],
  [
    'silence still ends a request with a question',
    1,
    [1, question('ana', 1), 'pending'],
    [minutes(30), sample.wake, 'expired'],
  ],
  ['a sixth question is refused', 2, ...five, [6, question('ben', 6), '!too_many_questions']],
  [
    'a halt ends the request in place of a question',
    2,
    [1, question('ana', 1, { ending: { by: 'halt', id: 'hlt_1' as never } }), '!halted'],
    [2, question('ana', 1), '!already_settled'],
  ],
  ['the agent answers', 2, [1, question('ana', 1), 'pending'], [2, answer(1), 'pending']],
  [
    'a second answer is refused',
    2,
    [1, question('ana', 1), 'pending'],
    [2, answer(1), 'pending'],
    [3, answer(1, { text: 'the disk was full' }), '!already_answered'],
  ],
  ['an unknown question has no answer', 2, [1, question('ana', 1), 'pending'], [2, answer(2), '!unknown_question']],
  [
    'a different key answers nothing',
    2,
    [1, question('ana', 1), 'pending'],
    [2, answer(1, { jkt: sample.otherKey }), '!key_mismatch'],
  ],
  [
    'a different agent answers nothing',
    2,
    [1, question('ana', 1), 'pending'],
    [2, answer(1, { agent: sample.otherAgent }), '!unknown_request'],
  ],
  [
    'an answer is too late once the request is settled',
    1,
    [1, question('ana', 1), 'pending'],
    [2, deny('ana'), 'denied'],
    [3, answer(1), '!invalid_task_state'],
  ],
  [
    'an answer is too late once the request has expired',
    1,
    [1, question('ana', 1), 'pending'],
    [minutes(30), answer(1), '!invalid_task_state'],
  ],
  [
    'a halt ends the request in place of an answer',
    2,
    [1, question('ana', 1), 'pending'],
    [2, answer(1, { ending: { by: 'halt', id: 'hlt_1' as never } }), '!halted'],
    [3, answer(1), '!invalid_task_state'],
  ],
  ['a person asks a colleague', 2, [1, colleagueCall('ana', 'ben'), 'pending']],
  [
    'a colleague is asked once for a stage, by whichever person',
    2,
    [1, colleagueCall('ana', 'ben'), 'pending'],
    [2, colleagueCall('ana', 'ben'), '!already_asked'],
  ],
  ['a person does not ask themselves', 2, [1, colleagueCall('ana', 'ana'), '!asked_themselves']],
  ['a colleague of a later stage is not asked', 2, [1, colleagueCall('ana', 'cleo'), '!colleague_not_eligible']],
  ['the owner of the agent is not asked', 2, [1, colleagueCall('ana', 'dora'), '!colleague_not_eligible']],
  ['the owner of the agent asks no colleague', 2, [1, colleagueCall('dora', 'ben'), '!self_approval']],
  ['a stranger asks no colleague', 2, [1, colleagueCall('eve', 'ben'), '!not_eligible']],
  [
    'a colleague who has decided is not asked',
    3,
    [1, approve('ana'), 'pending'],
    [2, approve('sam', strong), 'pending'],
    [3, colleagueCall('siri', 'sam'), '!colleague_not_eligible'],
  ],
  [
    'an approved request asks no colleague',
    1,
    [1, approve('ana'), 'approved'],
    [2, colleagueCall('ben', 'ana'), '!already_settled'],
  ],
]
test.each(stories)('%s', (_rule, tier, ...steps) => void live(tier, ask, ...steps))

test('a sixth colleague is refused', () => {
  const names = ['b1', 'b2', 'b3', 'b4', 'b5', 'b6']
  const eligible = Object.fromEntries(['ana', ...names].map((name) => [sample.person(name), ['owner']]))
  const asked = (to: string) => ({ eligible, colleague: { ...sample.standpoint(to), eligible } })
  const desk = new Desk(2, ask)
  expect(names.map((to, n) => desk.tell(n, colleagueCall('ana', to, asked(to))))).toEqual([
    ...Array.from({ length: 5 }, () => 'pending'),
    '!too_many_colleagues',
  ])
})

test('a colleague that the stage never notifies is not asked', () => {
  const stage = sample.sampleStage('owner', { notify: { direct: [], quiet: [sample.person('ben')] } })
  const desk = new Desk(1, ask, { stages: [stage] })
  expect(desk.tell(1, colleagueCall('ana', 'ben'))).toBe('!colleague_not_eligible')
})

test('questions, answers and calls change nothing beside themselves: no right, no round, no deadline', () => {
  const desk = new Desk(2, ask)
  const before = desk.state
  desk.tell(1, question('ana', 1))
  desk.tell(2, answer(1))
  desk.tell(3, colleagueCall('ana', 'ben'))
  const { questions, colleagues, ...rest } = desk.state
  expect(isDeepStrictEqual({ ...rest, updatedAt: before.updatedAt }, before)).toBe(true)
  expect(questions).toEqual([
    {
      ...{ id: sample.questionId(1), by: sample.person('ana'), stage: 'owner', at: sample.submittedAt + 1 },
      text: 'why now?',
      answer: { at: sample.submittedAt + 2, text: 'the disk is full', decisionsBefore: 0 },
    },
  ])
  expect(colleagues).toEqual([
    { stage: 'owner', by: sample.person('ana'), to: sample.person('ben'), at: sample.submittedAt + 3 },
  ])
})

test('an answer says how many approvals stood when it came, and they stand', () => {
  const desk = live(
    2,
    ask,
    [1, question('ana', 1), 'pending'],
    [2, approve('ana'), 'pending'],
    [3, answer(1), 'pending'],
  )
  expect(desk.state.questions?.[0]?.answer?.decisionsBefore).toBe(1)
  expect(desk.tell(4, approve('cleo'))).toBe('approved')
})

test('a question cites the policies that let its author decide, and names the person they stand in for', () => {
  const standsFor = { owner: sample.person('ben') }
  const desk = live(2, ask, [1, question('ana', 1, { standsFor }), 'pending'])
  expect(desk.last('Asked')).toMatchObject({ policies: ['permit-owner'], for: sample.person('ben') })
})

test('the first answer binds a request without a key, and a second key answers nothing after it', () => {
  const { jkt: _, ...unbound } = ask
  const desk = new Desk(2, sample.sampleAsk({ ...unbound, jkt: undefined as never, id: 'req_2' as RequestId }))
  desk.tell(1, question('ana', 1))
  desk.tell(1, question('ana', 2))
  expect(desk.tell(2, answer(1))).toBe('pending')
  expect(desk.types.slice(-2)).toEqual(['KeyBound', 'Answered'])
  expect(desk.tell(3, answer(2, { jkt: sample.otherKey }))).toBe('!key_mismatch')
})

test('a colleague has a call while the stage is open and they have not decided', () => {
  const desk = live(2, ask, [1, colleagueCall('ana', 'ben'), 'pending'])
  expect(colleaguesAsked(desk.state)).toEqual([sample.person('ben')])
  desk.tell(2, approve('ben'))
  expect(colleaguesAsked(desk.state)).toEqual([])
})

test('the ledger replays to the state with questions, answers and calls', () => {
  const { events, state } = live(
    2,
    ask,
    [1, question('ana', 1), 'pending'],
    [2, answer(1), 'pending'],
    [3, colleagueCall('ana', 'ben'), 'pending'],
  )
  const { entries } = chainEntries(ask.id, noEntries, events, undefined)
  expect(verify(ask.id, entries)).toEqual({ state })
})

test('a question is refused on a full record, which can still be denied', () => {
  const Value = 'x'.repeat(350_800)
  const large = sample.sampleAsk({ arguments: { Name: '/prod/checkout/x', Value, Overwrite: true } })
  const desk = new Desk(2, large)
  expect(desk.tell(1, question('ana', 1, { text: 'é'.repeat(1000) }))).toBe('!record_full')
  expect(desk.tell(2, sample.decision(large, 'ana', 'deny', { comment: 'é'.repeat(1000) }))).toBe('denied')
})

const text = plainText(1000)
test('words between people and agents have 1 to 1,000 characters, trimmed', () => {
  expect(text.safeParse('x'.repeat(1000)).success).toBe(true)
  expect(text.safeParse('x'.repeat(1001)).success).toBe(false)
  expect(text.safeParse(' \n ').success).toBe(false)
  expect(text.parse('  why now?\n')).toBe('why now?')
})

test.each([
  ['a direction mark', 'drop \u202Eelbat'],
  ['an isolate', '\u2066a\u2069'],
  ['an Arabic letter mark', 'a\u061Cb'],
  ['an escape sequence', '\u001b[2J'],
  ['a NUL', 'a\u0000b'],
  ['tag characters', 'a\u{E0041}\u{E0042}'],
  ['a selector that can carry bytes', 'a\u{E0100}'],
  ['another such selector', 'a\uFE00'],
  ['a space of no width', 'a\u200Bb'],
  ['a letter that is blank', 'a\u3164b'],
  ['a line separator', 'a\u2028b'],
  ['half a character', 'a\uD800'],
  ['nothing that is seen', '\u200D'],
])('words with %s are refused', (_, words) => {
  expect(text.safeParse(words).success).toBe(false)
})

test.each([
  ['markup', '<b>why</b> &lt; <https://evil.example|Approve>'],
  ['a mention', '<!channel> <@U0ANA> @here'],
  ['lines', 'one\n\ttwo\r\nthree'],
  ['emoji', 'is ⚠️ 👩‍💻 gone?'],
  ['Persian', 'می‌خواهم'],
])('words with %s are text', (_, words) => {
  expect(text.parse(words)).toBe(words)
})
