import { randomUUID } from 'node:crypto'
import { paginateQuery, QueryCommand, type TransactWriteItem } from '@aws-sdk/client-dynamodb'
import type { Entry, Head } from '../../domain/ledger/ledger.ts'
import type { LedgerStore } from '../../operations/ledger/ports.ts'
import type { OnceOnly } from '../../operations/ports.ts'
import { type Connection, orUnavailable, transact, unavailable, within } from './client.ts'
import { endsAt, headAttributes, headOf, number, numberOf, putOnce, readOne, text, textOf } from './items.ts'

/** Puts an entry into the ledger table, only where there is none: nothing in it is ever written twice. */
export function putEntry(ledgerTable: string, entry: Entry): TransactWriteItem {
  const cut = entry.id.lastIndexOf('/')
  return {
    Put: {
      TableName: ledgerTable,
      Item: {
        aggregate: text(entry.id.slice(0, cut)),
        sequence: number(Number(entry.id.slice(cut + 1))),
        entry: text(JSON.stringify(entry)),
      },
      // `aggregate` is a reserved word of DynamoDB's expressions.
      ConditionExpression: 'attribute_not_exists(#aggregate)',
      ExpressionAttributeNames: { '#aggregate': 'aggregate' },
    },
  }
}

/**
 * The ledger table: `aggregate` and `sequence` find an entry, kept as the JSON text it was hashed from. Where an actor's
 * own chain ends is an item `CHAIN#<aggregate>` of the requests table, since nothing in the ledger table may be changed.
 */
export class DynamoLedgerStore implements LedgerStore {
  readonly #connection: Connection
  readonly #requests: string
  readonly #ledger: string

  constructor(connection: Connection, tables: { requests: string; ledger: string }) {
    this.#connection = connection
    this.#requests = tables.requests
    this.#ledger = tables.ledger
  }

  async entries(aggregate: string): Promise<readonly Entry[]> {
    const entries: Entry[] = []
    const query = {
      TableName: this.#ledger,
      ConsistentRead: true,
      KeyConditionExpression: '#aggregate = :aggregate',
      ExpressionAttributeNames: { '#aggregate': 'aggregate' },
      ExpressionAttributeValues: { ':aggregate': text(aggregate) },
    }
    try {
      for await (const page of paginateQuery({ client: this.#connection.client }, query, within(this.#connection)))
        for (const item of page.Items ?? []) entries.push(JSON.parse(textOf(item, 'entry')) as Entry)
    } catch (cause) {
      throw unavailable(`read the ledger of \`${aggregate}\``, cause)
    }
    return entries
  }

  async page(aggregate: string, { after, limit }: { after: number; limit: number }) {
    const query = new QueryCommand({
      TableName: this.#ledger,
      ConsistentRead: true,
      KeyConditionExpression: '#aggregate = :aggregate AND #sequence > :after',
      ExpressionAttributeNames: { '#aggregate': 'aggregate', '#sequence': 'sequence' },
      ExpressionAttributeValues: { ':aggregate': text(aggregate), ':after': number(after) },
      Limit: limit,
    })
    const { Items = [], LastEvaluatedKey } = await this.#connection.client
      .send(query, within(this.#connection))
      .catch(orUnavailable(`read the ledger of \`${aggregate}\``))
    const entries = Items.map((item) => JSON.parse(textOf(item, 'entry')) as Entry)
    return { entries, ...(LastEvaluatedKey ? { next: numberOf(LastEvaluatedKey, 'sequence') } : {}) }
  }

  async head(aggregate: string): Promise<Head> {
    const trying = `read the chain of \`${aggregate}\``
    return headOf(await readOne(this.#connection, this.#requests, chainKey(aggregate), trying))
  }

  async append(
    aggregate: string,
    expected: Head,
    entries: readonly Entry[],
    head: Head,
    once: readonly OnceOnly[] = [],
  ): Promise<boolean> {
    const writer = randomUUID()
    const chain = {
      Put: {
        TableName: this.#requests,
        Item: { ...chainKey(aggregate), ...headAttributes(head) },
        ...endsAt(expected),
      },
    }
    const rows = once.map((each) => ({ Put: putOnce(this.#requests, each, writer) }))
    const items = [chain, ...rows, ...entries.map((entry) => putEntry(this.#ledger, entry))]
    const { done } = await transact(this.#connection, items, `append to \`${aggregate}\``)
    return done
  }
}

/** Where an actor's own chain ends. */
export const chainKey = (aggregate: string) => ({ pk: text(`CHAIN#${aggregate}`), sk: text('CHAIN') })
