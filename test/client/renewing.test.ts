import { renewing } from '../../client/renewing.ts'

/** Credentials of several callers, where new ones end those before. */

const start = Date.parse('2027-01-15T08:00:00Z')
const minute = 60_000
let asked: number
let ends: number[]
const make = async () => {
  asked += 1
  const end = ends.shift()
  if (end === undefined) throw new Error('down')
  return { end }
}
const get = () => renewing(make, ({ end }) => end)

beforeEach(() => {
  jest.useFakeTimers({ now: start, doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] })
  asked = 0
})
afterEach(() => jest.useRealTimers())
const at = (minutes: number) => jest.setSystemTime(start + minutes * minute)

test('credentials are made once for concurrent callers, and until they are nearly over', async () => {
  ends = [start + 15 * minute, start + 29 * minute]
  const give = get()
  await Promise.all(Array.from({ length: 5 }, give))
  at(13.9)
  await give()
  expect(asked).toBe(1)
  at(14.5)
  const all = await Promise.all(Array.from({ length: 5 }, give))
  expect([asked, ...new Set(all.map(({ end }) => end))]).toEqual([2, start + 29 * minute])
})

test('credentials that end with the grant are not renewed, since that would end those in use', async () => {
  // The same end, within the tolerance.
  ends = [start + 15 * minute, start + 15 * minute + 900]
  const give = get()
  await give()
  at(14.5)
  for (const _ of [1, 2, 3]) await give()
  expect(asked).toBe(2)
  at(15.5)
  await expect(give()).rejects.toThrow('down')
  expect(asked).toBe(3)
})

test('credentials that were made in the last minute of the grant are the last', async () => {
  ends = [start + minute / 2]
  const give = get()
  for (const _ of [1, 2, 3]) await give()
  expect(asked).toBe(1)
})

test('credentials that could not be made are asked for again', async () => {
  ends = []
  const give = get()
  await expect(give()).rejects.toThrow('down')
  ends = [start + 15 * minute]
  expect(await give()).toEqual({ end: start + 15 * minute })
})
