import type { RecordedCall } from '../../../functions/domain/uses/recorded-call.ts'
import type { CallRecord, CallsOnRecord, RecordedSession } from '../../../functions/targets/aws/ports.ts'

/** A record of calls in memory, by session. It can fail to answer, and be late. */
export class MemoryCallRecord implements CallRecord {
  isSilent = false
  /** Whether the record has more calls than it returns. */
  hasMore = false
  /** The sessions that were looked up. */
  readonly asked: RecordedSession[] = []
  readonly #calls: (RecordedCall & { session: string })[] = []

  async ofSession(session: RecordedSession): Promise<CallsOnRecord | undefined> {
    await Promise.resolve()
    this.asked.push(session)
    const { name, from, until } = session
    if (this.isSilent) return undefined
    const calls = this.#calls
      .filter((each) => each.session === name && each.at >= from && each.at <= until)
      .map(({ session: _, ...call }) => call)
    return { calls, more: this.hasMore }
  }

  put(session: string, call: RecordedCall): void {
    this.#calls.push({ ...call, session })
  }
}
