import { SystemClock, SystemIds } from '../../../functions/adapters/system/system.ts'
import {
  CredentialId,
  EvaluationId,
  NumericDate,
  QuestionId,
  RequestId,
  requestOfUse,
  UseId,
} from '../../../functions/domain/values.ts'
import type { Ids } from '../../../functions/operations/ports.ts'
import { MemoryIds } from '../../support/memory-ids.ts'

describe.each<[name: string, make: () => Ids]>([
  ['of the system', () => new SystemIds()],
  ['that count', () => new MemoryIds()],
])('ids %s', (_name, make) => {
  test('ids have their prefix and 26 letters, and never repeat', () => {
    const ids = make()
    const made = Array.from({ length: 2000 }, () => [
      RequestId.parse(ids.request()),
      CredentialId.parse(ids.credential()),
      EvaluationId.parse(ids.evaluation()),
      QuestionId.parse(ids.question()),
    ]).flat()
    expect(new Set(made.map((id) => id.slice(4))).size).toBe(made.length)
  })

  test('ids of uses name their request or opening, and never repeat', () => {
    const ids = make()
    for (const request of [ids.request(), ids.opening()]) {
      const uses = Array.from({ length: 200 }, () => UseId.parse(ids.use(request)))
      expect(new Set(uses.map(requestOfUse))).toEqual(new Set([request]))
      expect(new Set(uses).size).toBe(uses.length)
    }
  })

  test('ids of uses that are cut or malformed name no request', () => {
    const use = make().use('req_00000000000000000000000001' as RequestId)
    for (const bad of [use.slice(0, -1), use.slice(0, 30), 'use_00000000000000000000000001'])
      expect(requestOfUse(bad as UseId)).toBeUndefined()
  })
})

test('ids of the system use all 32 letters in all 26 places: there are 130 random bits in each', () => {
  const ids = new SystemIds()
  const seen = Array.from({ length: 26 }, () => new Set<string>())
  // A letter is missing from a place after 2,000 ids once in 10^25 runs.
  for (let n = 0; n < 2000; n++)
    for (const [place, letter] of [...ids.request().slice(4)].entries()) seen[place]?.add(letter)
  expect(seen.map((letters) => letters.size)).toEqual(Array.from({ length: 26 }, () => 32))
})

test("the system's clock gives the present time in whole seconds", () => {
  const [before, now, after] = [Date.now(), new SystemClock().now(), Date.now()]
  expect(NumericDate.parse(now)).toBe(now)
  expect(now).toBeGreaterThanOrEqual(Math.floor(before / 1000))
  expect(now).toBeLessThanOrEqual(after / 1000)
})
