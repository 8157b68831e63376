import { asideNow, asideUntil } from '../../../functions/domain/requests/set-aside.ts'
import { requestId, sampleAsk, submittedAt } from '../../support/ask.ts'
import { live } from '../story.ts'

/** A person may set a request aside, and it comes back in time. */

const now = submittedAt
const { state } = live(0, [], sampleAsk())
const { id } = state.ask

test('a request comes back when its time is over, and when it has changed', () => {
  const aside = { until: now + 60, round: state.round }
  expect(asideNow(state, { [id]: aside }, now + 59)).toBe(now + 60)
  expect(asideNow(state, { [id]: aside }, now + 60)).toBeUndefined()
  expect(asideNow(state, { [id]: { ...aside, round: state.round + 1 } }, now)).toBeUndefined()
  expect(asideNow(state, { [requestId(99)]: aside }, now)).toBeUndefined()
})

test('a request comes back a quarter of an hour before it is due, at the latest', () => {
  expect(asideUntil('hour', now + 86_400, now)).toBe(now + 3600)
  expect(asideUntil('hour', now + 4000, now)).toBe(now + 3100)
  expect(asideUntil('due', now + 4000, now)).toBe(now + 3100)
  expect(asideUntil('due', now + 901, now)).toBe(now + 1)
  expect(asideUntil('due', now + 900, now)).toBeUndefined()
})

test('`morning` is the next 09:00 UTC, also at 09:00', () => {
  const midnight = now - (now % 86_400)
  const nine = midnight + 9 * 3600
  const due = midnight + 7 * 86_400
  expect(asideUntil('morning', due, nine - 1)).toBe(nine)
  expect(asideUntil('morning', due, nine)).toBe(nine + 86_400)
})
