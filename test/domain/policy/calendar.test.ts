import * as fc from 'fast-check'
import {
  Calendar,
  type Freeze,
  instantOf,
  localTime,
  type Window,
  whenNext,
  whyNotNow,
  windowsAt,
} from '../../../functions/domain/policy/calendar.ts'
import { growth } from '../../support/growth.ts'

const at = (time: string) => Date.parse(time) / 1000
const zone = 'Europe/Berlin'
const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri'] as const

const withWindows = (windows: { [name: string]: Partial<Window> }, dates?: Calendar['dates']): Calendar =>
  Calendar.parse({
    ...(dates && { dates }),
    windows: Object.fromEntries(Object.entries(windows).map(([name, each]) => [name, { zone, ...each }])),
    freezes: {},
  })
const withFreeze = (...periods: Omit<Freeze, 'zone' | 'reason'>[]): Calendar => ({
  windows: {},
  freezes: { quiet: periods.map((period) => ({ zone, reason: 'the year turns', ...period })) },
})

const office = withWindows({ office: { days: [...weekdays], hours: ['09:00-17:00'] } })
test.each([
  ['in winter from eight by UTC', '2026-01-05T08:00:00Z', true],
  ['not a second sooner', '2026-01-05T07:59:59Z', false],
  ['in summer from seven by UTC', '2026-07-06T07:00:00Z', true],
  ['to the second before its end', '2026-07-06T14:59:59Z', true],
  ['not at its end', '2026-07-06T15:00:00Z', false],
  ['not on a day that is not its own', '2026-07-05T10:00:00Z', false],
])('a window holds by the wall clock of its zone %s', (_rule, time, holds) =>
  expect(windowsAt(office, at(time))).toEqual(holds ? ['office'] : []),
)

test('a window without hours holds all day, and without days every day', () => {
  const all = withWindows({ always: {}, sundays: { days: ['sun'] }, nights: { hours: ['22:00-24:00'] } })
  expect(windowsAt(all, at('2026-07-04T21:59:59Z'))).toEqual(['always', 'nights'])
  expect(windowsAt(all, at('2026-07-04T22:00:00Z'))).toEqual(['always', 'sundays'])
})

test('windows of two zones hold at different times', () => {
  const zones = withWindows({
    berlin: { hours: ['09:00-10:00'] },
    mumbai: { zone: 'Asia/Kolkata', hours: ['09:00-10:00'] },
  })
  expect(windowsAt(zones, at('2026-01-05T03:30:00Z'))).toEqual(['mumbai'])
  expect(windowsAt(zones, at('2026-01-05T08:00:00Z'))).toEqual(['berlin'])
})

test('a window does not hold on excepted days', () => {
  const days = withWindows({ office: { hours: ['09:00-17:00'], except: ['off'] } }, { off: ['2026-05-14'] })
  expect(windowsAt(days, at('2026-05-14T10:00:00Z'))).toEqual([])
  expect(windowsAt(days, at('2026-05-15T10:00:00Z'))).toEqual(['office'])
})

test('the windows at a time do not depend on earlier questions', () => {
  const times = fc.integer({ min: at('2026-01-01T00:00:00Z'), max: at('2027-01-01T00:00:00Z') })
  return fc.assert(
    fc.property(times, times, (one, other) => {
      const fresh = windowsAt(structuredClone(office), other)
      windowsAt(office, one)
      expect(windowsAt(office, other)).toEqual(fresh)
    }),
  )
})

const fridays = withWindows(
  { night: { days: ['fri'], hours: ['22:00-06:00'], except: ['off'] } },
  { off: ['2026-07-10'] },
)
test.each([
  ['from Friday evening', '2026-07-03T20:00:00Z', true],
  ['into Saturday', '2026-07-04T03:59:00Z', true],
  ['to its end', '2026-07-04T04:00:00Z', false],
  ['not early on Friday, which is the night of Thursday', '2026-07-03T03:00:00Z', false],
  ['not on Saturday evening', '2026-07-04T21:00:00Z', false],
  ['not into the day after one that is left out', '2026-07-11T03:00:00Z', false],
])('hours across midnight belong to the day on which they begin: %s', (_rule, time, holds) =>
  expect(windowsAt(fridays, at(time))).toEqual(holds ? ['night'] : []),
)

// 29 March 2026: 02:00 to 03:00 does not occur. 25 October 2026: 02:00 to 03:00 occurs twice.
const early = withWindows({
  skipped: { hours: ['02:00-03:00'] },
  half: { hours: ['02:30-03:30'] },
  night: { hours: ['22:00-06:00'] },
})
const minutesOn = (name: string, from: string, hours: number) =>
  Array.from({ length: hours * 60 }, (_, minute) => at(from) + minute * 60).filter((time) =>
    windowsAt(early, time).includes(name),
  ).length

test('skipped hours do not occur', () => {
  expect(minutesOn('skipped', '2026-03-28T23:00:00Z', 23)).toBe(0)
  expect(minutesOn('half', '2026-03-28T23:00:00Z', 23)).toBe(30)
})

