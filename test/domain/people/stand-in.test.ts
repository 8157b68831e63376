import { chainEntries, noEntries, verifyStandIn } from '../../../functions/domain/ledger/ledger.ts'
import {
  endStandIn,
  evolveStandIn,
  furthestAhead,
  giveStandIn,
  isInForce,
  longestAbsence,
  mostAbsent,
  mostOfOne,
  type StandIn,
  type StandInEvent,
  statusOf,
  withStandIn,
} from '../../../functions/domain/people/stand-in.ts'
import type { StandInId } from '../../../functions/domain/values.ts'
import {
  bundle,
  decision,
  eligible,
  failed,
  forbid,
  permit,
  person,
  sampleAsk,
  submittedAt,
} from '../../support/ask.ts'
import { live, type Story } from '../story.ts'

const now = submittedAt
const day = 86_400
const id = (n = 1) => `sin_${String(n).padStart(26, '0')}` as StandInId

const give = (changes: Partial<Parameters<typeof giveStandIn>[0]> = {}, at = now) =>
  giveStandIn(
    {
      person: person('ana'),
      by: person('nina'),
      login: {},
      from: now,
      until: now + day,
      answer: permit,
      silenced: [],
      absences: [],
      taken: [],
      bundle,
      ...changes,
    },
    at,
  )
const given = (changes: Parameters<typeof give>[0] = {}, n = 1): StandIn =>
  evolveStandIn(id(n), undefined, give(changes) as StandInEvent)
const end = (standIn: StandIn, who: string, changes = {}, at = now + 60) =>
  endStandIn(standIn, { person: person(who), answer: forbid, silenced: false, bundle, ...changes }, at)

test('a stand-in is named from now or from later on', () => {
  expect(give()).toMatchObject({
    type: 'StandInGiven',
    actor: { id: person('ana') },
    for: person('ana'),
    by: person('nina'),
  })
  expect(give({ from: now - day })).toMatchObject({ from: now })
  expect(give({ from: now + day, until: now + 2 * day })).toMatchObject({ from: now + day })
  expect(give({ from: now + furthestAhead, until: now + furthestAhead + longestAbsence })).toMatchObject({
    type: 'StandInGiven',
  })
})

test.each<[rule: string, changes: Parameters<typeof give>[0], code: string, says?: string]>([
  ['of the same person', { by: person('ana') }, 'stand_in_refused', 'themselves'],
  ['against policy', { answer: forbid }, 'stand_in_refused', 'policy'],
  ['without an answer of policy', { answer: failed }, 'policy_error'],
  ['of a halted person', { silenced: [person('nina')] }, 'stand_in_refused', 'halt'],
  ['by a halted person', { silenced: [person('ana')] }, 'not_permitted'],
  ['for a time that is over', { until: now }, 'stand_in_refused', 'until'],
  ['for a time that ends before it begins', { from: now + 2 * day, until: now + day }, 'stand_in_refused', 'until'],
  ['for longer than thirty days', { until: now + longestAbsence + 1 }, 'stand_in_refused', '30 days'],
  [
    'for a day in the far future',
    { from: now + furthestAhead + 1, until: now + furthestAhead + day },
    'stand_in_refused',
    '90 days',
  ],
  ['beside another for the same time', { absences: [given()] }, 'stand_in_refused', id()],
  [
    'beside another for a part of that time',
    { absences: [given({ from: now + day / 2, until: now + 9 * day })] },
    'stand_in_refused',
    id(),
  ],
  [
    'of a person who decides for ten already',
    { taken: Array.from({ length: mostAbsent }, (_, n) => given({ person: person(`absent-${n}`) }, n + 1)) },
    'stand_in_refused',
    `${mostAbsent} others`,
  ],
  [
    'of a person who is named three times already',
    { taken: Array.from({ length: mostOfOne }, (_, n) => given({}, n + 1)) },
    'stand_in_refused',
    `${mostOfOne} times`,
  ],
])('a stand-in is refused %s', (_rule, changes, code, says = '') => {
  expect(give(changes)).toEqual({ code, ...(says === '' ? {} : { detail: expect.stringContaining(says) }) })
})

test('a stand-in has room for others, however often one person names them', () => {
  const ofBen = Array.from({ length: mostOfOne }, (_, n) => given({ person: person('ben') }, n + 1))
  const ofOthers = Array.from({ length: mostAbsent - 2 }, (_, n) => given({ person: person(`other-${n}`) }, n + 10))
  const taken = [...ofBen, ...ofOthers]
  expect(taken.length).toBeGreaterThanOrEqual(mostAbsent)
  expect(give({ taken })).toMatchObject({ type: 'StandInGiven' })
  const full = [...taken, given({}, 30)]
  expect(give({ person: person('late'), taken: full })).toMatchObject({ code: 'stand_in_refused' })
  expect(give({ from: now + 2 * day, until: now + 3 * day, taken: full })).toMatchObject({ type: 'StandInGiven' })
})

test('a second stand-in is named for another time, or once the first has ended', () => {
  const first = given()
  const ended = evolveStandIn(id(), first, end(first, 'ana') as StandInEvent)
  expect(give({ absences: [first], from: now + day, until: now + 2 * day })).toMatchObject({ type: 'StandInGiven' })
  expect(give({ absences: [ended] })).toMatchObject({ type: 'StandInGiven' })
  expect(give({ absences: [first], until: now + 3 * day }, now + day)).toMatchObject({ type: 'StandInGiven' })
})

