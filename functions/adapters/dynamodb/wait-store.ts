import { randomUUID } from 'node:crypto'
import {
  ConditionalCheckFailedException,
  PutItemCommand,
  paginateQuery,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb'
import type { NumericDate, RequestId } from '../../domain/values.ts'
import type { WaitRecord, WaitStore } from '../../operations/requests/ports.ts'
import { type Connection, unavailable, within } from './client.ts'
import { type Item, number, numberOf, text, textOf } from './items.ts'

/**
 * The waits table: one item each time a waiting state was entered, under its request and, as `wait`, its name and attempt. A task
 * token stands nowhere else, and leaves its item when the wait has ended; the item stays for a while, so that a late
 * retry of the waiting task cannot make it new.
 */
export class DynamoWaitStore implements WaitStore {
  readonly #connection: Connection
  readonly #table: string

  constructor(connection: Connection, table: string) {
    this.#connection = connection
    this.#table = table
  }

  async remember(wait: WaitRecord): Promise<void> {
    const put = new PutItemCommand({
      TableName: this.#table,
      Item: {
        ...keyOf(wait),
        name: text(wait.wait),
        attempt: text(wait.attempt),
        taskToken: text(wait.taskToken),
        expiresAt: number(wait.expiresAt),
        ttl: number(wait.expiresAt),
      },
      ConditionExpression: 'attribute_not_exists(requestId)',
    })
    await this.#connection.client.send(put, within(this.#connection)).catch(unlessConditionFailed('remember a wait'))
  }

  async open(request: RequestId): Promise<readonly WaitRecord[]> {
    const waits: WaitRecord[] = []
    const query = {
      TableName: this.#table,
      ConsistentRead: true,
      KeyConditionExpression: 'requestId = :request',
      FilterExpression: 'attribute_exists(taskToken)',
      ExpressionAttributeValues: { ':request': text(request) },
    }
    try {
      for await (const page of paginateQuery({ client: this.#connection.client }, query, within(this.#connection)))
        waits.push(...(page.Items ?? []).map((item) => waitOf(request, item)))
    } catch (cause) {
      throw unavailable(`read the waits of \`${request}\``, cause)
    }
    return waits
  }

  async claim(wait: WaitRecord, now: NumericDate, leaseSeconds: number): Promise<boolean> {
    const claimant = randomUUID()
    const update = new UpdateItemCommand({
      TableName: this.#table,
      Key: keyOf(wait),
      UpdateExpression: 'SET claimedUntil = :until, claimant = :claimant',
      // The second half knows its own claim again, when the answer to it was lost and the SDK asks once more.
      ConditionExpression:
        'attribute_exists(taskToken) AND (attribute_not_exists(claimedUntil) OR claimedUntil <= :now OR claimant = :claimant)',
      ExpressionAttributeValues: {
        ':until': number(now + leaseSeconds),
        ':now': number(now),
        ':claimant': text(claimant),
      },
    })
    const updated = await this.#connection.client
      .send(update, within(this.#connection))
      .catch(unlessConditionFailed('claim a wait'))
    return updated !== undefined
  }

  async release(wait: WaitRecord): Promise<void> {
    const update = new UpdateItemCommand({
      TableName: this.#table,
      Key: keyOf(wait),
      UpdateExpression: 'REMOVE claimedUntil, claimant',
      // Whoever asks has claimed it just now. Should the lease have run out all the same, two send, and one is late.
      ConditionExpression: 'attribute_exists(taskToken)',
    })
    await this.#connection.client.send(update, within(this.#connection)).catch(unlessConditionFailed('release a wait'))
  }

  async ended(wait: WaitRecord): Promise<void> {
    const update = new UpdateItemCommand({
      TableName: this.#table,
      Key: keyOf(wait),
      UpdateExpression: 'REMOVE taskToken',
      ConditionExpression: 'attribute_exists(requestId)',
    })
    await this.#connection.client.send(update, within(this.#connection)).catch(unlessConditionFailed('end a wait'))
  }
}

const keyOf = ({ request, wait, attempt }: Pick<WaitRecord, 'request' | 'wait' | 'attempt'>) => ({
  requestId: text(request),
  wait: text(`${wait}#${attempt}`),
})

const waitOf = (request: RequestId, item: Item): WaitRecord => ({
  request,
  wait: textOf(item, 'name'),
  attempt: textOf(item, 'attempt'),
  taskToken: textOf(item, 'taskToken'),
  expiresAt: numberOf(item, 'expiresAt'),
})

/** A condition that does not hold is an answer: `undefined`. */
const unlessConditionFailed =
  (trying: string) =>
  (cause: unknown): undefined => {
    if (!(cause instanceof ConditionalCheckFailedException)) throw unavailable(trying, cause)
  }
