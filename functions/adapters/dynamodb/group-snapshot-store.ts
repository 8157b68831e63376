import { ConditionalCheckFailedException, PutItemCommand } from '@aws-sdk/client-dynamodb'
import type { GroupSnapshot } from '../../domain/people/organisation.ts'
import type { GroupSnapshots } from '../../operations/people/ports.ts'
import { slackGroupsKey } from './beside-items.ts'
import { type Connection, within } from './client.ts'
import { number, text } from './items.ts'
import { unavailable } from './unavailable.ts'

/** The one snapshot of Slack user groups, beside the requests: whoever decides reads it with all else that counts. */
export class DynamoGroupSnapshots implements GroupSnapshots {
  readonly #connection: Connection
  readonly #requests: string

  constructor(connection: Connection, requests: string) {
    this.#connection = connection
    this.#requests = requests
  }

  async save(snapshot: GroupSnapshot): Promise<boolean> {
    const put = new PutItemCommand({
      TableName: this.#requests,
      Item: { ...slackGroupsKey, snapshot: text(JSON.stringify(snapshot)), at: number(snapshot.at) },
      // Sent again after a lost answer it is the same, and so is still kept.
      ConditionExpression: 'attribute_not_exists(pk) OR #at <= :at',
      ExpressionAttributeNames: { '#at': 'at' },
      ExpressionAttributeValues: { ':at': number(snapshot.at) },
    })
    try {
      await this.#connection.client.send(put, within(this.#connection))
      return true
    } catch (cause) {
      if (cause instanceof ConditionalCheckFailedException) return false
      throw unavailable('keep who is in the Slack groups', cause)
    }
  }
}
