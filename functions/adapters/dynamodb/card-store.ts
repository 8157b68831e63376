import { type AttributeValue, PutItemCommand, paginateQuery } from '@aws-sdk/client-dynamodb'
import { PersonId, type RequestId } from '../../domain/values.ts'
import type { CardStore, PostedCard } from '../../operations/cards/ports.ts'
import { type Connection, within } from './client.ts'
import { number, numberOf, text, textOf } from './items.ts'
import { orUnavailable, unavailable } from './unavailable.ts'

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
