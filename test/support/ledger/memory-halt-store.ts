import { type Halt, type HaltTarget, haltKey } from '../../../functions/domain/halts/halt.ts'
import { factsOfHalt } from '../../../functions/domain/ledger/facets.ts'
import { type Head, noEntries } from '../../../functions/domain/ledger/ledger.ts'
import type { HaltId } from '../../../functions/domain/values.ts'
import type { HaltChange, HaltStore, StoredHalts } from '../../../functions/operations/halts/ports.ts'
import type { MemoryRequestStore } from '../requests/memory-request-store.ts'
import type { MemoryLedgerStore } from './memory-ledger-store.ts'

/** Halts in memory: the halts of a target lie with the requests, where decisions read them. */
export class MemoryHaltStore implements HaltStore {
  readonly #requests: MemoryRequestStore
  readonly #ledger: MemoryLedgerStore
  readonly #versions = new Map<string, number>()
  readonly #byId = new Map<HaltId, { halt: Halt; head: Head }>()

  constructor(requests: MemoryRequestStore, ledger: MemoryLedgerStore) {
    this.#requests = requests
    this.#ledger = ledger
  }

  async load(target: HaltTarget): Promise<StoredHalts> {
    // The version is read first: with too old a one the change is stale, with too new a one it would undo a concurrent
    // change.
    const version = this.#versions.get(haltKey(target)) ?? 0
    const { halts } = await this.#requests.dependencies([], [target])
    return { halts: structuredClone(halts), version }
  }

  async find(id: HaltId) {
    await Promise.resolve()
    return structuredClone(this.#byId.get(id))
  }

  async list({ lifted }: { lifted: boolean }, { limit, after }: { limit: number; after?: string }) {
    await Promise.resolve()
    const all = [...this.#byId.values()]
      .map(({ halt }) => structuredClone(halt))
      .filter((halt) => lifted || halt.lifted === undefined)
      .filter((halt) => after === undefined || (/^\d{10}#/.test(after) && keyOf(halt) < after))
      .sort((one, other) => (keyOf(one) < keyOf(other) ? 1 : -1))
    const items = all.slice(0, limit)
    const last = items.at(-1)
    return { items, ...(all.length > items.length && last ? { next: keyOf(last) } : {}) }
  }

  async save({ halt, expected, halts, entries, head, texts }: HaltChange): Promise<boolean> {
    await Promise.resolve()
    const { id, target } = halt
    const [version, before] = [this.#versions.get(haltKey(target)) ?? 0, this.#byId.get(id)?.head ?? noEntries]
    if (
      version !== expected.version ||
      before.sequence !== expected.head.sequence ||
      before.hash !== expected.head.hash
    )
      return false
    this.#ledger.put(entries, factsOfHalt(halt), texts)
    this.#requests.putHalts(target, halts)
    this.#versions.set(haltKey(target), version + 1)
    this.#byId.set(id, structuredClone({ halt, head }))
    return true
  }
}

const keyOf = ({ at, id }: Halt) => `${String(at).padStart(10, '0')}#${id}`
