import { factsOfStandIn } from '../../../functions/domain/ledger/facets.ts'
import { type Head, noEntries } from '../../../functions/domain/ledger/ledger.ts'
import type { StandIn } from '../../../functions/domain/people/stand-in.ts'
import type { PersonId, StandInId } from '../../../functions/domain/values.ts'
import type { StandInChange, StandInStore } from '../../../functions/operations/people/ports.ts'
import type { Page } from '../../../functions/operations/ports.ts'
import type { MemoryLedgerStore } from '../ledger/memory-ledger-store.ts'
import type { MemoryRequestStore } from '../requests/memory-request-store.ts'

/** Stand-ins in memory. Those of an absent person lie with the requests, where decisions read them. */
export class MemoryStandInStore implements StandInStore {
  readonly #requests: MemoryRequestStore
  readonly #ledger: MemoryLedgerStore
  readonly #absences = new Map<PersonId, readonly StandIn[]>()
  readonly #versions = new Map<string, number>()
  readonly #all = new Map<StandInId, { standIn: StandIn; head: Head }>()

  constructor(requests: MemoryRequestStore, ledger: MemoryLedgerStore) {
    this.#requests = requests
    this.#ledger = ledger
  }

  async of({ absent, by }: { absent: PersonId; by: PersonId }) {
    // The versions are read first: with too old a one the change is stale, with too new a one it would undo a
    // concurrent change.
    const [absences, taken] = [this.#version('absent', absent), this.#version('by', by)]
    const { standIns } = await this.#requests.dependencies([], [], { standIn: by })
    return {
      absences: { standIns: structuredClone(this.#absences.get(absent) ?? []), version: absences },
      taken: { standIns, version: taken },
    }
  }

  async find(id: StandInId) {
    await Promise.resolve()
    return structuredClone(this.#all.get(id))
  }

  async save({ standIn, expected, absences, taken, entries, head }: StandInChange): Promise<boolean> {
    await Promise.resolve()
    const before = this.#all.get(standIn.id)?.head ?? noEntries
    if (
      this.#version('absent', standIn.for) !== expected.absences ||
      this.#version('by', standIn.by) !== expected.taken ||
      before.sequence !== expected.head.sequence ||
      before.hash !== expected.head.hash
    )
      return false
    this.#ledger.put(entries, factsOfStandIn(standIn))
    this.#requests.putStandIns(standIn.by, taken)
    this.#absences.set(standIn.for, structuredClone([...absences]))
    this.#versions.set(`absent ${standIn.for}`, expected.absences + 1)
    this.#versions.set(`by ${standIn.by}`, expected.taken + 1)
    this.#all.set(standIn.id, structuredClone({ standIn, head }))
    return true
  }

  async list({ limit, after }: { limit: number; after?: string }): Promise<Page<StandIn>> {
    await Promise.resolve()
    const sorted = [...this.#all.values()]
      .map(({ standIn }) => ({ standIn, key: `${String(standIn.at).padStart(10, '0')}#${standIn.id}` }))
      .filter(({ key }) => after === undefined || (/^\d{10}#/.test(after) && key < after))
      .sort((one, other) => (one.key < other.key ? 1 : -1))
    const page = sorted.slice(0, limit)
    const last = page.at(-1)
    const items = structuredClone(page.map(({ standIn }) => standIn))
    return sorted.length > page.length && last ? { items, next: last.key } : { items }
  }

  #version(kind: 'absent' | 'by', person: PersonId): number {
    return this.#versions.get(`${kind} ${person}`) ?? 0
  }
}
