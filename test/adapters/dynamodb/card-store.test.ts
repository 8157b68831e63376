import { DynamoCardStore } from '../../../functions/adapters/dynamodb/card-store.ts'
import { connect } from '../../../functions/adapters/dynamodb/client.ts'
import type { PersonId } from '../../../functions/domain/values.ts'
import type { CardStore, PostedCard } from '../../../functions/operations/cards/ports.ts'
import { requestId } from '../../support/ask.ts'
import { MemoryCardStore } from '../../support/cards/memory-card-store.ts'
import { onBoth } from '../both.ts'
import { makeTables } from './tables.ts'

const card: PostedCard = {
  request: requestId(),
  chat: 'slack',
  channel: 'C1',
  ts: '1800000000.000100',
  rendered: 'sha-256:first',
}

onBoth<CardStore>(
  'the card store',
  { memory: () => new MemoryCardStore(), real: async () => new DynamoCardStore(connect(), (await makeTables()).cards) },
  (make) => {
    let cards: CardStore
    beforeEach(async () => {
      cards = await make()
    })

    test('a card comes back as it was saved, for its request alone', async () => {
      expect(await cards.load(card.request)).toEqual([])
      await cards.save(card)
      expect(await cards.load(card.request)).toEqual([card])
      expect(await cards.load(requestId(2))).toEqual([])
    })

    test('channels of two chats are two, also where their ids are the same text', async () => {
      const other = { ...card, chat: 'work', ts: '1800000000.000200' }
      await cards.save(card)
      await cards.save(other)
      expect(new Set(await cards.load(card.request))).toEqual(new Set([card, other]))
    })

    test('whose card it is, since when it is there, and what was said beneath it, come back with it', async () => {
      const direct: PostedCard = {
        ...card,
        channel: 'D1',
        at: 1_800_000_000,
        person: 'person:ana' as PersonId,
        told: ['asked 1/owner@1800000000', 'over 1/owner@1800000000'],
      }
      await cards.save(direct)
      expect(await cards.load(card.request)).toEqual([direct])
    })

    test('a request has one card a channel: the last that was saved', async () => {
      const [elsewhere, redrawn] = [
        { ...card, channel: 'C2' },
        { ...card, rendered: 'sha-256:second' },
      ]
      for (const each of [card, elsewhere, redrawn]) await cards.save(each)
      expect((await cards.load(card.request)).toSorted((a, b) => (a.channel < b.channel ? -1 : 1))).toEqual([
        redrawn,
        elsewhere,
      ])
    })
  },
)