test('a stand-in ends by itself, to the second', () => {
  const standIn = given({ from: now + 60 })
  expect([now + 59, now + 60, now + day - 1, now + day].map((at) => isInForce(standIn, at))).toEqual([
    false,
    true,
    true,
    false,
  ])
  expect([now, now + 60, now + day].map((at) => statusOf(standIn, at))).toEqual(['ahead', 'in_force', 'over'])
})

test('a stand-in is ended by either of the two, also while they are halted', () => {
  for (const who of ['ana', 'nina'])
    expect(end(given(), who, { silenced: true })).toMatchObject({ type: 'StandInEnded', actor: { id: person(who) } })
})

test('a stand-in is ended by a person who may revoke, and by no other', () => {
  expect(end(given(), 'rita', { answer: permit })).toMatchObject({ type: 'StandInEnded', policies: permit.policies })
  expect(end(given(), 'rita', { answer: permit, silenced: true })).toEqual({ code: 'not_permitted' })
  expect(end(given(), 'rita')).toEqual({ code: 'not_permitted' })
  expect(end(given(), 'rita', { answer: failed })).toEqual({ code: 'policy_error' })
})

test('a stand-in ends once, and ending it again changes nothing', () => {
  const standIn = given()
  const ended = evolveStandIn(id(), standIn, end(standIn, 'ana') as StandInEvent)
  expect(isInForce(ended, now + 60)).toBe(false)
  expect([end(ended, 'nina'), end(standIn, 'nina', {}, now + day)]).toEqual([undefined, undefined])
  expect(statusOf(ended, now + 60)).toBe('ended')
})

test('a stand-in that has ended leaves the list', () => {
  const [first, other] = [given(), given({ person: person('ben') }, 2)]
  const ended = evolveStandIn(id(), first, end(first, 'ana') as StandInEvent)
  expect(withStandIn([first, other], ended, now)).toEqual([other])
  expect(withStandIn([first], other, now)).toEqual([first, other])
  expect(withStandIn([first], given({ until: now + 9 * day }, 3), now + day)).toHaveLength(1)
})

test('the chain of a stand-in verifies and replays to it, and other events do not', () => {
  const first = give() as StandInEvent
  const ended = end(given(), 'nina') as StandInEvent
  const { entries } = chainEntries(id(), noEntries, [first, ended], undefined)
  const state = evolveStandIn(id(), given(), ended)
  expect(verifyStandIn(id(), entries)).toEqual({ state })
  expect(verifyStandIn(id(), chainEntries(id(), noEntries, [ended], undefined).entries).broken?.why).toBe('state')
  expect(verifyStandIn(id(), chainEntries(id(), noEntries, [first, first], undefined).entries).broken?.why).toBe(
    'state',
  )
  expect(() => evolveStandIn(id(), undefined, { ...first, actor: { type: 'system', id: 'hotwork' } })).toThrow(
    TypeError,
  )
})

/** `nina`, who has no right of her own, decides for `ana`; `noor` for `dora`, who owns the agent. */
const ask = sampleAsk()
const facts = (changes = {}) => ({
  eligible: { ...eligible, [person('nina')]: ['owner', 'sre'], [person('noor')]: ['owner', 'sre'] },
  ...changes,
})
const forAna = facts({ standsFor: { owner: person('ana'), sre: person('ana') } })
const forDora = facts({ standsFor: { owner: person('dora'), sre: person('dora') } })
const approve = (name: string, found = facts()) => decision(ask, name, 'approve', found)
const deny = (name: string, found = facts()) => decision(ask, name, 'deny', found)

const stories: readonly Story[] = [
  ['a stand-in decides for the absent person', 1, [1, approve('nina', forAna), 'approved']],
  [
    'an absent person counts no second time, at the same stage or a later one',
    2,
    [1, approve('nina', forAna), 'pending'],
    [2, approve('ana'), '!already_decided'],
    [3, approve('cleo'), 'approved'],
  ],
  [
    'a stand-in counts no second time for a person who has decided',
    2,
    [1, approve('ana'), 'pending'],
    [2, approve('nina', forAna), '!already_decided'],
  ],
  [
    'a second stand-in for the same person counts no second time',
    2,
    [1, approve('nina', forAna), 'pending'],
    [2, approve('noor', forAna), '!already_decided'],
  ],
  [
    'a stand-in counts no second time by a right of their own',
    2,
    [1, approve('nina', forAna), 'pending'],
    [2, approve('nina'), '!already_decided'],
  ],
  ['an owner does not approve through another', 1, [1, approve('noor', forDora), '!self_approval']],
  ['an owner does not deny through another', 1, [1, deny('noor', forDora), '!self_approval']],
  [
    'an owner does not decide as a stand-in',
    1,
    [1, approve('dora', facts({ standsFor: { owner: person('ana') } })), '!self_approval'],
  ],
  ['a denial by a stand-in settles', 1, [1, deny('nina', forAna), 'denied']],
]
test.each(stories)('%s', (_rule, tier, ...steps) => void live(tier, ask, ...steps))

test('the absent person of a decision is in the entry and in the state', () => {
  const desk = live(2, ask, [1, approve('nina', forAna), 'pending'])
  expect(desk.last('Decided')).toMatchObject({ actor: { id: person('nina') }, for: person('ana') })
  expect(desk.state.stages[0]?.decisions).toMatchObject([{ person: person('nina'), for: person('ana') }])
})
