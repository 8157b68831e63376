import { hash } from 'node:crypto'
import { type Item, textOf } from './items.ts'

/**
 * The shards of an index value. DynamoDB gives one partition of an index a thousand writes a second, so a value of many
 * rows, such as all requests of one busy agent, is split into the deployment's number of shards: `value`, `value~1`,
 * `value~2`. Readers query all of them, so rows from before the number was raised are found.
 */
export const shardsOf = (value: string, count: number): readonly string[] =>
  Array.from({ length: count }, (_, shard) => named(value, shard))

/** @param id the row's id: a row is always in the same shard */
export const inShard = (value: string, id: string, count: number): string => named(value, shardOf(id, count))

/** One of `count` equal copies, at random. */
export const anyOf = (count: number): number => Math.floor(Math.random() * count)
export const anyShardOf = (value: string, count: number): string => named(value, anyOf(count))

export const shardOf = (id: string, count: number): number =>
  count === 1 ? 0 : Number.parseInt(hash('sha256', id).slice(0, 8), 16) % count

/**
 * The value without its shard. Sharded values never contain `~`: they are ids of agents, people and actions, months and
 * words.
 */
export const withoutShard = (value: string): string => value.split('~')[0] as string

const named = (value: string, shard: number): string => (shard === 0 ? value : `${value}~${shard}`)

type Page = { items: readonly Item[]; last?: Item }

/**
 * Merges the rows of all shards in one order, up to where every shard has been read: an unread row of one shard may
 * come before a read row of another.
 * @param by the name of the index's sort key, a text
 */
export function inOneOrder(pages: readonly Page[], by: string, newestFirst: boolean): { items: Item[]; more: boolean } {
  const order = (one: string, other: string) => (one < other === newestFirst ? 1 : -1)
  const [told] = pages.flatMap(({ items, last }) => (last ? [textOf(items.at(-1) ?? last, by)] : [])).toSorted(order)
  const items = pages
    .flatMap((page) => page.items)
    .filter((item) => told === undefined || textOf(item, by) === told || order(textOf(item, by), told) < 0)
    .toSorted((one, other) => order(textOf(one, by), textOf(other, by)))
  return { items, more: told !== undefined }
}