test('repeated hours occur twice', () => {
  expect(minutesOn('skipped', '2026-10-24T22:00:00Z', 25)).toBe(120)
  expect(minutesOn('half', '2026-10-24T22:00:00Z', 25)).toBe(90)
  expect(windowsAt(early, at('2026-10-25T00:30:00Z'))).toContain('half')
  expect(windowsAt(early, at('2026-10-25T01:00:00Z'))).not.toContain('half')
  expect(windowsAt(early, at('2026-10-25T01:30:00Z'))).toContain('half')
})

test('a night is an hour shorter or longer', () => {
  expect(minutesOn('night', '2026-03-28T15:00:00Z', 20)).toBe(7 * 60)
  expect(minutesOn('night', '2026-10-24T15:00:00Z', 20)).toBe(9 * 60)
})

test('the next change is told across a clock change', () => {
  const next = (name: string, time: string) => whenNext(early, name, at(time))
  expect(next('skipped', '2026-03-29T00:00:00Z')).toEqual({
    name: 'skipped',
    at: at('2026-03-30T00:00:00Z'),
    holds: true,
  })
  expect(next('half', '2026-03-29T00:00:00Z')).toMatchObject({ at: at('2026-03-29T01:00:00Z'), holds: true })
  expect(next('half', '2026-10-25T00:45:00Z')).toMatchObject({ at: at('2026-10-25T01:00:00Z'), holds: false })
  expect(next('half', '2026-10-25T01:00:00Z')).toMatchObject({ at: at('2026-10-25T01:30:00Z'), holds: true })
})

const quiet = withFreeze(
  { from: at('2026-12-23T16:00:00Z'), until: at('2027-01-04T07:00:00Z') },
  { from: at('2027-12-23T16:00:00Z'), until: at('2028-01-04T07:00:00Z') },
)
test.each([
  ['from its first second', '2026-12-23T16:00:00Z', true],
  ['not before it', '2026-12-23T15:59:59Z', false],
  ['to the second before its end', '2027-01-04T06:59:59Z', true],
  ['and not at its end', '2027-01-04T07:00:00Z', false],
  ['again in its next period', '2028-01-01T00:00:00Z', true],
])('a freeze holds %s', (_rule, time, holds) => expect(windowsAt(quiet, at(time))).toEqual(holds ? ['quiet'] : []))

test('a freeze tells its next change, and none after its last period', () => {
  expect(whenNext(quiet, 'quiet', at('2026-12-01T00:00:00Z'))).toMatchObject({ at: at('2026-12-23T16:00:00Z') })
  expect(whenNext(quiet, 'quiet', at('2026-12-25T00:00:00Z'))).toMatchObject({ at: at('2027-01-04T07:00:00Z') })
  expect(whenNext(quiet, 'quiet', at('2028-02-01T00:00:00Z'))).toBeUndefined()
})

test('a freeze whose periods meet holds to the end of the last', () => {
  const two = withFreeze({ from: 100, until: 200 }, { from: 200, until: 300 })
  expect(whenNext(two, 'quiet', 150)).toEqual({ name: 'quiet', at: 300, holds: false })
})

test('a window begins or ends at the announced time, and not before', () => {
  const calendar = withWindows(
    {
      office: { days: [...weekdays], hours: ['09:00-12:00', '13:00-17:30'], except: ['off'] },
      nights: { days: ['fri', 'sat'], hours: ['22:00-06:00'] },
      mornings: { hours: ['02:15-02:45'] },
      abroad: { zone: 'America/New_York', hours: ['01:30-02:30'] },
    },
    { off: ['2026-04-03', '2026-04-06'] },
  )
  const times = fc.integer({ min: at('2026-03-01T00:00:00Z'), max: at('2026-11-30T00:00:00Z') })
  return fc.assert(
    fc.property(times, fc.constantFrom('office', 'nights', 'mornings', 'abroad'), (now, name) => {
      const change = whenNext(calendar, name, now)
      if (!change) throw new Error('it changes within a week')
      const holds = (time: number) => windowsAt(calendar, time).includes(name)
      expect(holds(change.at)).toBe(change.holds)
      for (let time = now; time < change.at; time += 300) expect(holds(time)).toBe(!change.holds)
      expect(holds(change.at - 1)).toBe(!change.holds)
    }),
    { numRuns: 25 },
  )
})

test('a window that always holds has no next change', () =>
  expect(whenNext(withWindows({ always: {} }), 'always', at('2026-01-01T00:00:00Z'))).toBeUndefined())

const excepted = ['2026-01-05', '2026-01-12', '2026-01-19', '2026-01-26', '2026-02-02']
const excepting = withWindows(
  { mondays: { days: ['mon'], except: ['off'] }, always: { except: ['once'] }, both: { except: ['off', 'once'] } },
  { off: excepted, once: ['2026-03-20'] },
)
test.each([
  ['a window whose next five days are excepted begins on the sixth', 'mondays', '2026-02-08T23:00:00Z', true],
  ['a window that always holds ends on the one day that it excepts', 'always', '2026-03-19T23:00:00Z', false],
  ['a window ends on the first of the days that it excepts', 'both', '2026-01-04T23:00:00Z', false],
])('%s', (_rule, name, time, holds) =>
  expect(whenNext(excepting, name, at('2026-01-01T00:00:00Z'))).toEqual({ name, at: at(time), holds }),
)

