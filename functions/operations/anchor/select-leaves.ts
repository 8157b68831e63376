// Rules: test/operations/anchor/notarize.test.ts
import { claimOf, type Damage, type Difference, type Placed } from '../../domain/anchor/compare.ts'
import { type Leaf, partsOfId } from '../../domain/anchor/leaf.ts'
import type { JsonObject } from '../../domain/values.ts'
import type { LedgerRows, LogIndex } from './ports.ts'

/** A row of the ledger that was written; without `entry`, one that was removed. */
export type Arrival = { id: string; entry?: JsonObject }

type Ports = { index: Pick<LogIndex, 'find' | 'last'>; ledger: Pick<LedgerRows, 'page'> }

const page = 100
/** The pages of one chain in one run; the next run reads the rest. */
const mostPages = 20

/**
 * The leaves to add to the log, in order. Rows arrive at least once and from any principal that may write the table: a
 * row with a place is skipped, a missing predecessor is fetched, and a row with a broken chain is reported and skipped.
 */
export async function selectLeaves(
  arrived: readonly Arrival[],
  chains: readonly string[],
  ports: Ports,
): Promise<{ leaves: readonly Leaf[]; differences: readonly Difference[] }> {
  const selection = new Selection(ports)
  await selection.learn(arrived.flatMap(({ id }) => [id, idBefore(id)]))
  for (const arrival of arrived) await selection.take(arrival)
  for (const chain of chains) await selection.fetch(chain)
  return { leaves: [...selection.leaves], differences: [...selection.differences.values()] }
}

class Selection {
  readonly leaves: Leaf[] = []
  readonly differences = new Map<string, Difference>()
  readonly #ports: Ports
  /** Hashes of entries that have a place or get one in this run. */
  readonly #hashes = new Map<string, string>()

  constructor(ports: Ports) {
    this.#ports = ports
  }

  async learn(ids: readonly (string | undefined)[]): Promise<void> {
    const wanted = [...new Set(ids.filter((id) => id !== undefined))]
    for (const [id, { hash }] of await this.#ports.index.find(wanted)) this.#hashes.set(id, hash)
  }

  async take({ id, entry }: Arrival): Promise<void> {
    const parts = partsOfId(id)
    if (!parts) return this.#tell(id, 'added')
    if (!entry) return this.#tell(id, 'missing')
    const claim = claimOf({ id, entry })
    if (!claim) return this.#tell(id, entry['id'] === id ? 'altered' : 'reordered')
    const logged = this.#hashes.get(id)
    if (logged !== undefined) return logged === claim.hash ? undefined : this.#tell(id, 'replaced')
    if (this.#goesOn(id, entry)) return this.#add(claim)
    const before = idBefore(id)
    if (before === undefined || this.#hashes.has(before)) return this.#tell(id, 'unchained')
    const whole = await this.fetch(parts.aggregate, parts.sequence)
    if (whole && this.#hashes.get(id) !== claim.hash) this.#tell(id, 'replaced')
  }

  /**
   * Takes all entries of a chain without a place from the table. False if one of them cannot be added, which is
   * reported.
   * @param upTo the sequence that must be among them
   */
  async fetch(aggregate: string, upTo = 0): Promise<boolean> {
    const { index, ledger } = this.#ports
    const last = await index.last(aggregate)
    let after = last?.sequence ?? 0
    if (last) this.#hashes.set(`${aggregate}/${after}`, last.hash)
    // Leaves added earlier in this run are not in the index yet.
    while (this.#hashes.has(`${aggregate}/${after + 1}`)) after += 1
    for (let read = 0; read < mostPages; read += 1) {
      const { placed, next } = await ledger.page(aggregate, { after, limit: page })
      for (const each of placed) {
        if (!partsOfId(each.id)) {
          this.#tell(each.id, 'added')
          continue
        }
        const id = `${aggregate}/${after + 1}`
        if (!this.#fetched(id, each)) return false
        after += 1
      }
      if (next === undefined || placed.length === 0) break
    }
    if (after >= upTo) return true
    this.#tell(`${aggregate}/${after + 1}`, 'missing')
    return false
  }

  #fetched(id: string, { id: place, entry }: Placed): boolean {
    const claim = claimOf({ id, entry })
    if (place === id && claim && this.#goesOn(id, entry)) {
      this.#add(claim)
      return true
    }
    // Pages are dense, so a different place means that this one is missing.
    if (place !== id) this.#tell(id, 'missing')
    else this.#tell(id, claim ? 'unchained' : 'altered')
    return false
  }

  #goesOn(id: string, entry: JsonObject): boolean {
    const before = idBefore(id)
    if (before === undefined) return entry['previous'] === null
    const hash = this.#hashes.get(before)
    return hash !== undefined && hash === entry['previous']
  }

  #add(leaf: Leaf): void {
    this.leaves.push(leaf)
    this.#hashes.set(leaf.id, leaf.hash)
  }

  #tell(entry: string, why: Damage): void {
    this.differences.set(entry, { entry, why })
  }
}

function idBefore(id: string): string | undefined {
  const parts = partsOfId(id)
  return parts && parts.sequence > 1 ? `${parts.aggregate}/${parts.sequence - 1}` : undefined
}
