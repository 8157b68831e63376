// Rules: test/client/verify/receipt.test.ts, test/client/verify/log.test.ts
import { type Entry, entryHash } from '../ledger/ledger.ts'
import type { Damage } from './compare.ts'
import { type Leaf, partsOfId } from './leaf.ts'

/** An entry in a file: all of its members, of which these are read. */
export type FoundEntry = Leaf & { previous: string | null; readonly [member: string]: unknown }

/**
 * A flaw of a file. If an entry does not chain to the one before it, the one before is `replaced`: the file does not
 * show which of the two is right. `through` is the last of a run of entries.
 */
export type Flaw = { entry: string; flaw: Exclude<Damage, 'unchained'>; through?: string }

/** The last entry of a chain when its receipt was made. */
export type ChainEnd = { sequence: number; hash: string }

/** Each chain begins with entry 1 and has no gap, unless the file is `part` of the ledger. */
type Extent = { part?: boolean; ends?: ReadonlyMap<string, ChainEnd> }

/** An entry's place in its chain, by its id. */
type Placed = { entry: FoundEntry; sequence: number }

/** The most missing entries in a row that are named, so that a forged id cannot make this slow. */
const named = 20

/** @param entries each id is `<aggregate>/<sequence>`; entries of one chain are in order */
export function flawsOfChains(entries: readonly FoundEntry[], { part = false, ends }: Extent = {}): Flaw[] {
  const chains = new Map<string, Placed[]>([...(ends?.keys() ?? [])].map((aggregate) => [aggregate, []]))
  for (const entry of entries) {
    const { aggregate, sequence } = partsOfId(entry.id) ?? { aggregate: entry.id, sequence: 1 }
    const placed = chains.get(aggregate) ?? []
    if (placed.push({ entry, sequence }) === 1) chains.set(aggregate, placed)
  }
  return [...chains].flatMap(([aggregate, placed]) => flawsOfChain(aggregate, placed, part, ends?.get(aggregate)))
}

function flawsOfChain(aggregate: string, placed: readonly Placed[], part: boolean, end?: ChainEnd): Flaw[] {
  const flaws: Flaw[] = []
  const add = (sequence: number, flaw: Flaw['flaw']) => flaws.push({ entry: `${aggregate}/${sequence}`, flaw })
  const bySequence = new Map<number, FoundEntry>()
  let latest = 0
  for (const { entry, sequence } of placed) {
    if (bySequence.has(sequence)) add(sequence, 'added')
    else {
      if (sequence < latest) add(sequence, 'reordered')
      bySequence.set(sequence, entry)
    }
    latest = Math.max(latest, sequence)
  }
  let expected = 1
  const addGap = (last: number) => {
    if (part) return
    if (last - expected >= named)
      flaws.push({ entry: `${aggregate}/${expected}`, flaw: 'missing', through: `${aggregate}/${last}` })
    else for (let sequence = expected; sequence <= last; sequence++) add(sequence, 'missing')
  }
  for (const [sequence, entry] of [...bySequence].sort(([one], [other]) => one - other)) {
    addGap(sequence - 1)
    expected = sequence + 1
    const next = bySequence.get(sequence + 1)
    const named = [next?.previous, sequence === end?.sequence ? end.hash : undefined].filter(
      (hash) => hash !== undefined,
    )
    if (!holds(entry)) add(sequence, 'altered')
    else if (named.some((hash) => hash !== entry.hash) || (sequence === 1 && entry.previous !== null))
      add(sequence, 'replaced')
  }
  addGap(end?.sequence ?? 0)
  return flaws
}

/** Compares every entry with its leaf in the log, and every leaf of these chains with its entry. */
export function flawsByLog(entries: readonly FoundEntry[], leaves: Iterable<Leaf>, part = false): Flaw[] {
  const found = new Map(entries.map(({ id, hash }) => [id, hash]))
  const chains = new Set(entries.map(({ id }) => partsOfId(id)?.aggregate))
  const flaws: Flaw[] = []
  const known = new Set<string>()
  for (const { id, hash } of leaves) {
    if (!chains.has(partsOfId(id)?.aggregate)) continue
    known.add(id)
    const here = found.get(id)
    if (here === undefined && !part) flaws.push({ entry: id, flaw: 'missing' })
    if (here !== undefined && here !== hash) flaws.push({ entry: id, flaw: 'replaced' })
  }
  return [
    ...flaws,
    ...[...found.keys()].filter((id) => !known.has(id)).map((entry) => ({ entry, flaw: 'added' as const })),
  ]
}

function holds(entry: FoundEntry): boolean {
  try {
    return entryHash(entry as unknown as Entry) === entry.hash
  } catch {
    return false
  }
}
