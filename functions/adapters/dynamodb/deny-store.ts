import { ConditionalCheckFailedException, PutItemCommand, paginateQuery, QueryCommand } from '@aws-sdk/client-dynamodb'
import { Deny } from '../../domain/credentials/denies.ts'
import type { NumericDate } from '../../domain/values.ts'
import type { DenyStore } from '../../operations/credentials/ports.ts'
import { StoreUnavailable } from '../../operations/faults.ts'
import { type Connection, orUnavailable, unavailable, within } from './client.ts'
import { type Item, number, numberOf, text, textOf } from './items.ts'

/** How long after its end an item is kept, so that TTL never takes one before it has left its role. Seconds. */
const keepSeconds = 7 * 86_400

/**
 * What must be denied on a role: items `DENY#<role>` of the requests table, one for each value of a session tag. An item
 * is in the sparse index `overdue` until it is forgotten, and so whose time is over can be found however many there are.
 */
export class DynamoDenyStore implements DenyStore {
  readonly #connection: Connection
  readonly #table: string

  constructor(connection: Connection, table: string) {
    this.#connection = connection
    this.#table = table
  }

  async add(role: string, denies: readonly Deny[]): Promise<void> {
    await Promise.all(denies.map((deny) => this.#add(role, deny)))
  }

  async ofRole(role: string): Promise<readonly Deny[]> {
    const denies: Deny[] = []
    const query = {
      TableName: this.#table,
      ConsistentRead: true,
      KeyConditionExpression: 'pk = :role',
      FilterExpression: 'attribute_exists(overdue)',
      ExpressionAttributeValues: { ':role': text(roleKey(role)) },
    }
    try {
      for await (const page of paginateQuery({ client: this.#connection.client }, query, within(this.#connection)))
        for (const item of page.Items ?? []) denies.push(denyOf(item))
    } catch (cause) {
      throw unavailable('read what a role must deny', cause)
    }
    return denies
  }

  async forget(role: string, denies: readonly Deny[]): Promise<void> {
    // Put without its place in the index: no role may delete from this table, and TTL does that in its own time.
    await Promise.all(
      denies.map((deny) =>
        this.#connection.client
          .send(new PutItemCommand({ TableName: this.#table, Item: itemOf(role, deny) }), within(this.#connection))
          .catch(orUnavailable('forget a deny')),
      ),
    )
  }

  async overdue(now: NumericDate, limit: number): Promise<readonly string[]> {
    const command = new QueryCommand({
      TableName: this.#table,
      IndexName: 'overdue',
      KeyConditionExpression: 'overdue = :deny AND dueAt < :now',
      ExpressionAttributeValues: { ':deny': text('deny'), ':now': number(now) },
      Limit: limit,
    })
    const { Items = [] } = await this.#connection.client
      .send(command, within(this.#connection))
      .catch(orUnavailable('find denies that are over'))
    return [...new Set(Items.map((item) => textOf(item, 'pk').slice(roleKey('').length)))]
  }

  /** A deny is only ever made to last longer: of two, the later end holds, whichever comes first. */
  async #add(role: string, deny: Deny): Promise<void> {
    const { until } = deny
    const put = new PutItemCommand({
      TableName: this.#table,
      Item: { ...itemOf(role, deny), overdue: text('deny'), dueAt: number(until) },
      ConditionExpression: 'attribute_not_exists(pk) OR #until < :until',
      ExpressionAttributeNames: { '#until': 'until' },
      ExpressionAttributeValues: { ':until': number(until) },
    })
    try {
      await this.#connection.client.send(put, within(this.#connection))
    } catch (cause) {
      if (!(cause instanceof ConditionalCheckFailedException)) throw unavailable('deny a session', cause)
    }
  }
}

const roleKey = (role: string): string => `DENY#${role}`

const itemOf = (role: string, { tag, value, until, issuedBefore }: Deny): Item => ({
  pk: text(roleKey(role)),
  sk: text(`${tag}#${value}`),
  tag: text(tag),
  value: text(value),
  until: number(until),
  ttl: number(until + keepSeconds),
  ...(issuedBefore === undefined ? {} : { issuedBefore: number(issuedBefore) }),
})

/** @throws StoreUnavailable when the item holds no deny that this code understands: nothing may be left out by guessing */
function denyOf(item: Item): Deny {
  const parsed = Deny.safeParse({
    tag: textOf(item, 'tag'),
    value: textOf(item, 'value'),
    until: numberOf(item, 'until'),
    ...(item['issuedBefore'] === undefined ? {} : { issuedBefore: numberOf(item, 'issuedBefore') }),
  })
  if (!parsed.success) throw new StoreUnavailable(`the item \`${textOf(item, 'sk')}\` holds no deny`)
  return parsed.data
}
