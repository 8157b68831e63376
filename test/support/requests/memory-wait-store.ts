import type { RequestId } from '../../../functions/domain/values.ts'
import type { WaitRecord, WaitStore } from '../../../functions/operations/requests/ports.ts'

type Kept = { wait: WaitRecord; ended: boolean }

export class MemoryWaitStore implements WaitStore {
  readonly #waits = new Map<string, Kept>()

  async remember(wait: WaitRecord): Promise<void> {
    await Promise.resolve()
    if (!this.#waits.has(keyOf(wait))) this.#waits.set(keyOf(wait), { wait: { ...wait }, ended: false })
  }

  async open(request: RequestId): Promise<readonly WaitRecord[]> {
    await Promise.resolve()
    return [...this.#waits.values()]
      .filter(({ wait, ended }) => wait.request === request && !ended)
      .map(({ wait }) => ({ ...wait }))
  }

  async ended(wait: WaitRecord): Promise<void> {
    await Promise.resolve()
    const kept = this.#waits.get(keyOf(wait))
    if (kept) kept.ended = true
  }
}

const keyOf = ({ request, wait, attempt }: WaitRecord) => JSON.stringify([request, wait, attempt])
