import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import { type Head, noEntries } from '../../domain/ledger/ledger.ts'
import { StoreUnavailable } from '../../operations/faults.ts'

/** An item as DynamoDB takes and gives it. */
export type Item = { [attribute: string]: AttributeValue }

export const text = (value: string): AttributeValue => ({ S: value })
export const number = (value: number): AttributeValue => ({ N: String(value) })

/** @throws StoreUnavailable when the item lacks the attribute: it is not one of ours, so nothing it says can be used */
export function textOf(item: Item, attribute: string): string {
  const value = item[attribute]?.S
  if (value === undefined) throw new StoreUnavailable(`an item has no text in \`${attribute}\``)
  return value
}

/** @throws StoreUnavailable when the item lacks the attribute */
export function numberOf(item: Item, attribute: string): number {
  const value = Number(item[attribute]?.N)
  if (!Number.isSafeInteger(value)) throw new StoreUnavailable(`an item has no integer in \`${attribute}\``)
  return value
}

/** The head of a chain as attributes; an empty chain has no hash. */
export const headAttributes = ({ sequence, hash }: Head): Item => ({
  version: number(sequence),
  ...(hash === null ? {} : { hash: text(hash) }),
})

export const headOf = (item: Item | undefined): Head =>
  item ? { sequence: numberOf(item, 'version'), hash: item['hash']?.S ?? null } : noEntries

/** The condition that a chain still ends where it was read to end. */
export const endsAt = ({ sequence, hash }: Head) =>
  sequence === 0
    ? { ConditionExpression: 'attribute_not_exists(pk)' }
    : {
        ConditionExpression: '#version = :version AND #hash = :hash',
        ExpressionAttributeNames: { '#version': 'version', '#hash': 'hash' },
        ExpressionAttributeValues: { ':version': number(sequence), ':hash': text(hash ?? '') },
      }
