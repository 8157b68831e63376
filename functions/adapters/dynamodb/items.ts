// Rules: test/adapters/faults.test.ts
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import type * as z from 'zod'
import { type Head, noEntries } from '../../domain/ledger/ledger.ts'
import { StoreUnavailable } from '../../operations/faults.ts'
import { readWritten } from '../read-json.ts'

export type Item = { [attribute: string]: AttributeValue }

/** An item for a write. Undefined attributes are left out. */
type Written = string | number | readonly string[] | Uint8Array
export type Row = { readonly [attribute: string]: Written | undefined }

export const itemOf = (row: Row): Item =>
  Object.fromEntries(
    Object.entries(row).flatMap(([name, value]) => (value === undefined ? [] : [[name, attributeOf(value)]])),
  )

function attributeOf(value: Written): AttributeValue {
  if (typeof value === 'string') return { S: value }
  if (value instanceof Uint8Array) return { B: value }
  return typeof value === 'number' ? { N: String(value) } : { L: value.map(attributeOf) }
}

/** @throws StoreUnavailable if the item lacks the attribute */
export function textOf(item: Item, attribute: string): string {
  const value = item[attribute]?.S
  if (value === undefined) throw new StoreUnavailable(`an item has no text in \`${attribute}\``)
  return value
}

export function numberOf(item: Item, attribute: string): number {
  const value = Number(item[attribute]?.N)
  if (!Number.isSafeInteger(value)) throw new StoreUnavailable(`an item has no integer in \`${attribute}\``)
  return value
}

/** The entry's id by the key of its row, in the ledger table or in the table of places in the log. */
export const entryIdOf = (item: Item): string => `${textOf(item, 'aggregate')}/${numberOf(item, 'sequence')}`

/** @throws StoreUnavailable if the text is invalid */
export const valueIn = <S extends z.ZodType>(item: Item, attribute: string, schema: S): z.infer<S> =>
  understood(readWritten(textOf(item, attribute)), attribute, schema)

/** A large value, compressed, since writes are paid by the kilobyte. */
export const packed = (value: object): Uint8Array => deflateRawSync(JSON.stringify(value))

/** The limit of an unpacked value: an item has 400 KB, and JSON seldom packs to less than a twentieth. */
const mostUnpacked = 8 * 1024 * 1024

/** @throws StoreUnavailable if the value is invalid */
export function packedIn<S extends z.ZodType>(item: Item, attribute: string, schema: S): z.infer<S> {
  // A stream's record has bytes as base64, the SDK as bytes.
  const bytes: Uint8Array | string | undefined = item[attribute]?.B
  if (bytes === undefined) throw new StoreUnavailable(`an item has no bytes in \`${attribute}\``)
  const packedBytes = typeof bytes === 'string' ? Buffer.from(bytes, 'base64') : bytes
  return understood(unpack(packedBytes, attribute), attribute, schema)
}

function unpack(bytes: Uint8Array, name: string): unknown {
  try {
    return readWritten(inflateRawSync(bytes, { maxOutputLength: mostUnpacked }).toString('utf8'))
  } catch (cause) {
    throw new StoreUnavailable(`the \`${name}\` of an item cannot be unpacked`, { cause })
  }
}

export function understood<S extends z.ZodType>(value: unknown, name: string, schema: S): z.infer<S> {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const paths = parsed.error.issues.map(({ path }) => `\`${path.join('.')}\``)
  throw new StoreUnavailable(`the \`${name}\` of an item is not understood: see ${paths.join(', ')}`)
}

export const headRow = ({ sequence, hash }: Head): Row => ({ version: sequence, hash: hash ?? undefined })

export const headOf = (item: Item | undefined): Head =>
  item ? { sequence: numberOf(item, 'version'), hash: item['hash']?.S ?? null } : noEntries

/** A condition with its `#names` and `:values` filled in. Every attribute is aliased, because some are reserved words. */
export const condition = (ConditionExpression: string, values: Row = {}) => ({
  ConditionExpression,
  ...placeholders(ConditionExpression, values),
})

export function placeholders(expression: string, values: Row) {
  const names = [...expression.matchAll(/#\w+/g)].map(([name]) => [name, name.slice(1)])
  const given = Object.entries(itemOf(values)).map(([name, value]) => [`:${name}`, value])
  return {
    ...(names.length > 0 && { ExpressionAttributeNames: Object.fromEntries(names) as Record<string, string> }),
    ...(given.length > 0 && { ExpressionAttributeValues: Object.fromEntries(given) as Item }),
  }
}

export const isNew = condition('attribute_not_exists(pk)')

/** The condition that a chain still ends at the head that was read. */
export const endsAt = ({ sequence, hash }: Head) =>
  sequence === 0 ? isNew : condition('#version = :version AND #hash = :hash', { version: sequence, hash: hash ?? '' })

export const versionIs = (version: number) => (version === 0 ? isNew : condition('#version = :version', { version }))

/** The condition that no row has a later `at`. It also holds for a retry of the same row after a lost answer. */
export const noneIsNewer = (at: number) => condition('attribute_not_exists(pk) OR #at <= :at', { at })

/** A sort key by time: ten digits last until the year 2286. */
export const timeKey = (at: number): string => `${String(Math.floor(at)).padStart(10, '0')}#`
