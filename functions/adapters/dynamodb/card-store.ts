import { type AttributeValue, PutItemCommand, paginateQuery, QueryCommand } from '@aws-sdk/client-dynamodb'
import * as z from 'zod'
import { BurstKind, BurstOutcome, Member } from '../../domain/cards/burst.ts'
import { Digest, PersonId, RequestId } from '../../domain/values.ts'
import type { BurstStore, CardStore, PostedBurst, PostedCard } from '../../operations/cards/ports.ts'
import { StoreUnavailable } from '../../operations/faults.ts'
import { type Connection, orUnavailable, unavailable, within } from './client.ts'
import { number, numberOf, text, textOf } from './items.ts'

/** Older cards of a burst are decided, or nearly. */
const lastFew = 4

const Posted = z.strictObject({
  key: Digest,
  generation: z.int().positive(),
  kind: BurstKind,
  channel: z.string(),
  ts: z.string(),
  rendered: Digest,
  members: z.array(RequestId),
  shown: z.array(Member),
  list: Digest,
  cut: z.literal(true).optional(),
  outcome: BurstOutcome.optional(),
})

/** The cards table, beside the cards: an item for each card of a burst. Only its drawer writes it, one burst at a time. */
export class DynamoBurstStore implements BurstStore {
  readonly #connection: Connection
  readonly #table: string

  constructor(connection: Connection, table: string) {
    this.#connection = connection
    this.#table = table
  }

  async load(key: Digest): Promise<readonly PostedBurst[]> {
    const query = new QueryCommand({
      TableName: this.#table,
      ConsistentRead: true,
      ScanIndexForward: false,
      KeyConditionExpression: 'requestId = :burst',
      ExpressionAttributeValues: { ':burst': text(partition(key)) },
      Limit: lastFew,
    })
    const { Items = [] } = await this.#connection.client
      .send(query, within(this.#connection))
      .catch(orUnavailable('read the cards of a burst'))
    return Items.map((item) => {
      const parsed = Posted.safeParse(JSON.parse(textOf(item, 'burst')))
      if (!parsed.success) throw new StoreUnavailable(`the item \`${partition(key)}\` is not understood`)
      const { outcome, cut, ...posted } = parsed.data
      return { ...posted, ...(cut ? { cut } : {}), ...(outcome === undefined ? {} : { outcome }) }
    })
  }

  async save(burst: PostedBurst): Promise<void> {
    const Item = {
      requestId: text(partition(burst.key)),
      channel: text(String(burst.generation).padStart(8, '0')),
      burst: text(JSON.stringify(burst)),
    }
    await this.#connection.client
      .send(new PutItemCommand({ TableName: this.#table, Item }), within(this.#connection))
      .catch(orUnavailable('save a card of a burst'))
  }
}

const partition = (key: Digest) => `burst#${key}`

/** The cards table: one item a request and channel, and a person's own channel is one. Only the card drawer writes it, one request at a time. */
export class DynamoCardStore implements CardStore {
  readonly #connection: Connection
  readonly #table: string

  constructor(connection: Connection, table: string) {
    this.#connection = connection
    this.#table = table
  }

  async load(request: RequestId): Promise<readonly PostedCard[]> {
    const cards: PostedCard[] = []
    const query = {
      TableName: this.#table,
      ConsistentRead: true,
      KeyConditionExpression: 'requestId = :request',
      ExpressionAttributeValues: { ':request': text(request) },
    }
    try {
      for await (const page of paginateQuery({ client: this.#connection.client }, query, within(this.#connection)))
        for (const item of page.Items ?? []) cards.push(cardOf(request, item))
    } catch (cause) {
      throw unavailable(`read the cards of \`${request}\``, cause)
    }
    return cards
  }

  async save({ request, channel, ts, rendered, at, person, told = [] }: PostedCard): Promise<void> {
    const Item = {
      requestId: text(request),
      channel: text(channel),
      ts: text(ts),
      rendered: text(rendered),
      ...(at === undefined ? {} : { postedAt: number(at) }),
      ...(person === undefined ? {} : { person: text(person) }),
      ...(told.length === 0 ? {} : { told: { L: told.map(text) } }),
    }
    await this.#connection.client
      .send(new PutItemCommand({ TableName: this.#table, Item }), within(this.#connection))
      .catch(orUnavailable(`save a card of \`${request}\``))
  }
}

function cardOf(request: RequestId, item: { [attribute: string]: AttributeValue }): PostedCard {
  const told = item['told']?.L?.flatMap(({ S }) => S ?? [])
  return {
    request,
    channel: textOf(item, 'channel'),
    ts: textOf(item, 'ts'),
    rendered: textOf(item, 'rendered'),
    ...(item['postedAt'] === undefined ? {} : { at: numberOf(item, 'postedAt') }),
    ...(item['person'] === undefined ? {} : { person: PersonId.parse(textOf(item, 'person')) }),
    ...(told === undefined ? {} : { told }),
  }
}
