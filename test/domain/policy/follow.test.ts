import { Follow, followedUntil, pauseOf } from '../../../functions/domain/policy/follow.ts'
import { automation } from '../../support/runs.ts'

const now = 1_800_000_000

test('an entry says how its run is followed', () => {
  expect(Follow.parse(automation)).toEqual(automation)
})

test.each([
  ['a pause of less than 5 s', { every: 'PT4S' }],
  ['a pause of more than 5 minutes', { every: 'PT301S' }],
  ['a duration that is no ISO 8601', { every: '30' }],
  ['more than a week', { atMost: 'P8D' }],
  ['no rights for its read', { rights: [] }],
  ['a call that stops nothing', { cancel: { action: 'ec2:StopInstances', arguments: {} } }],
])('an entry whose run is followed with %s is refused', (_what, changes) => {
  expect(Follow.safeParse({ ...automation, ...changes }).success).toBe(false)
})

test('a run is followed for as long as its entry says, and not at all without', () => {
  expect(followedUntil(automation, now)).toBe(now + 3600)
  expect(followedUntil(undefined, now)).toBe(now)
})

test.each([
  ['at first, as often as the entry says', 0, 10],
  ['after two minutes, after a fifth of its age', 120, 24],
  ['after an hour, every five minutes', 3600, 300],
])('a run is looked at %s', (_when, age, pause) => {
  expect(pauseOf(automation, { since: now, atMost: now + 86_400 }, now + age)).toBe(pause)
})

test('a run is looked at just after its last time, and at once if that has passed', () => {
  const run = { since: now, atMost: now + 3600 }
  expect(pauseOf(automation, run, now + 3590)).toBe(11)
  expect(pauseOf(automation, run, now + 9999)).toBe(1)
})
