// Rules: test/operations/anchor/reconcile-log.test.ts
import { digestOfEntry } from '../digest.ts'
import type { JsonObject } from '../values.ts'
import type { Leaf } from './leaf.ts'

/**
 * The flaws of an entry, as the notary, the reconciliation and `hotwork verify` name them. `altered`: its hash does not
 * match its content. `replaced`: its hash matches, and the log, a receipt or the next entry names a different one.
 * `missing`: the table lacks an entry of the log or chain. `reordered`: it is in the wrong place. `added`: it is a
 * duplicate, was never committed, or is missing from the log. `unchained`: its `previous` differs from the entry before
 * it in the log.
 */
export type Damage = 'altered' | 'replaced' | 'missing' | 'reordered' | 'added' | 'unchained'
export type Difference = { entry: string; why: Damage }

/** An entry where it was found: `id` is its place. */
export type Placed = { id: string; entry: JsonObject }

/**
 * The hash of an entry's content. Undefined if the content has no RFC 8785 form, such as a lone surrogate: the writer
 * of one row must not stop the check of all rows.
 */
function hashOfContent(entry: JsonObject): string | undefined {
  try {
    return digestOfEntry(entry)
  } catch {
    return undefined
  }
}

/** The leaf of an entry whose hash and id match its content; otherwise undefined. */
export function claimOf({ id, entry }: Placed): Leaf | undefined {
  const hash = hashOfContent(entry)
  return hash !== undefined && entry['id'] === id && entry['hash'] === hash ? { id, hash } : undefined
}

/** Compares one place of the record with its leaf. `known` has all leaves by hash, in which a moved entry is found. */
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
