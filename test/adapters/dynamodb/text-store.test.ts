import { connect } from '../../../functions/adapters/dynamodb/client.ts'
import { DynamoRequestStore } from '../../../functions/adapters/dynamodb/request-store.ts'
import { DynamoTextStore } from '../../../functions/adapters/dynamodb/text-store.ts'
import { commitmentTo, type PersonalText } from '../../../functions/domain/ledger/texts.ts'
import type { Digest } from '../../../functions/domain/values.ts'
import type { TextEraser, TextReader } from '../../../functions/operations/ledger/ports.ts'
import type { RequestStore } from '../../../functions/operations/record/ports.ts'
import { person, sampleAsk } from '../../support/ask.ts'
import { MemoryLedgerStore } from '../../support/ledger/memory-ledger-store.ts'
import { MemoryRequestStore } from '../../support/requests/memory-request-store.ts'
import { onBoth } from '../both.ts'
import { submission } from './commits.ts'
import { makeTables } from './tables.ts'

type Stores = { texts: TextReader & TextEraser; requests: RequestStore }

const text = (n: number, name = 'ana'): PersonalText => {
  const salt = `salt ${n}`
  return { commitment: commitmentTo(`text ${n}`, salt), person: person(name), text: `text ${n}`, salt }
}
const commitments = (texts: readonly PersonalText[]): Digest[] => texts.map(({ commitment }) => commitment)

onBoth<Stores>(
  'the store of texts',
  {
    memory: () => {
      const ledger = new MemoryLedgerStore()
      return { texts: ledger.texts, requests: new MemoryRequestStore(ledger) }
    },
    real: async () => {
      const tables = await makeTables()
      const connection = connect()
      return {
        texts: new DynamoTextStore(connection, tables.texts),
        requests: new DynamoRequestStore(connection, tables),
      }
    },
  },
  (make) => {
    test('has what was committed with an entry, and nothing of a commit that came too late', async () => {
      const { texts, requests } = await make()
      const first = submission(sampleAsk())
      expect(await requests.commit({ ...first, texts: [text(1)] })).toEqual({ outcome: 'committed' })
      expect(await requests.commit({ ...first, texts: [text(2)] })).toMatchObject({ outcome: 'stale' })
      const found = await texts.find([...commitments([text(1), text(2)]), text(1).commitment])
      expect([...found]).toEqual([[text(1).commitment, { text: 'text 1', salt: 'salt 1' }]])
    })

    test('finds more than one batch of them, and nothing where nothing is asked for', async () => {
      const { texts, requests } = await make()
      const many = Array.from({ length: 90 }, (_, n) => text(n))
      await requests.commit({ ...submission(sampleAsk()), texts: many })
      const strangers = Array.from({ length: 120 }, (_, n) => text(1_000 + n))
      expect((await texts.find(commitments([...strangers, ...many]))).size).toBe(90)
      expect((await texts.find([])).size).toBe(0)
    })

    test('lists a person’s by pages, and erases those alone, and twice is once', async () => {
      const { texts, requests } = await make()
      const own = [1, 2, 3, 4, 5].map((n) => text(n))
      await requests.commit({ ...submission(sampleAsk()), texts: [...own, text(6, 'ben')] })
      const first = await texts.ofPerson(person('ana'), { limit: 3 })
      const second = await texts.ofPerson(person('ana'), { limit: 3, after: first.next ?? '' })
      expect([...first.found, ...second.found].sort()).toEqual(commitments(own).sort())
      expect([first.found.length, second.next]).toEqual([3, undefined])
      await texts.erase(first.found)
      await texts.erase(first.found)
      expect((await texts.ofPerson(person('ana'), { limit: 9 })).found).toHaveLength(2)
      expect((await texts.find(commitments([...own, text(6)]))).size).toBe(3)
    })
  },
)
