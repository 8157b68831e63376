// Rules: test/targets/aws/reads/aws-reads.test.ts
import { type AttributeValue, DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb'
import type { Json, JsonObject } from '../../../domain/values.ts'
import { clientFor, type Read } from './client-for.ts'

const client = clientFor((settings) => new DynamoDBClient(settings))

export const getItem: Read = ({ TableName, Key, ConsistentRead }, settings, abortSignal) => {
  const key = Object.entries(Object(Key) as JsonObject).map(([name, value]) => [name, toKey(value)])
  const input = {
    TableName: String(TableName),
    Key: Object.fromEntries(key) as Record<string, AttributeValue>,
    ConsistentRead: ConsistentRead === true,
  }
  return client(settings).send(new GetItemCommand(input), { abortSignal })
}

/** A key is text, a number or bytes, which the API's JSON has as base64. */
function toKey(value: Json): AttributeValue {
  const bytes = (Object(value) as JsonObject)['B']
  return bytes === undefined ? (value as unknown as AttributeValue) : { B: Buffer.from(String(bytes), 'base64') }
}
