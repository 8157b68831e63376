import { ConditionalCheckFailedException, PutItemCommand, paginateQuery } from '@aws-sdk/client-dynamodb'
import type { Deny, DenyStore } from '../../operations/ports.ts'
import { type Connection, within } from './client.ts'
import { number, numberOf, text, textOf } from './items.ts'
import { unavailable } from './unavailable.ts'

/** What must be denied on a role: items `DENY#<role>` of the requests table, one for each value of a session tag. */
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
      ExpressionAttributeValues: { ':role': text(roleKey(role)) },
    }
    try {
      for await (const page of paginateQuery({ client: this.#connection.client }, query, within(this.#connection)))
        for (const item of page.Items ?? [])
          denies.push({
            tag: textOf(item, 'tag') as Deny['tag'],
            value: textOf(item, 'value'),
            until: numberOf(item, 'until'),
          })
    } catch (cause) {
      throw unavailable('read what a role must deny', cause)
    }
    return denies
  }

  /** A deny is only ever made to last longer: of two, the later end holds, whichever comes first. */
  async #add(role: string, { tag, value, until }: Deny): Promise<void> {
    const put = new PutItemCommand({
      TableName: this.#table,
      Item: {
        pk: text(roleKey(role)),
        sk: text(`${tag}#${value}`),
        tag: text(tag),
        value: text(value),
        until: number(until),
        ttl: number(until),
      },
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
