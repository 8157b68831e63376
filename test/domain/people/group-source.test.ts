import {
  type GroupReading,
  groupsBySource,
  groupsToRead,
  membersNow,
  pickLoginGroups,
  type SourcedGroup,
} from '../../../functions/domain/people/group-source.ts'
import type { Directory } from '../../../functions/domain/people/organisation.ts'
import type { PersonAction } from '../../../functions/domain/policy/question.ts'
import { holdsFor } from '../../../functions/group-sources/kind.ts'
import { sourceOf } from '../../../functions/group-sources/kinds.ts'
import { person, start } from '../../support/world.ts'

const [jade, kofi] = [person('jade'), person('kofi')]
const pager = { pager: { schedule: 'PONCALL', level: 1 } }
const sourced = (changes: Partial<SourcedGroup> = {}): SourcedGroup => ({
  source: pager,
  tiers: 1,
  breakGlass: false,
  ...changes,
})
const directoryWith = (sources: { [group: string]: SourcedGroup }): Directory => ({
  people: [],
  groups: Object.fromEntries(Object.keys(sources).map((group) => [group, []])),
  sources,
})
const reading = (members: GroupReading['members'], readAt = start): GroupReading => ({
  source: sourceOf(pager).key,
  members,
  readAt,
  holdsUntil: readAt + holdsFor,
})
const directory = directoryWith({ 'on-call-now': sourced() })
const now = (members: GroupReading['members'], at: number) =>
  membersNow(directory, 'on-call-now', { 'on-call-now': reading(members) }, at).map((each) => each.person)

const shifts = [
  { person: jade, from: start - 3600, until: start + 60 },
  { person: kofi, from: start + 60, until: start + 7200 },
]

test.each([
  [0, [jade]],
  [59, [jade]],
  [60, [kofi]],
  [holdsFor - 1, [kofi]],
  [holdsFor, []],
  [86_400, []],
  [Number.NaN, []],
])('a schedule has these members %p seconds after its reading: %j', (later, expected) =>
  expect(now(shifts, start + later)).toEqual(expected),
)

test('a person who is always on call has neither beginning nor end', () =>
  expect(now([{ person: jade }], start)).toEqual([jade]))

test.each<[string, string, string]>([
  // Berlin, 2027-03-28: the clock goes from 02:00 to 03:00. A shift until 03:00 ends when the hour does not exist.
  ['forward', '2027-03-28T00:30:00+01:00', '2027-03-28T03:00:00+02:00'],
  // 2027-10-31: from 03:00 back to 02:00. The hour from two to three occurs twice, and the offset says which one is
  // meant.
  ['back', '2027-10-31T02:30:00+02:00', '2027-10-31T02:30:00+01:00'],
])('a shift is between two instants in summer time, %s', (_, from, until) => {
  const [begins, ends] = [Date.parse(from) / 1000, Date.parse(until) / 1000]
  const read = reading([{ person: jade, from: begins, until: ends }], ends - 60)
  const at = (when: number) => membersNow(directory, 'on-call-now', { 'on-call-now': read }, when)
  expect(at(ends - 1)).toHaveLength(1)
  expect(at(ends)).toEqual([])
  expect(ends - begins).toBe(_ === 'forward' ? 5400 : 3600)
})

test('a group has no member by another source, as after a deployment', () => {
  const other = directoryWith({ 'on-call-now': sourced({ source: { pager: { schedule: 'POTHER', level: 1 } } }) })
  expect(membersNow(other, 'on-call-now', { 'on-call-now': reading([{ person: jade }]) }, start)).toEqual([])
})

test.each(['constructor', '__proto__', 'other'])('a group `%s` without a source has no members', (group) =>
  expect(membersNow(directory, group, { 'on-call-now': reading([{ person: jade }]) }, start)).toEqual([]),
)

const may = (changes: Partial<SourcedGroup>, action: PersonAction, tier?: number) =>
  groupsBySource(
    directoryWith({ 'on-call-now': sourced(changes) }),
    jade,
    { action, tier },
    { readings: { 'on-call-now': reading([{ person: jade }]) } },
    start,
  ).length > 0

test.each<[Partial<SourcedGroup>, PersonAction, number | undefined, boolean]>([
  [{}, 'approve', 0, true],
  [{}, 'approve', 1, true],
  [{}, 'approve', 2, false],
  [{ tiers: 2 }, 'approve', 2, true],
  [{ tiers: 0 }, 'approve', 1, false],
  [{}, 'approve', undefined, false],
  [{}, 'approve', Number.NaN, false],
  [{}, 'revoke', undefined, true],
  [{}, 'revoke', 3, true],
  [{}, 'breakGlass', undefined, false],
  [{ breakGlass: true }, 'breakGlass', undefined, true],
  [{ breakGlass: true }, 'review', undefined, false],
  [{ breakGlass: true, tiers: 9 }, 'lift', undefined, false],
  [{ breakGlass: true, tiers: 9 }, 'erase', undefined, false],
  [{ breakGlass: true, tiers: 9 }, 'allowStanding', 1, false],
  [{ breakGlass: true, tiers: 9 }, 'standIn', undefined, false],
])('a source with %j counts for %s at tier %p: %p', (changes, action, tier, expected) =>
  expect(may(changes, action, tier)).toBe(expected),
)

const claims = directoryWith({
  sre: sourced({ source: { claim: 'eng-sre' } }),
  owners: sourced({ source: { claim: 'eng-owners' } }),
  'on-call-now': sourced(),
})
const approve = { action: 'approve', tier: 1 } as const

test('a login claims the groups whose value it has, while it lives and at most an hour', () => {
  const claimed = (expiresAt: number) => pickLoginGroups(claims, ['eng-sre', 'other'], { now: start, expiresAt })
  expect(claimed(start + 60)).toEqual({ groups: ['sre'], until: start + 60 })
  expect(claimed(start + 86_400)).toEqual({ groups: ['sre'], until: start + 3600 })
  expect(pickLoginGroups(claims, [], { now: start, expiresAt: start + 60 })).toBeUndefined()
  expect(pickLoginGroups(claims, ['undefined', ''], { now: start, expiresAt: start + 60 })).toBeUndefined()
})

test('claimed groups count until then, and only while the directory takes them from the claim', () => {
  const claimed = { groups: ['sre', 'on-call-now'], until: start + 60 }
  expect(groupsBySource(claims, jade, approve, { claimed }, start + 59)).toEqual(['sre'])
  expect(groupsBySource(claims, jade, approve, { claimed }, start + 60)).toEqual([])
  expect(groupsBySource(claims, jade, approve, {}, start)).toEqual([])
})

test('claimed groups are not asked for, since they come with the login', () =>
  expect(groupsToRead(claims)).toEqual(['on-call-now']))
