import type { NumericDate, RequestId } from '../../../functions/domain/values.ts'
import type { Timers } from '../../../functions/operations/ports.ts'

/** Timers in memory, which fire on demand. */
export class MemoryTimers implements Timers {
  readonly #set = new Map<string, { request: RequestId; at: NumericDate; to: 'draw' | 'store' }>()

  async set({ name, ...timer }: Parameters<Timers['set']>[0]): Promise<void> {
    await Promise.resolve()
    if (!this.#set.has(name)) this.#set.set(name, timer)
  }

  /** The set timers, by time. */
  get waiting(): readonly { name: string; request: RequestId; at: NumericDate; to: 'draw' | 'store' }[] {
    return [...this.#set].map(([name, timer]) => ({ name, ...timer })).toSorted((a, b) => a.at - b.at)
  }
}
