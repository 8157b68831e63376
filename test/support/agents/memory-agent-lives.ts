import type { GovernedRegistry } from '../../../functions/domain/agents/governed-registry.ts'
import type { LifeChange, LifeStore, Registry, StoredLife } from '../../../functions/operations/agents/ports.ts'
import type { MemoryLedgerStore } from '../ledger/memory-ledger-store.ts'

/** The lives of agents in memory. Entries go into the world's ledger. */
export class MemoryAgentLives implements LifeStore {
  readonly #ledger: MemoryLedgerStore
  readonly #lives = new Map<LifeChange['subject'], StoredLife>()
  #registry: Registry | undefined

  constructor(ledger: MemoryLedgerStore) {
    this.#ledger = ledger
  }

  async lives(subjects: readonly LifeChange['subject'][]) {
    await Promise.resolve()
    return new Map(
      subjects.flatMap((subject) => {
        const found = this.#lives.get(subject)
        return found ? [[subject, structuredClone(found)] as const] : []
      }),
    )
  }

  async saveLife({ subject, life, version, appended }: LifeChange): Promise<boolean> {
    await Promise.resolve()
    if ((this.#lives.get(subject)?.version ?? 0) !== version) return false
    if (appended) {
      const { expected, entries, head } = appended
      if (!(await this.#ledger.append(subject, expected, entries, head))) return false
    }
    this.#lives.set(subject, structuredClone({ life, version: version + 1 }))
    return true
  }

  async registry() {
    await Promise.resolve()
    return structuredClone(this.#registry)
  }

  async saveRegistry(registry: Registry): Promise<void> {
    await Promise.resolve()
    this.#registry = structuredClone(registry)
  }

  async saveGoverned(next: GovernedRegistry): Promise<boolean> {
    await Promise.resolve()
    if (this.#ledger.governed.version !== next.version - 1) return false
    this.#ledger.governed = structuredClone(next)
    return true
  }
}
