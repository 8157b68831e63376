import { digestOfEntry } from '../digest.ts'
import type { JsonObject } from '../values.ts'
import type { Leaf } from './leaf.ts'

/**
 * How the tables differ from the log. `altered`: another content than when it was logged. `missing`: the
 * log has it, the record not. `reordered`: it stands in the place of another. `added`: nothing was committed with it, or
 * the log has none. `unchained`: it does not go on from the entry before it.
 */
export type Why = 'altered' | 'missing' | 'reordered' | 'added' | 'unchained'
export type Difference = { entry: string; why: Why }

/** An entry where it was found: `id` is its place. */
export type Placed = { id: string; entry: JsonObject }

/**
 * The hash that an entry should have, by its content. Undefined for what has none, such as half a character: who may write
 * one row must not stop who looks at all of them.
 */
function hashOfContent(entry: JsonObject): string | undefined {
  try {
    return digestOfEntry(entry)
  } catch {
    return undefined
  }
}

/** What an entry is called that says truly who it is. Undefined for a content that its own hash or id contradicts. */
export function claimOf({ id, entry }: Placed): Leaf | undefined {
  const hash = hashOfContent(entry)
  return hash !== undefined && entry['id'] === id && entry['hash'] === hash ? { id, hash } : undefined
}

/** One place of the record against its leaf. `known`: all leaves that one may have been exchanged with, by hash. */
export function compareWithLeaf(
  placed: Placed | undefined,
  leaf: Leaf,
  known: ReadonlyMap<string, string>,
): Difference | undefined {
  if (!placed) return { entry: leaf.id, why: 'missing' }
  const hash = hashOfContent(placed.entry)
  if (placed.entry['hash'] === leaf.hash && hash === leaf.hash) return undefined
  return { entry: leaf.id, why: hash !== undefined && known.has(hash) ? 'reordered' : 'altered' }
}
