import type { NumericDate, RequestId } from '../../../functions/domain/values.ts'
import type { WaitRecord, WaitStore } from '../../../functions/operations/requests/ports.ts'

type Kept = { wait: WaitRecord; claimedUntil: NumericDate; ended: boolean }

/** Waits in memory, each with who may end it and until when. */
export class MemoryWaitStore implements WaitStore {
  readonly #waits = new Map<string, Kept>()

  async remember(wait: WaitRecord): Promise<void> {
    await Promise.resolve()
    if (!this.#waits.has(keyOf(wait)))
      this.#waits.set(keyOf(wait), { wait: { ...wait }, claimedUntil: 0, ended: false })
  }

  async open(request: RequestId): Promise<readonly WaitRecord[]> {
    await Promise.resolve()
    return [...this.#waits.values()]
      .filter(({ wait, ended }) => wait.request === request && !ended)
      .map(({ wait }) => ({ ...wait }))
  }

  async claim(wait: WaitRecord, now: NumericDate, leaseSeconds: number): Promise<boolean> {
    await Promise.resolve()
    const kept = this.#waits.get(keyOf(wait))
    if (!kept || kept.ended || kept.claimedUntil > now) return false
    kept.claimedUntil = now + leaseSeconds
    return true
  }

  async release(wait: WaitRecord): Promise<void> {
    await Promise.resolve()
    const kept = this.#waits.get(keyOf(wait))
    if (kept) kept.claimedUntil = 0
  }

  async ended(wait: WaitRecord): Promise<void> {
    await Promise.resolve()
    const kept = this.#waits.get(keyOf(wait))
    if (kept) kept.ended = true
  }
}

const keyOf = ({ request, wait, attempt }: WaitRecord) => JSON.stringify([request, wait, attempt])
