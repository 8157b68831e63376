// Rules: test/targets/aws/calls/aws-calls.test.ts
import type { AttributeValue, UpdateItemCommandInput } from '@aws-sdk/client-dynamodb'
import { DynamoDBClient, GetItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb'
import { using } from '../../../adapters/aws-client.ts'
import { attributesSet } from '../../../domain/previews/update-expression.ts'
import type { Json, JsonObject } from '../../../domain/values.ts'
import type { LookedUp } from '../../reach.ts'
import { onlyOn } from './dynamodb-condition.ts'
import type { MediatedCall } from './sdk-caller.ts'

/**
 * It asks for no return values, which were not approved. A look-up can only prove an update that sets attributes:
 * adding 1 leaves no trace.
 */
export const updateItem: MediatedCall = {
  make: (args, settings, expected) =>
    using(new DynamoDBClient(settings), async (client) => {
      await client.send(new UpdateItemCommand(toInput(expected ? onlyOn(args, expected) : args)))
      return {}
    }),
  lookUp: (args, _begunAt, settings) => {
    const expected = attributesSet(args)
    if (!expected) return Promise.resolve({ found: 'unknown' })
    return using(new DynamoDBClient(settings), async (client) => {
      const { TableName, Key } = toInput(args)
      const { Item } = await client.send(new GetItemCommand({ TableName, Key, ConsistentRead: true }))
      return compare(expected, Item)
    })
  },
}

/**
 * Equal values prove the update. Different values prove nothing, since another caller may have changed the item since.
 */
function compare(
  expected: ReadonlyMap<string, JsonObject>,
  item: Record<string, AttributeValue> | undefined,
): LookedUp {
  const asSet = item && [...expected].every(([name, value]) => same(toAttribute(value), item[name]))
  return asSet ? { found: 'done', output: {} } : { found: 'unknown' }
}

/** The arguments are the API's JSON, with binary as base64; the SDK takes bytes. */
function toInput({ Key, ExpressionAttributeValues, ...args }: JsonObject): UpdateItemCommandInput {
  const values = ExpressionAttributeValues && mapAttributes(ExpressionAttributeValues)
  const input = { ...args, Key: mapAttributes(Key), ...(values && { ExpressionAttributeValues: values }) }
  return input as unknown as UpdateItemCommandInput
}

const mapAttributes = (map: Json | undefined): Record<string, AttributeValue> =>
  Object.fromEntries(Object.entries(Object(map) as JsonObject).map(([name, value]) => [name, toAttribute(value)]))

function toAttribute(value: Json): AttributeValue {
  const [[type, of] = []] = Object.entries(Object(value) as JsonObject)
  if (type === 'B') return { B: Buffer.from(String(of), 'base64') }
  if (type === 'BS') return { BS: (of as string[]).map((each) => Buffer.from(each, 'base64')) }
  if (type === 'L') return { L: (of as Json[]).map(toAttribute) }
  if (type === 'M') return { M: mapAttributes(of) }
  return value as unknown as AttributeValue
}

const same = (one: AttributeValue, other: AttributeValue | undefined): boolean =>
  other !== undefined && normal(one) === normal(other)

/**
 * The normal form of an attribute value: equal texts for values that DynamoDB considers equal. Sets have no order,
 * numbers one form.
 */
function normal(value: AttributeValue): string {
  const [[type, of] = []] = Object.entries(value)
  if (type === 'N') return JSON.stringify([type, numberForm(String(of))])
  if (type === 'NS') return JSON.stringify([type, (of as string[]).map(numberForm).sort()])
  if (type === 'SS') return JSON.stringify([type, [...(of as string[])].sort()])
  if (type === 'B') return JSON.stringify([type, Buffer.from(of as Uint8Array).toString('base64')])
  if (type === 'BS')
    return JSON.stringify([type, (of as Uint8Array[]).map((each) => Buffer.from(each).toString('base64')).sort()])
  if (type === 'L') return JSON.stringify([type, (of as AttributeValue[]).map(normal)])
  if (type !== 'M') return JSON.stringify([type, of])
  const members = Object.entries(of as Record<string, AttributeValue>).map(([name, each]) => [name, normal(each)])
  return JSON.stringify([type, members.sort()])
}

/** `1.50` and `+1.5` become `1.5`. Other forms stay, and compare as different. */
const numberForm = (text: string): string =>
  text
    .replace(/^\+/, '')
    .replace(/^(-?)0+(?=\d)/, '$1')
    .replace(/(\.\d*?)0+$/, '$1')
    .replace(/\.$/, '')
