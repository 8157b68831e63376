// Rules: test/adapters/faults.test.ts, test/adapters/dynamodb/in-time.test.ts
import { randomUUID } from 'node:crypto'
import {
  BatchGetItemCommand,
  type CancellationReason,
  ConditionalCheckFailedException,
  DeleteItemCommand,
  GetItemCommand,
  PutItemCommand,
  type PutItemCommandInput,
  paginateQuery,
  paginateScan,
  QueryCommand,
  TransactionCanceledException,
  type TransactWriteItem,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb'
import { NotInTime, StoreUnavailable } from '../../operations/faults.ts'
import { type Connection, pause, unavailable } from './client.ts'
import { condition, type Item, itemOf, placeholders, type Row, textOf } from './items.ts'

export const batchLimit = 100
const readAttempts = 6

type Query = { where: string; values: Row; index?: string; filter?: string; newestFirst?: boolean; limit?: number }

/** The result of one transaction: all of it, or none with a reason for each of its items in their order. */
type Transacted = { done: true } | { done: false; reasons: readonly CancellationReason[] }

const ofOthers = ['None', 'ConditionalCheckFailed', 'TransactionConflict']
/** Reasons of a throttled table, which wrote nothing. */
const ofRoom = ['ThrottlingError', 'ProvisionedThroughputExceeded']

/**
 * One table. Each call has a time limit, reads strongly if possible, and throws `StoreUnavailable` if its effect is
 * unknown. `trying` names the purpose in that fault's message.
 */
export class Table {
  readonly #connection: Connection
  readonly #name: string

  constructor(connection: Connection, name: string) {
    this.#connection = connection
    this.#name = name
  }

  async get(key: Row, trying: string): Promise<Item | undefined> {
    const command = new GetItemCommand({ TableName: this.#name, Key: itemOf(key), ConsistentRead: true })
    const { Item } = await this.#tried(trying, this.#connection.client.send(command, this.#bound()))
    return Item
  }

  /** Reads in any order, a hundred at a time. */
  async getMany(keys: readonly Item[], trying: string): Promise<Item[]> {
    const batches = Array.from({ length: Math.ceil(keys.length / batchLimit) }, (_, n) =>
      keys.slice(n * batchLimit, (n + 1) * batchLimit),
    )
    return (await Promise.all(batches.map((batch) => this.#getBatch(batch, trying)))).flat()
  }

  /** Retries keys that a throttled table left unprocessed. */
  async #getBatch(keys: readonly Item[], trying: string): Promise<Item[]> {
    const read: Item[] = []
    let Keys = [...keys]
    for (let attempt = 0; Keys.length > 0; attempt++) {
      if (attempt === readAttempts) throw new StoreUnavailable('the store kept leaving items unread')
      if (attempt > 0) await pause(10, attempt)
      const command = new BatchGetItemCommand({ RequestItems: { [this.#name]: { Keys, ConsistentRead: true } } })
      const answer = await this.#tried(trying, this.#connection.client.send(command, this.#bound()))
      read.push(...(answer.Responses?.[this.#name] ?? []))
      Keys = answer.UnprocessedKeys?.[this.#name]?.Keys ?? []
    }
    return read
  }

  putting(row: Row, when: Partial<ReturnType<typeof condition>> = {}) {
    return { Put: { TableName: this.#name, Item: itemOf(row), ...when } }
  }

  /**
   * False if the condition failed.
   * @param isOwn recognizes this call's own put after a lost answer and the SDK's retry
   */
  async put(
    { Put }: { Put: PutItemCommandInput },
    trying: string,
    isOwn: (there: Item | undefined) => boolean = () => false,
  ): Promise<boolean> {
    const sent = this.#writer().send(new PutItemCommand(Put), this.#bound())
    return this.#unlessConditionFailed(trying, sent, isOwn)
  }

  /** False if the condition failed. */
  async update(key: Row, change: string, when: string, values: Row, trying: string): Promise<boolean> {
    const command = new UpdateItemCommand({
      TableName: this.#name,
      Key: itemOf(key),
      UpdateExpression: change,
      ...condition(when, values),
    })
    return this.#unlessConditionFailed(trying, this.#writer().send(command, this.#bound()), () => false)
  }

  async delete(key: Row, trying: string): Promise<void> {
    const command = new DeleteItemCommand({ TableName: this.#name, Key: itemOf(key) })
    await this.#tried(trying, this.#writer().send(command, this.#bound()))
  }

  async query(query: Query, trying: string): Promise<{ items: readonly Item[]; last?: Item }> {
    const command = new QueryCommand(this.#input(query))
    const answer = await this.#tried(trying, this.#connection.client.send(command, this.#bound()))
    return { items: answer.Items ?? [], ...(answer.LastEvaluatedKey && { last: answer.LastEvaluatedKey }) }
  }

  async queryAll(query: Query, trying: string): Promise<readonly Item[]> {
    const items: Item[] = []
    try {
      const pages = paginateQuery({ client: this.#connection.client }, this.#input(query), this.#bound())
      for await (const page of pages) items.push(...(page.Items ?? []))
    } catch (cause) {
      throw unavailable(trying, cause)
    }
    return items
  }

  /**
   * Reads one of `of` equal segments of the whole table, page by page. The reads are weak: a fresh write may be
   * missing.
   */
  async *scan({ segment, of }: { segment: number; of: number }, trying: string): AsyncIterable<readonly Item[]> {
    const input = { TableName: this.#name, Segment: segment, TotalSegments: of }
    try {
      for await (const { Items } of paginateScan({ client: this.#connection.client }, input)) yield Items ?? []
    } catch (cause) {
      throw unavailable(trying, cause)
    }
  }

  async count(query: Query, trying: string): Promise<number> {
    const command = new QueryCommand({ ...this.#input(query), Select: 'COUNT' })
    return (await this.#tried(trying, this.#connection.client.send(command, this.#bound()))).Count ?? 0
  }

  /**
   * Items of an index over `submitted`, by time, each read strongly because an index lags. A place in the list is the
   * sort key of its last item. An invalid place is replaced by one before all items, since DynamoDB refuses an empty or
   * oversized key.
   */
  async listed(
    { index, by, value, newestFirst = true }: { index: string; by: string; value: string; newestFirst?: boolean },
    { limit, after }: { limit: number; after?: string | undefined },
    trying: string,
  ): Promise<{ items: Item[]; next?: string }> {
    const place = after === undefined || (/^\d{10}#/.test(after) && after.length <= 64) ? after : '!'
    const { items: found, last } = await this.query(
      {
        index,
        newestFirst,
        where: place === undefined ? `#${by} = :value` : `#${by} = :value AND #submitted < :place`,
        values: { value, place },
        limit: Math.min(limit, batchLimit),
      },
      trying,
    )
    const keys = found.map(({ pk, sk }) => ({ pk, sk }) as Item)
    const order = newestFirst ? 1 : -1
    const items = (await this.getMany(keys, trying)).toSorted((one, other) =>
      textOf(one, 'submitted') < textOf(other, 'submitted') ? order : -order,
    )
    return { items, ...(last && { next: textOf(last, 'submitted') }) }
  }

  /**
   * Writes all or none. If the table was throttled, nothing was written, and the call is retried within the limits of
   * the connection. Each attempt has a new token, which the SDK's own retry after a lost answer reuses. The token is
   * random, since only one of two callers with equal writes may count as the writer.
   */
  async transact(items: readonly TransactWriteItem[], trying: string): Promise<Transacted> {
    const bound = this.#bound()
    for (let attempt = 1; ; attempt++) {
      const client = this.#writer()
      const command = new TransactWriteItemsCommand({ TransactItems: [...items], ClientRequestToken: randomUUID() })
      try {
        await client.send(command, bound)
        return { done: true }
      } catch (cause) {
        const reasons = cause instanceof TransactionCanceledException ? (cause.CancellationReasons ?? []) : []
        const are = (codes: readonly string[]) =>
          reasons.length === items.length && reasons.every(({ Code }) => codes.includes(Code ?? 'None'))
        if (are(ofOthers)) return { done: false, reasons }
        const mayTryAgain = are([...ofOthers, ...ofRoom]) && attempt < this.#connection.patience.attempts
        if (!mayTryAgain || bound.abortSignal.aborted) throw unavailable(trying, cause)
        await pause(50, attempt)
      }
    }
  }

  #input({ where, values, index, filter, newestFirst = false, limit }: Query) {
    return {
      TableName: this.#name,
      KeyConditionExpression: where,
      ...placeholders(where, values),
      // Indexes cannot be read strongly.
      ...(index === undefined ? { ConsistentRead: true } : { IndexName: index }),
      ...(filter !== undefined && { FilterExpression: filter }),
      ...(limit !== undefined && { Limit: limit }),
      ScanIndexForward: !newestFirst,
    }
  }

  #writer() {
    const { client, mayStart } = this.#connection
    if (mayStart?.() === false) throw new NotInTime('no time is left to start a transaction')
    return client
  }

  /** The signal that limits one call. The SDK then also stops during a pause between attempts. */
  #bound(): { abortSignal: AbortSignal } {
    return { abortSignal: AbortSignal.timeout(this.#connection.patience.totalMs) }
  }

  async #tried<T>(trying: string, answer: Promise<T>): Promise<T> {
    try {
      return await answer
    } catch (cause) {
      throw unavailable(trying, cause)
    }
  }

  async #unlessConditionFailed(trying: string, answer: Promise<unknown>, isOwn: (there?: Item) => boolean) {
    try {
      await answer
      return true
    } catch (cause) {
      if (!(cause instanceof ConditionalCheckFailedException)) throw unavailable(trying, cause)
      return isOwn(cause.Item)
    }
  }
}

export class TableStore {
  protected readonly table: Table
  protected readonly shards: number

  constructor(connection: Connection, name: string) {
    this.table = new Table(connection, name)
    this.shards = connection.shards ?? 1
  }
}
