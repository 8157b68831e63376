import { findingsOf, isNight, noCounts, recordOf } from '../../../functions/domain/agents/activity.ts'
import type { Activity, Counts } from '../../../functions/domain/agents/agent-file.ts'
import { noRecord } from '../../../functions/domain/people/host.ts'
import type { Autonomy } from '../../../functions/domain/people/organisation.ts'
import { start } from '../../support/world.ts'

/** An agent's record against its declared class. */

const activity = (days30: Partial<Counts>): Activity => ({
  at: start,
  days30: { ...noCounts, ...days30 },
  days90: noCounts,
  lastUse: {},
})
const found = (autonomy: Autonomy, counts: Partial<Counts>) => findingsOf({ autonomy }, activity(counts), 'UTC')

test.each<[autonomy: Autonomy, counts: Partial<Counts>, finding: RegExp]>([
  ['supervised', { asked: 20, tierZero: 17 }, /acts alone more than its class says: 85 % of 20 requests/],
  ['assistive', { asked: 3, tierZero: 1 }, /acted alone once/],
  ['assistive', { asked: 3, night: 2 }, /asked 2 times at night/],
  ['autonomous', { asked: 10 }, /never acted alone/],
  ['orchestrator', { asked: 2, tierZero: 2 }, /acted by itself 2 times/],
  ['autonomous', { asked: 20, tierZero: 20, extraCalls: 1 }, /made 1 call that no request asked for/],
  ['supervised', { asked: 10, denied: 9 }, /90 % of 10 requests were denied/],
  ['supervised', { asked: 2, refused: 10 }, /10 refused attempts/],
])('an agent of the class %s with %j has a finding', (autonomy, counts, finding) =>
  expect(found(autonomy, counts)).toEqual([expect.stringMatching(finding)]),
)

test.each<[autonomy: Autonomy, counts: Partial<Counts>]>([
  ['supervised', { asked: 20, tierZero: 16 }],
  ['supervised', { asked: 9, tierZero: 9, denied: 9, refused: 9 }],
  ['assistive', { asked: 40, approved: 40 }],
  ['autonomous', { asked: 100, tierZero: 100, night: 100 }],
  ['orchestrator', { asked: 10, approved: 10 }],
])('an agent of the class %s with %j is as declared', (autonomy, counts) => expect(found(autonomy, counts)).toEqual([]))

test('an agent without activity has no finding, and zeros in policy', () => {
  expect(findingsOf({ autonomy: 'assistive' }, undefined, 'UTC')).toEqual([])
  expect(recordOf(undefined)).toEqual(noRecord)
})

test('policy reads the thirty days', () =>
  expect(recordOf(activity({ asked: 4, approved: 3, night: 2 }))).toEqual({ ...noRecord, asked: 4, night: 2 }))

test.each([
  ['UTC', '06:59:59', true],
  ['UTC', '07:00:00', false],
  ['UTC', '18:59:59', false],
  ['UTC', '19:00:00', true],
  ['Europe/Berlin', '04:59:59', true],
  ['Europe/Berlin', '05:00:00', false],
  ['Asia/Tokyo', '10:00:00', true],
  ['Asia/Tokyo', '22:00:00', false],
])('a request is at night by the clock of %s, at %s UTC: %s', (zone, time, night) =>
  expect(isNight(Date.parse(`2026-06-29T${time}Z`) / 1000, zone)).toBe(night),
)
