import { QueryCommand } from '@aws-sdk/client-dynamodb'
import type { StandIn } from '../../domain/people/stand-in.ts'
import type { PersonId, StandInId } from '../../domain/values.ts'
import type { StandInChange, StandInStore, StoredStandIns } from '../../operations/people/ports.ts'
import type { Page } from '../../operations/ports.ts'
import { type Connection, orUnavailable, transact, within } from './client.ts'
import { versionIs } from './halt-store.ts'
import {
  batchLimit,
  endsAt,
  headAttributes,
  headOf,
  type Item,
  number,
  numberOf,
  readMany,
  readOne,
  standInItem,
  standInKey,
  standInOf,
  standInsOf,
  text,
  textOf,
} from './items.ts'
import { putEntry } from './ledger-store.ts'
import { placeOf } from './list-requests.ts'

/**
 * Who decides for whom, in the requests table: what one person may decide for others as one item, so that each of their decisions
 * reads it beside the request; one person's own absences as another, so that there is one at a time; and an item
 * `SIN#<id>` for each, which is the thing itself and ends its chain.
 */
export class DynamoStandInStore implements StandInStore {
  readonly #connection: Connection
  readonly #requests: string
  readonly #ledger: string

  constructor(connection: Connection, tables: { requests: string; ledger: string }) {
    this.#connection = connection
    this.#requests = tables.requests
    this.#ledger = tables.ledger
  }

  async of({ absent, by }: { absent: PersonId; by: PersonId }) {
    const [absences, taken] = await Promise.all([this.#listed(absenceKey(absent)), this.#listed(standInKey(by))])
    return { absences, taken }
  }

  async find(id: StandInId) {
    const item = await readOne(this.#connection, this.#requests, standInItem.key(id), `read \`${id}\``)
    return item && { standIn: standInOf(item), head: headOf(item) }
  }

  async save({ standIn, expected, absences, taken, entries, head }: StandInChange): Promise<boolean> {
    const table = { TableName: this.#requests }
    const list = (key: Item, standIns: readonly StandIn[], version: number) => ({
      Put: {
        ...table,
        Item: { ...key, standIns: text(JSON.stringify(standIns)), version: number(version + 1) },
        ...versionIs(version),
      },
    })
    const items = [
      list(standInKey(standIn.by), taken, expected.taken),
      list(absenceKey(standIn.for), absences, expected.absences),
      { Put: { ...table, Item: { ...standInItem.of(standIn), ...headAttributes(head) }, ...endsAt(expected.head) } },
      ...entries.map((entry) => putEntry(this.#ledger, entry)),
    ]
    return (await transact(this.#connection, items, `save \`${standIn.id}\``)).done
  }

  /** Newest first. An index says which they may be; each is read strongly. A place in the list is the last one's sort key. */
  async list({ limit, after }: { limit: number; after?: string }): Promise<Page<StandIn>> {
    const query = new QueryCommand({
      TableName: this.#requests,
      IndexName: 'by-time',
      ScanIndexForward: false,
      KeyConditionExpression: after === undefined ? '#kind = :kind' : '#kind = :kind AND submitted < :after',
      ExpressionAttributeNames: { '#kind': 'kind' },
      ExpressionAttributeValues: {
        ':kind': text(standInItem.kind),
        ...(after === undefined ? {} : { ':after': text(placeOf(after)) }),
      },
      Limit: Math.min(limit, batchLimit),
    })
    const { Items = [], LastEvaluatedKey } = await this.#connection.client
      .send(query, within(this.#connection))
      .catch(orUnavailable('list stand-ins'))
    const keys = Items.map((item) => ({ pk: item['pk'] as Item[string], sk: item['sk'] as Item[string] }))
    const read = keys.length === 0 ? [] : await readMany(this.#connection, this.#requests, keys)
    const items = read
      .toSorted((one, other) => (textOf(one, 'submitted') < textOf(other, 'submitted') ? 1 : -1))
      .map(standInOf)
    return { items, ...(LastEvaluatedKey ? { next: textOf(LastEvaluatedKey, 'submitted') } : {}) }
  }

  async #listed(key: Item): Promise<StoredStandIns> {
    const item = await readOne(this.#connection, this.#requests, key, 'read who stands in for whom')
    return item ? { standIns: standInsOf(item), version: numberOf(item, 'version') } : { standIns: [], version: 0 }
  }
}

const absenceKey = (absent: PersonId): Item => ({ pk: text(`ABSENT#${absent}`), sk: text('ABSENT') })
