import type { RecordedCall } from '../../../functions/domain/uses/use.ts'
import type { CallRecord, CallsOnRecord, RecordedSession } from '../../../functions/operations/ledger/ports.ts'

/** A record of calls in memory, by session; it can be silent, as where there is none. */
export class MemoryCallRecord implements CallRecord {
  isSilent = false
  readonly #calls: (RecordedCall & { session: string })[] = []

  async ofSession({ name, from, until }: RecordedSession): Promise<CallsOnRecord | undefined> {
    await Promise.resolve()
    if (this.isSilent) return undefined
    const calls = this.#calls
      .filter(({ session, at }) => session === name && at >= from && at <= until)
      .map(({ session: _, ...call }) => call)
    return { calls, more: false }
  }

  put(session: string, call: RecordedCall): void {
    this.#calls.push({ ...call, session })
  }
}
