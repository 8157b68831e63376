import type { JsonObject, NumericDate } from '../../../functions/domain/values.ts'
import type { SessionOnRecord } from '../../../functions/targets/aws/findings.ts'
import type { Recorded, SealedEvent, SessionRecord } from '../../../functions/targets/aws/ports.ts'

/** AWS's record of sessions, in memory. It can fail to answer. */
export class MemorySessionRecord implements SessionRecord {
  isSilent = false
  readonly #sessions = new Map<string, SessionOnRecord[]>()
  readonly #uses = new Map<string, SealedEvent[]>()

  put(role: string, session: SessionOnRecord): void {
    this.#sessions.set(role, [...(this.#sessions.get(role) ?? []), session])
  }

  use(role: string, eventId: string, at: NumericDate, event: JsonObject): void {
    this.#uses.set(role, [...(this.#uses.get(role) ?? []), { eventId, at, event }])
  }

  sessions = (role: string, from: NumericDate): Promise<Recorded<SessionOnRecord>> =>
    this.#since(this.#sessions, role, from)
  sealedUses = (role: string, from: NumericDate): Promise<Recorded<SealedEvent>> => this.#since(this.#uses, role, from)

  async #since<T extends { at: NumericDate }>(
    of: Map<string, T[]>,
    role: string,
    from: NumericDate,
  ): Promise<Recorded<T>> {
    await Promise.resolve()
    if (this.isSilent) throw new Error('CloudTrail did not answer')
    return { found: (of.get(role) ?? []).filter(({ at }) => at >= from), more: false }
  }
}
