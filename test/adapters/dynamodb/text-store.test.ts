import { commitmentTo, type PersonalText } from '../../../functions/domain/ledger/texts.ts'
import type { Digest } from '../../../functions/domain/values.ts'
import { person, sampleAsk } from '../../support/ask.ts'
import { submission } from './commits.ts'
import { onBothStores } from './stores.ts'

const text = (n: number, name = 'ana'): PersonalText => {
  const salt = `salt ${n}`
  return { commitment: commitmentTo(`text ${n}`, salt), person: person(name), text: `text ${n}`, salt }
}
const commitments = (texts: readonly PersonalText[]): Digest[] => texts.map(({ commitment }) => commitment)

onBothStores('the store of texts', (stores) => {
  test('a text is found if its commit succeeded, and not if the commit was stale', async () => {
    const first = submission(sampleAsk())
    expect(await stores.requests.commit({ ...first, texts: [text(1)] })).toEqual({ outcome: 'committed' })
    expect(await stores.requests.commit({ ...first, texts: [text(2)] })).toMatchObject({ outcome: 'stale' })
    const found = await stores.texts.find([...commitments([text(1), text(2)]), text(1).commitment])
    expect([...found]).toEqual([[text(1).commitment, { text: 'text 1', salt: 'salt 1' }]])
  })

  test('texts of several batches are found, and none if none is asked for', async () => {
    const many = Array.from({ length: 90 }, (_, n) => text(n))
    await stores.requests.commit({ ...submission(sampleAsk()), texts: many })
    const strangers = Array.from({ length: 120 }, (_, n) => text(1_000 + n))
    expect((await stores.texts.find(commitments([...strangers, ...many]))).size).toBe(90)
    expect((await stores.texts.find([])).size).toBe(0)
  })

  test('texts of a person are listed by pages, and exactly those are erased, even twice', async () => {
    const own = [1, 2, 3, 4, 5].map((n) => text(n))
    await stores.requests.commit({ ...submission(sampleAsk()), texts: [...own, text(6, 'ben')] })
    const first = await stores.texts.ofPerson(person('ana'), { limit: 3 })
    const second = await stores.texts.ofPerson(person('ana'), { limit: 3, after: first.next ?? '' })
    expect([...first.found, ...second.found].sort()).toEqual(commitments(own).sort())
    expect([first.found.length, second.next]).toEqual([3, undefined])
    await stores.texts.erase(first.found)
    await stores.texts.erase(first.found)
    expect((await stores.texts.ofPerson(person('ana'), { limit: 9 })).found).toHaveLength(2)
    expect((await stores.texts.find(commitments([...own, text(6)]))).size).toBe(3)
  })
})
