import { digestOf } from '../digest.ts'
import type { JsonObject } from '../values.ts'
import { type Leaf, partsOfId } from './leaf.ts'

/**
 * How the tables, or an export, differ from the log. `altered`: another content than when it was logged. `missing`: the
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
function hashOfContent({ hash: _, ...rest }: JsonObject): string | undefined {
  try {
    return digestOf('hotwork.entry.v1', rest)
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

/**
 * Entries, in the order in which they were found, against the log. A chain of which none was found is not missed, and
 * where `whole` is false neither is what came after the last one that was.
 */
export function compareWithLog(
  found: readonly JsonObject[],
  leaves: readonly Leaf[],
  { whole = true }: { whole?: boolean } = {},
): Difference[] {
  const byId = new Map(leaves.map((leaf) => [leaf.id, leaf]))
  const known = new Map(leaves.map(({ id, hash }) => [hash, id]))
  const differences: Difference[] = []
  const last = new Map<string, number>()
  const seen = new Set<string>()
  for (const [at, entry] of found.entries()) {
    const id = typeof entry['id'] === 'string' ? entry['id'] : `line ${at + 1}`
    const leaf = byId.get(id)
    const parts = partsOfId(id)
    if (!leaf || !parts || seen.has(id)) {
      differences.push({ entry: id, why: 'added' })
      continue
    }
    seen.add(id)
    const differs = compareWithLeaf({ id, entry }, leaf, known)
    if (differs) differences.push(differs)
    else if (parts.sequence < (last.get(parts.aggregate) ?? 0)) differences.push({ entry: id, why: 'reordered' })
    last.set(parts.aggregate, Math.max(parts.sequence, last.get(parts.aggregate) ?? 0))
  }
  for (const { id } of leaves) {
    const parts = partsOfId(id)
    const end = parts && last.get(parts.aggregate)
    if (!parts || end === undefined || seen.has(id) || (!whole && parts.sequence > end)) continue
    differences.push({ entry: id, why: 'missing' })
  }
  return differences
}
