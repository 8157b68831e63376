// Rules: test/targets/aws/calls/aws-calls.test.ts
import type { Json, JsonObject } from '../../../domain/values.ts'
import { conditionPlace, takeFrom } from '../rules/conditions.ts'

/**
 * Restricts an update to the item as read: its attributes are unchanged, or it is still missing. Other attributes
 * cannot be compared, since the session may not name them.
 * @param read the answer of `GetItem`, as JSON
 */
export function onlyOn(args: JsonObject, read: JsonObject): JsonObject {
  const [names, values] = [objectOf(args['ExpressionAttributeNames']), objectOf(args['ExpressionAttributeValues'])]
  const { Item } = read
  const item = objectOf(Item)
  const place = conditionPlace('arguments.UpdateExpression.names')
  const touched = Item === undefined ? Object.keys(objectOf(args['Key'])) : place && takeFrom(place, args)
  if (!touched || touched.length === 0) return args
  const [moreNames, moreValues]: [{ [name: string]: Json }, { [name: string]: Json }] = [{}, {}]
  const clauses = touched.map((attribute, at) => {
    const name = unused(`#was${at}`, names)
    moreNames[name] = attribute
    if (!Object.hasOwn(item, attribute)) return `attribute_not_exists(${name})`
    const value = unused(`:was${at}`, values)
    moreValues[value] = item[attribute] as Json
    return `${name} = ${value}`
  })
  const allValues = { ...values, ...moreValues }
  return {
    ...args,
    ConditionExpression: clauses.join(' AND '),
    ExpressionAttributeNames: { ...names, ...moreNames },
    // DynamoDB refuses an empty map.
    ...(Object.keys(allValues).length > 0 && { ExpressionAttributeValues: allValues }),
  }
}

const objectOf = (value: Json | undefined) => Object(value ?? {}) as JsonObject

const unused = (placeholder: string, taken: JsonObject): string =>
  Object.hasOwn(taken, placeholder) ? unused(`${placeholder}_`, taken) : placeholder
