import type { PersonId } from '../../../functions/domain/values.ts'
import type { PostedCard } from '../../../functions/operations/cards/ports.ts'
import { requestId } from '../../support/ask.ts'
import { onBothStores } from './stores.ts'

const card: PostedCard = {
  request: requestId(),
  chat: 'slack',
  channel: 'C1',
  ts: '1800000000.000100',
  rendered: 'sha-256:first',
}

onBothStores('the card store', (stores) => {
  test('a saved card comes back unchanged, for its request alone', async () => {
    expect(await stores.cards.load(card.request)).toEqual([])
    await stores.cards.save(card)
    expect(await stores.cards.load(card.request)).toEqual([card])
    expect(await stores.cards.load(requestId(2))).toEqual([])
  })

  test('channels of two chats are two, even if their ids are equal', async () => {
    const other = { ...card, chat: 'work', ts: '1800000000.000200' }
    await stores.cards.save(card)
    await stores.cards.save(other)
    expect(new Set(await stores.cards.load(card.request))).toEqual(new Set([card, other]))
  })

  test('the person of a card, its time, the lines beneath it and the channels that it stands in for come back with it', async () => {
    const direct: PostedCard = {
      ...card,
      channel: 'D1',
      at: 1_800_000_000,
      person: 'person:ana' as PersonId,
      told: ['asked 1/owner@1800000000', 'over 1/owner@1800000000'],
      inPlaceOf: ['payments', 'sre'],
    }
    await stores.cards.save(direct)
    expect(await stores.cards.load(card.request)).toEqual([direct])
  })

  test('a request has one card a channel, the last saved one', async () => {
    const [elsewhere, redrawn] = [
      { ...card, channel: 'C2' },
      { ...card, rendered: 'sha-256:second' },
    ]
    for (const each of [card, elsewhere, redrawn]) await stores.cards.save(each)
    expect((await stores.cards.load(card.request)).toSorted((a, b) => (a.channel < b.channel ? -1 : 1))).toEqual([
      redrawn,
      elsewhere,
    ])
  })
})
