import { digestOfEntry } from '../digest.ts'
import type { JsonObject } from '../values.ts'
import type { Leaf } from './leaf.ts'

/**
 * What is wrong with an entry, in the same words for the notary, the reconciliation and `hotwork verify`. `altered`: its hash is
 * not over it. `replaced`: its hash is over it, and the log, a receipt or the entry after it names another. `missing`: the log or
 * the chain has it, and here it is not. `reordered`: it stands in another place than its own. `added`: it stands twice, nothing
 * was committed with it, or the log has none. `unchained`: it does not go on from the entry before it, which the log has.
 */
export type Damage = 'altered' | 'replaced' | 'missing' | 'reordered' | 'added' | 'unchained'
export type Difference = { entry: string; why: Damage }

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
  if (hash !== undefined && known.has(hash)) return { entry: leaf.id, why: 'reordered' }
  return { entry: leaf.id, why: hash !== undefined && placed.entry['hash'] === hash ? 'replaced' : 'altered' }
}
