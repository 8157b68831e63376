import { QueryCommand } from '@aws-sdk/client-dynamodb'
import type { StandingPermit } from '../../domain/permits/permit.ts'
import type { AskerId, StandingPermitId } from '../../domain/values.ts'
import type { PermitChange, PermitStore, StoredPermit } from '../../operations/permits/ports.ts'
import type { Page } from '../../operations/ports.ts'
import { type Connection, orUnavailable, transact, within } from './client.ts'
import {
  batchLimit,
  headOf,
  type Item,
  openPermits,
  permitKey,
  permitOf,
  putPermit,
  readMany,
  readOne,
  text,
  textOf,
} from './items.ts'
import { putEntry } from './ledger-store.ts'
import { placeOf } from './list-requests.ts'

/** Standing permits, as items of the requests table, so that what is drawn from one commits with what draws. */
export class DynamoPermitStore implements PermitStore {
  readonly #connection: Connection
  readonly #requests: string
  readonly #ledger: string

  constructor(connection: Connection, tables: { requests: string; ledger: string }) {
    this.#connection = connection
    this.#requests = tables.requests
    this.#ledger = tables.ledger
  }

  async load(id: StandingPermitId): Promise<StoredPermit | undefined> {
    const item = await readOne(this.#connection, this.#requests, permitKey(id), `read \`${id}\``)
    return item && storedOf(item)
  }

  async save(change: PermitChange): Promise<boolean> {
    const items = [
      { Put: putPermit(this.#requests, change) },
      ...change.entries.map((entry) => putEntry(this.#ledger, entry)),
    ]
    return (await transact(this.#connection, items, `save \`${change.id}\``)).done
  }

  async ofAgent(agent: AskerId, limit: number): Promise<readonly StoredPermit[]> {
    const { found } = await this.#find('open', 'openOf', openPermits(agent), { limit })
    return found
  }

  async list({ limit, after }: { limit: number; after?: string }): Promise<Page<StandingPermit>> {
    const page = { limit, ...(after === undefined ? {} : { after }) }
    const { found, next } = await this.#find('by-time', 'kind', 'permit', page)
    return { items: found.map(({ permit }) => permit), ...(next === undefined ? {} : { next }) }
  }

  /** Newest first. An index says which they may be; each is read strongly. A place in the list is the last one's sort key. */
  async #find(
    index: string,
    attribute: string,
    value: string,
    { limit, after }: { limit: number; after?: string },
  ): Promise<{ found: readonly StoredPermit[]; next?: string }> {
    const query = new QueryCommand({
      TableName: this.#requests,
      IndexName: index,
      ScanIndexForward: false,
      KeyConditionExpression: after === undefined ? '#by = :by' : '#by = :by AND submitted < :after',
      ExpressionAttributeNames: { '#by': attribute },
      ExpressionAttributeValues: {
        ':by': text(value),
        ...(after === undefined ? {} : { ':after': text(placeOf(after)) }),
      },
      Limit: Math.min(limit, batchLimit),
    })
    const { Items = [], LastEvaluatedKey } = await this.#connection.client
      .send(query, within(this.#connection))
      .catch(orUnavailable('find standing permits'))
    if (Items.length === 0) return { found: [] }
    const keys = Items.map((item) => ({ pk: item['pk'] as Item[string], sk: item['sk'] as Item[string] }))
    const read = await readMany(this.#connection, this.#requests, keys)
    const sorted = read.toSorted((one, other) => (textOf(one, 'submitted') < textOf(other, 'submitted') ? 1 : -1))
    return { found: sorted.map(storedOf), ...(LastEvaluatedKey ? { next: textOf(LastEvaluatedKey, 'submitted') } : {}) }
  }
}

const storedOf = (item: Item): StoredPermit => ({ permit: permitOf(item), head: headOf(item) })
