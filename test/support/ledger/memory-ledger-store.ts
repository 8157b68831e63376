import { type GovernedRegistry, nothingGoverned } from '../../../functions/domain/agents/governed-registry.ts'
import {
  type ChainFacts,
  type Facets,
  facetsOf,
  type LedgerFilter,
  passesFilter,
  placeOf,
  secondOf,
} from '../../../functions/domain/ledger/facets.ts'
import { type Entry, type Head, noEntries } from '../../../functions/domain/ledger/ledger.ts'
import { countFitting } from '../../../functions/domain/ledger/page-size.ts'
import type { PersonalText } from '../../../functions/domain/ledger/texts.ts'
import { StoreUnavailable } from '../../../functions/operations/faults.ts'
import type { LedgerIndex, LedgerPage, LedgerStore } from '../../../functions/operations/ledger/ports.ts'
import type { OnceOnly } from '../../../functions/operations/ports.ts'
import { MemoryTextStore } from './memory-text-store.ts'

/** The record in memory. Entries are kept as the JSON they were hashed from, each written once. */
export class MemoryLedgerStore implements LedgerStore, LedgerIndex {
  readonly #entries = new Map<string, string>()
  /** Facets by the id of an entry. */
  readonly #index = new Map<string, Facets>()
  #missing: (() => void)[] | undefined
  readonly #heads = new Map<string, Head>()
  /** The texts that the entries commit to. */
  readonly texts = new MemoryTextStore()
  /** The once-only keys, which are rows of the same table as the requests. */
  readonly once = new Map<string, string>()
  /** The registry of agents, which is a row of the same table. */
  governed: GovernedRegistry = nothingGoverned

  async entries(aggregate: string): Promise<readonly Entry[]> {
    await Promise.resolve()
    const entries: Entry[] = []
    for (let sequence = 1; ; sequence++) {
      const entry = this.#entries.get(`${aggregate}/${sequence}`)
      if (entry === undefined) return entries
      entries.push(JSON.parse(entry))
    }
  }

  async page(aggregate: string, { after, limit }: { after: number; limit: number }) {
    const rest = (await this.entries(aggregate)).slice(after)
    return { entries: rest.slice(0, limit), ...(rest.length > limit ? { next: after + limit } : {}) }
  }

  async head(aggregate: string): Promise<Head> {
    await Promise.resolve()
    return this.#heads.get(aggregate) ?? noEntries
  }

  async append(
    aggregate: string,
    expected: Head,
    entries: readonly Entry[],
    head: Head,
    once: readonly OnceOnly[] = [],
  ): Promise<boolean> {
    await Promise.resolve()
    return this.appendNow(aggregate, expected, entries, head, once)
  }

  /** Appends together with changes that the caller makes in the same turn. */
  appendNow(
    aggregate: string,
    expected: Head,
    entries: readonly Entry[],
    head: Head,
    once: readonly OnceOnly[] = [],
  ): boolean {
    if (once.some(({ key, replaces }) => this.once.has(key) && this.once.get(key) !== replaces)) return false
    const found = this.#heads.get(aggregate) ?? noEntries
    if (found.sequence !== expected.sequence || found.hash !== expected.hash) return false
    this.put(entries)
    this.#heads.set(aggregate, head)
    for (const { key, value } of once) this.once.set(key, value)
    return true
  }

  /** Whether a change of the registry is of the one that is stored. */
  isNextRegistry = ({ version }: GovernedRegistry): boolean => version === this.governed.version + 1

  /** Puts an entry over another, as code that had the right to put would. */
  replace(entry: Entry): void {
    this.#entries.set(entry.id, JSON.stringify(entry))
  }

  /** Puts entries that commit with something else. @throws StoreUnavailable when one is there already */
  put(entries: readonly Entry[], facts?: ChainFacts, texts: readonly PersonalText[] = []): void {
    if (entries.some(({ id }) => this.#entries.has(id)))
      throw new StoreUnavailable('the ledger holds entries that their state does not know')
    for (const entry of entries) {
      this.#entries.set(entry.id, JSON.stringify(entry))
      const index = () => this.#index.set(entry.id, facetsOf(entry, facts))
      if (this.#missing) this.#missing.push(index)
      else index()
    }
    this.texts.put(texts)
  }

  async search(filter: LedgerFilter, { limit, after }: LedgerPage) {
    await Promise.resolve()
    const from = [after ?? '', secondOf(filter.since ?? 0)].toSorted().at(-1) ?? ''
    const found = [...this.#index]
      .map(([id, facets]) => ({ facets, entry: JSON.parse(this.#entries.get(id) ?? '') as Entry }))
      .map((row) => ({ ...row, place: placeOf(row.entry) }))
      .filter(({ place }) => place > from && (filter.until === undefined || place < secondOf(filter.until)))
      .filter(({ facets }) => passesFilter(filter, facets))
      .toSorted((one, other) => (one.place < other.place ? -1 : 1))
    const page = found.slice(0, limit)
    page.length = countFitting(page.map(({ entry }) => JSON.stringify(entry)))
    const next = found.length > page.length ? page.at(-1)?.place : undefined
    return { entries: page.map(({ entry }) => entry), ...(next === undefined ? {} : { next }) }
  }

  /** Has the index fall behind. @returns a function that lets it catch up */
  fallBehind(): () => void {
    const missing: (() => void)[] = []
    this.#missing = missing
    return () => {
      this.#missing = undefined
      for (const index of missing) index()
    }
  }

  /** Puts an entry's facets around all rules, as code that had the right to put would. */
  forgeFacets(id: string, facets: Facets): void {
    this.#index.set(id, facets)
  }
}
