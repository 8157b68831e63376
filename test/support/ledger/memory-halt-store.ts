import { type HaltTarget, haltKey } from '../../../functions/domain/halts/halt.ts'
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
  readonly #halts = new Map<HaltId, { target: HaltTarget; head: Head }>()

  constructor(requests: MemoryRequestStore, ledger: MemoryLedgerStore) {
    this.#requests = requests
    this.#ledger = ledger
  }

  async load(target: HaltTarget): Promise<StoredHalts> {
    // The version first: with one that is too old a change is stale, with one too new it would undo another's.
    const version = this.#versions.get(haltKey(target)) ?? 0
    const { halts } = await this.#requests.dependencies([], [target])
    return { halts: structuredClone(halts), version }
  }

  async find(id: HaltId) {
    await Promise.resolve()
    return structuredClone(this.#halts.get(id))
  }

  async save({ id, target, expected, halts, entries, head }: HaltChange): Promise<boolean> {
    await Promise.resolve()
    const [version, before] = [this.#versions.get(haltKey(target)) ?? 0, this.#halts.get(id)?.head ?? noEntries]
    if (
      version !== expected.version ||
      before.sequence !== expected.head.sequence ||
      before.hash !== expected.head.hash
    )
      return false
    this.#ledger.put(entries)
    this.#requests.putHalts(target, halts)
    this.#versions.set(haltKey(target), version + 1)
    this.#halts.set(id, structuredClone({ target, head }))
    return true
  }
}
