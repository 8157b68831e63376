import type { OnceOnly } from '../../operations/ports.ts'
import { number, text } from './items.ts'

export const onceKey = (key: string) => ({ pk: text(key), sk: text('ONCE') })

/**
 * Puts what may happen once, only where it is not there yet or holds the value that may be replaced. What was there is
 * given back when it fails.
 *
 * @param writer tells this very call from all others, so that one whose answer was lost knows its own item again
 */
export function putOnce(table: string, { key, value, replaces, expiresAt }: OnceOnly, writer: string) {
  const replaceable =
    replaces === undefined
      ? { ConditionExpression: 'attribute_not_exists(pk)' }
      : {
          ConditionExpression: 'attribute_not_exists(pk) OR #value = :replaces',
          ExpressionAttributeNames: { '#value': 'value' },
          ExpressionAttributeValues: { ':replaces': text(replaces) },
        }
  return {
    TableName: table,
    Item: { ...onceKey(key), value: text(value), writer: text(writer), ttl: number(expiresAt) },
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD' as const,
    ...replaceable,
  }
}
