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

describe('somebody who will be away', () => {
  test('names who decides meanwhile, from now or from later on', () => {
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
    ['not themselves', { by: person('ana') }, 'stand_in_refused', 'themselves'],
    ['nobody whom policy does not let', { answer: forbid }, 'stand_in_refused', 'policy'],
    ['nobody where policy could not be asked', { answer: failed }, 'policy_error'],
    ['nobody who is stopped', { silenced: [person('nina')] }, 'stand_in_refused', 'halt'],
    ['nobody while they are stopped themselves', { silenced: [person('ana')] }, 'not_permitted'],
    ['not for a time that is over', { until: now }, 'stand_in_refused', 'until'],
    [
      'not for a time that ends before it begins',
      { from: now + 2 * day, until: now + day },
      'stand_in_refused',
      'until',
    ],
    ['not for longer than thirty days', { until: now + longestAbsence + 1 }, 'stand_in_refused', '30 days'],
    [
      'not for some day in a far future',
      { from: now + furthestAhead + 1, until: now + furthestAhead + day },
      'stand_in_refused',
      '90 days',
    ],
    ['nobody else for the same time', { absences: [given()] }, 'stand_in_refused', id()],
    [
      'nor for a part of it',
      { absences: [given({ from: now + day / 2, until: now + 9 * day })] },
      'stand_in_refused',
      id(),
    ],
    [
      'nobody who decides for so many already',
      { taken: Array.from({ length: mostAbsent }, (_, n) => given({ person: person(`absent-${n}`) }, n + 1)) },
      'stand_in_refused',
      `${mostAbsent} others`,
    ],
    [
      'nobody whom they have named three times already',
      { taken: Array.from({ length: mostOfOne }, (_, n) => given({}, n + 1)) },
      'stand_in_refused',
      `${mostOfOne} times`,
    ],
  ])('names %s', (_rule, changes, code, says = '') => {
    expect(give(changes)).toEqual({ code, ...(says === '' ? {} : { detail: expect.stringContaining(says) }) })
  })

  test('leaves room for others, however often one person names the same colleague', () => {
    const ofBen = Array.from({ length: mostOfOne }, (_, n) => given({ person: person('ben') }, n + 1))
    const ofOthers = Array.from({ length: mostAbsent - 2 }, (_, n) => given({ person: person(`other-${n}`) }, n + 10))
    const taken = [...ofBen, ...ofOthers]
    expect(taken.length).toBeGreaterThanOrEqual(mostAbsent)
    expect(give({ taken })).toMatchObject({ type: 'StandInGiven' })
    const full = [...taken, given({}, 30)]
    expect(give({ person: person('late'), taken: full })).toMatchObject({ code: 'stand_in_refused' })
    expect(give({ from: now + 2 * day, until: now + 3 * day, taken: full })).toMatchObject({ type: 'StandInGiven' })
  })

  test('names another for another time, or once the first has ended', () => {
    const first = given()
    const ended = evolveStandIn(id(), first, end(first, 'ana') as StandInEvent)
    expect(give({ absences: [first], from: now + day, until: now + 2 * day })).toMatchObject({ type: 'StandInGiven' })
    expect(give({ absences: [ended] })).toMatchObject({ type: 'StandInGiven' })
    expect(give({ absences: [first], until: now + 3 * day }, now + day)).toMatchObject({ type: 'StandInGiven' })
  })
})

describe('it ends', () => {
  test('by itself, to the second', () => {
    const standIn = given({ from: now + 60 })
    expect([now + 59, now + 60, now + day - 1, now + day].map((at) => isInForce(standIn, at))).toEqual([
      false,
      true,
      true,
      false,
    ])
    expect([now, now + 60, now + day].map((at) => statusOf(standIn, at))).toEqual(['ahead', 'in_force', 'over'])
  })

  test('when either of the two says so, also while they are stopped', () => {
    for (const who of ['ana', 'nina'])
      expect(end(given(), who, { silenced: true })).toMatchObject({ type: 'StandInEnded', actor: { id: person(who) } })
  })

  test('when whoever may revoke says so, and nobody else', () => {
    expect(end(given(), 'rita', { answer: permit })).toMatchObject({ type: 'StandInEnded', policies: permit.policies })
    expect(end(given(), 'rita', { answer: permit, silenced: true })).toEqual({ code: 'not_permitted' })
    expect(end(given(), 'rita')).toEqual({ code: 'not_permitted' })
    expect(end(given(), 'rita', { answer: failed })).toEqual({ code: 'policy_error' })
  })

  test('once: ending it again changes nothing', () => {
    const standIn = given()
    const ended = evolveStandIn(id(), standIn, end(standIn, 'ana') as StandInEvent)
    expect(isInForce(ended, now + 60)).toBe(false)
    expect([end(ended, 'nina'), end(standIn, 'nina', {}, now + day)]).toEqual([undefined, undefined])
    expect(statusOf(ended, now + 60)).toBe('ended')
  })

  test('and is read no more by those who decide', () => {
    const [first, other] = [given(), given({ person: person('ben') }, 2)]
    const ended = evolveStandIn(id(), first, end(first, 'ana') as StandInEvent)
    expect(withStandIn([first, other], ended, now)).toEqual([other])
    expect(withStandIn([first], other, now)).toEqual([first, other])
    expect(withStandIn([first], given({ until: now + 9 * day }, 3), now + day)).toHaveLength(1)
  })
})

test('its chain verifies and replays to it, and other events do not', () => {
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
  ["somebody decides in another's stead", 1, [[1, approve('nina', forAna), 'approved']]],
  [
    'whoever was stood in for counts no second time, at the same stage or a later one',
    2,
    [
      [1, approve('nina', forAna), 'pending'],
      [2, approve('ana'), '!already_decided'],
      [3, approve('cleo'), 'approved'],
    ],
  ],
  [
    'nor does whoever stands in for one who has decided',
    2,
    [
      [1, approve('ana'), 'pending'],
      [2, approve('nina', forAna), '!already_decided'],
    ],
  ],
  [
    'nor somebody else who stands in for the same one later',
    2,
    [
      [1, approve('nina', forAna), 'pending'],
      [2, approve('noor', forAna), '!already_decided'],
    ],
  ],
  [
    'whoever stood in counts no second time by a right of their own',
    2,
    [
      [1, approve('nina', forAna), 'pending'],
      [2, approve('nina'), '!already_decided'],
    ],
  ],
  ['an owner does not approve through another', 1, [[1, approve('noor', forDora), '!self_approval']]],
  ['nor deny', 1, [[1, deny('noor', forDora), '!self_approval']]],
  [
    'nor does an owner decide for one who may',
    1,
    [[1, approve('dora', facts({ standsFor: { owner: person('ana') } })), '!self_approval']],
  ],
  ["a denial in somebody's stead settles", 1, [[1, deny('nina', forAna), 'denied']]],
]
test.each(stories)('%s', (_rule, tier, steps) => {
  live(tier, steps)
})

test('in whose stead it was decided is in the entry and in the state', () => {
  const desk = live(2, [[1, approve('nina', forAna), 'pending']])
  expect(desk.last('Decided')).toMatchObject({ actor: { id: person('nina') }, for: person('ana') })
  expect(desk.state.stages[0]?.decisions).toMatchObject([{ person: person('nina'), for: person('ana') }])
})
