import { factsOfPermit } from '../../../functions/domain/ledger/facets.ts'
import { drawsLeft, type StandingPermit } from '../../../functions/domain/permits/permit.ts'
import type { AskerId, StandingPermitId } from '../../../functions/domain/values.ts'
import type { PermitChange, PermitStore, StoredPermit } from '../../../functions/operations/permits/ports.ts'
import type { Page } from '../../../functions/operations/ports.ts'
import type { MemoryLedgerStore } from '../ledger/memory-ledger-store.ts'
import type { MemoryRequestStore } from './memory-request-store.ts'

/** Standing permits in memory. They lie with the requests, since a draw commits with its request. */
export class MemoryPermitStore implements PermitStore {
  readonly #requests: MemoryRequestStore
  readonly #ledger: MemoryLedgerStore

  constructor(requests: MemoryRequestStore, ledger: MemoryLedgerStore) {
    this.#requests = requests
    this.#ledger = ledger
  }

  async load(id: StandingPermitId): Promise<StoredPermit | undefined> {
    await Promise.resolve()
    return this.#requests.permit(id)
  }

  async save(change: PermitChange): Promise<boolean> {
    await Promise.resolve()
    if (this.#requests.isStale(change)) return false
    this.#ledger.put(change.entries, factsOfPermit(change.permit), change.texts)
    this.#requests.putPermit(change.permit, change.head)
    return true
  }

  async ofAgent(agent: AskerId, limit: number): Promise<readonly StoredPermit[]> {
    await Promise.resolve()
    return this.#requests
      .allPermits()
      .filter(({ permit }) => permit.agent === agent && permit.revoked === undefined && drawsLeft(permit) > 0)
      .sort((one, other) => (keyOf(one.permit) < keyOf(other.permit) ? 1 : -1))
      .slice(0, limit)
  }

  async list({ limit, after }: { limit: number; after?: string }): Promise<Page<StandingPermit>> {
    await Promise.resolve()
    const all = this.#requests
      .allPermits()
      .map(({ permit }) => permit)
      .filter((permit) => after === undefined || (/^\d{10}#/.test(after) && keyOf(permit) < after))
      .sort((one, other) => (keyOf(one) < keyOf(other) ? 1 : -1))
    const items = all.slice(0, limit)
    const last = items.at(-1)
    return { items, ...(all.length > items.length && last ? { next: keyOf(last) } : {}) }
  }
}

const keyOf = ({ at, id }: StandingPermit) => `${String(at).padStart(10, '0')}#${id}`
