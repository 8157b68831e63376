import * as z from 'zod'
import { BurstKind, BurstOutcome, Member } from '../../domain/cards/burst.ts'
import { onlyChat } from '../../domain/people/organisation.ts'
import { Digest, defined, PersonId, RequestId } from '../../domain/values.ts'
import type { BurstStore, CardStore, PostedBurst, PostedCard } from '../../operations/cards/ports.ts'
import { type Item, numberOf, textOf, understood, valueIn } from './items.ts'
import { TableStore } from './table.ts'

const lastFew = 4

const Posted = z.strictObject({
  key: Digest,
  generation: z.int().positive(),
  kind: BurstKind,
  fallbackIn: z.string().exactOptional(),
  channel: z.string(),
  ts: z.string(),
  rendered: Digest,
  members: z.array(RequestId),
  shown: z.array(Member),
  list: Digest,
  cut: z.literal(true).exactOptional(),
  outcome: BurstOutcome.exactOptional(),
})

/** The cards table's items for the cards of a burst. Only its drawer writes them, one burst at a time. */
export class DynamoBurstStore extends TableStore implements BurstStore {
  async load(key: Digest): Promise<readonly PostedBurst[]> {
    const values = { burst: partition(key) }
    const query = { where: 'requestId = :burst', values, newestFirst: true, limit: lastFew }
    const { items } = await this.table.query(query, 'read the cards of a burst')
    return items.map((item) => valueIn(item, 'burst', Posted))
  }

  async save(burst: PostedBurst): Promise<void> {
    const channel = String(burst.generation).padStart(8, '0')
    const row = { requestId: partition(burst.key), channel, burst: JSON.stringify(burst) }
    await this.table.put(this.table.putting(row), 'save a card of a burst')
  }
}

const partition = (key: Digest) => `burst#${key}`

/**
 * The cards table: one item for each request and channel; a person's direct messages are a channel too. Only the card drawer
 * writes it, one request at a time.
 */
export class DynamoCardStore extends TableStore implements CardStore {
  async load(request: RequestId): Promise<readonly PostedCard[]> {
    const query = { where: 'requestId = :request', values: { request } }
    const items = await this.table.queryAll(query, `read the cards of \`${request}\``)
    return items.map((item) => cardOf(request, item))
  }

  async save({ request, chat, channel, at, told = [], ...card }: PostedCard): Promise<void> {
    // Rows of the chat with the default alias keep their form from versions with a single chat.
    const place = chat === onlyChat ? { channel } : { channel: `${chat}#${channel}`, chat }
    const row = { requestId: request, ...place, ...card, postedAt: at, told: told.length === 0 ? undefined : told }
    await this.table.put(this.table.putting(row), `save a card of \`${request}\``)
  }
}

const placeOf = (key: string, chat: string | undefined) =>
  chat === undefined ? { chat: onlyChat, channel: key } : { chat, channel: key.slice(chat.length + 1) }

const cardOf = (request: RequestId, item: Item): PostedCard =>
  defined({
    request,
    ...placeOf(textOf(item, 'channel'), item['chat']?.S),
    ts: textOf(item, 'ts'),
    rendered: textOf(item, 'rendered'),
    at: item['postedAt'] && numberOf(item, 'postedAt'),
    person: item['person'] && understood(textOf(item, 'person'), 'person', PersonId),
    told: item['told']?.L?.flatMap(({ S }) => S ?? []),
    inPlaceOf: item['inPlaceOf']?.L?.flatMap(({ S }) => S ?? []),
  })