test('a window is searched once until it changes, or for a day', () => {
  const windows = Object.fromEntries(Array.from({ length: 32 }, (_, n) => [`w${n}`, { hours: ['00:00-24:00'] }]))
  const timesAsLong = growth(
    (questions) => {
      const [calendar, now] = [withWindows(windows), at('2026-01-01T00:00:00Z')]
      return () => {
        const fresh = { ...calendar }
        for (let n = 0; n < questions; n += 1) whyNotNow(fresh, () => false, now + n)
      }
    },
    64,
    2,
  )
  // It would take eight times as long if each question searched.
  expect(timesAsLong).toBeLessThan(3)
})

test('no window holds without a calendar, and none is announced', () => {
  expect(windowsAt(undefined, 0)).toEqual([])
  expect(whyNotNow(undefined, () => true, 0)).toBeUndefined()
})

test.each([
  ['in winter', '2026-12-23T17:00', 'earlier', '2026-12-23T16:00:00Z'],
  ['in summer, to the second', '2026-07-01T08:00:30', 'earlier', '2026-07-01T06:00:30Z'],
  ['a day is its beginning', '2026-07-01', 'earlier', '2026-06-30T22:00:00Z'],
  ['that comes twice, the first', '2026-10-25T02:30', 'earlier', '2026-10-25T00:30:00Z'],
  ['that comes twice, the second', '2026-10-25T02:30', 'later', '2026-10-25T01:30:00Z'],
  ['that never comes, as before the change', '2026-03-29T02:30', 'earlier', '2026-03-29T00:30:00Z'],
  ['that never comes, as after it', '2026-03-29T02:30', 'later', '2026-03-29T01:30:00Z'],
] as const)('%s', (_rule, local, which, time) => expect(instantOf(zone, local, which)).toBe(at(time)))

test('a local time is told with its zone', () =>
  expect(localTime(zone, at('2027-01-04T07:00:00Z'))).toBe('4 January 2027, 08:00 Europe/Berlin'))

const calendar: Calendar = {
  ...withWindows({ office: { days: [...weekdays], hours: ['09:00-17:00'] } }),
  freezes: withFreeze({ from: at('2026-12-23T16:00:00Z'), until: at('2027-01-04T03:00:00Z') }).freezes,
}
const christmas = at('2026-12-24T12:00:00Z')
const permits = (rule: (holding: readonly string[]) => boolean) => (time: number) => rule(windowsAt(calendar, time))

test('a refusal names a freeze, with its end and its reason', () =>
  expect(
    whyNotNow(
      calendar,
      permits((all) => !all.includes('quiet')),
      christmas,
    ),
  ).toBe('the freeze `quiet` holds until 4 January 2027, 04:00 Europe/Berlin: the year turns'))

test('a refusal names a window that has not begun', () =>
  expect(
    whyNotNow(
      calendar,
      permits((all) => all.includes('office')),
      at('2026-12-19T12:00:00Z'),
    ),
  ).toBe('it is outside of the window `office`, which begins on 21 December 2026, 09:00 Europe/Berlin'))

test('a refusal names a window that holds', () =>
  expect(
    whyNotNow(
      calendar,
      permits((all) => !all.includes('office')),
      at('2026-12-18T12:00:00Z'),
    ),
  ).toBe('it is within the window `office`, which ends on 18 December 2026, 17:00 Europe/Berlin'))

test('a refusal names nothing if no window or freeze helps', () =>
  expect(whyNotNow(calendar, () => false, christmas)).toBeUndefined())

test.each([
  ['an unknown zone', { zone: 'Europe/Berlln' }, 'not a time zone'],
  ['an offset, which knows no summer', { zone: '+01:00' }, 'not a time zone'],
  ['no day', { zone, days: [] }, 'at least one day'],
  ['an unknown day', { zone, days: ['monday'] }, 'Invalid option'],
  ['no hours', { zone, hours: [] }, 'at least one span'],
  ['hours that end when they begin', { zone, hours: ['09:00-09:00'] }, 'end when they begin'],
  ['hours beyond the day', { zone, hours: ['23:00-25:00'] }, 'hours such as'],
  ['24:00 as a beginning', { zone, hours: ['24:00-06:00'] }, 'hours such as'],
])('a window with %s is refused', (_rule, window, message) => {
  const parsed = Calendar.safeParse({ windows: { it: window }, freezes: {} })
  expect(parsed.error?.issues.map((issue) => issue.message).join()).toContain(message)
})

test('a freeze called `constructor` holds', () => {
  const period = { zone, from: 0, until: 100, reason: 'the year turns' }
  const calendar: Calendar = { windows: {}, freezes: { constructor: [period] } }
  expect(windowsAt(calendar, 50)).toEqual(['constructor'])
  expect(whenNext(calendar, 'constructor', 50)).toEqual({ name: 'constructor', at: 100, holds: false })
})
