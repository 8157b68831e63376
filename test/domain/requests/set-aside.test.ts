import { asideNow, asideUntil } from '../../../functions/domain/requests/set-aside.ts'
import { requestId, sampleAsk, submittedAt } from '../../support/ask.ts'
import { live } from '../story.ts'

/** A person may set a request aside, and it comes back in time. */

const now = submittedAt
const { state } = live(0, sampleAsk())
const { id } = state.ask

test('a request comes back when its time is over, and when it has changed', () => {
  const aside = { until: now + 60, round: state.round }
  expect(asideNow(state, { [id]: aside }, now + 59)).toBe(now + 60)
  expect(asideNow(state, { [id]: aside }, now + 60)).toBeUndefined()
  expect(asideNow(state, { [id]: { ...aside, round: state.round + 1 } }, now)).toBeUndefined()
  expect(asideNow(state, { [requestId(99)]: aside }, now)).toBeUndefined()
})

test('a request comes back a quarter of an hour before it is due, at the latest', () => {
  expect(asideUntil('hour', now + 86_400, now, 'UTC')).toBe(now + 3600)
  expect(asideUntil('hour', now + 4000, now, 'UTC')).toBe(now + 3100)
  expect(asideUntil('due', now + 4000, now, 'UTC')).toBe(now + 3100)
  expect(asideUntil('due', now + 901, now, 'UTC')).toBe(now + 1)
  expect(asideUntil('due', now + 900, now, 'UTC')).toBeUndefined()
})

test.each([
  ['UTC', '2027-01-15T09:00:00Z', '2027-01-16T09:00:00Z'],
  ['Europe/Berlin', '2027-01-15T08:00:00Z', '2027-01-16T08:00:00Z'],
  ['Europe/Berlin', '2027-03-27T08:00:00Z', '2027-03-28T07:00:00Z'],
  ['America/New_York', '2027-01-15T14:00:00Z', '2027-01-16T14:00:00Z'],
])('`morning` is the next 09:00 by the clock of %s, also at 09:00 (%s)', (zone, nine, next) => {
  const [first, second] = [nine, next].map((time) => Date.parse(time) / 1000) as [number, number]
  const due = first + 7 * 86_400
  expect(asideUntil('morning', due, first - 1, zone)).toBe(first)
  expect(asideUntil('morning', due, first, zone)).toBe(second)
})
