import type { StoredDay } from '../../../functions/operations/agents/unknown-callers.ts'
import { submittedAt } from '../../support/ask.ts'
import { onBothStores } from './stores.ts'

onBothStores('unknown callers', (stores) => {
  const key = { issuer: 'workloads', day: '2027-01-15' }
  const seen = { first: submittedAt, last: submittedAt + 1, calls: 2 }
  const day: StoredDay = { key, value: { listed: { 'repo:acme/checkout': seen }, others: 3 }, version: 0 }
  const save = (each: StoredDay) => stores.unknown.saveDay(each, submittedAt + 86_400)

  test('a day without a row is left out', async () => {
    expect(await stores.unknown.days([])).toEqual([])
    expect(await stores.unknown.days([key])).toEqual([])
  })

  test('a day that was saved is read with its version', async () => {
    expect(await save(day)).toBe(true)
    expect(await stores.unknown.days([{ ...key, day: '2027-01-14' }, key])).toEqual([{ ...day, version: 1 }])
  })

  test('one of two concurrent writers of a day is told that the other came first', async () => {
    expect((await Promise.all([save(day), save(day)])).filter(Boolean)).toHaveLength(1)
    expect(await save({ ...day, version: 1 })).toBe(true)
    expect(await save({ ...day, version: 1 })).toBe(false)
  })
})
