import type { DayKey, StoredDay, UnknownCallerStore } from '../../../functions/operations/agents/unknown-callers.ts'

/** The days of unknown callers, in memory. */
export class MemoryUnknownCallers implements UnknownCallerStore {
  readonly #days = new Map<string, StoredDay>()
  readonly expiries: number[] = []
  writes = 0
  /** The fault that each call throws. */
  fault: Error | undefined

  async days(keys: readonly DayKey[]): Promise<readonly StoredDay[]> {
    await this.#answer()
    return keys.flatMap((key) => structuredClone(this.#days.get(nameOf(key)) ?? []))
  }

  async saveDay(day: StoredDay, expiresAt: number): Promise<boolean> {
    await this.#answer()
    this.writes += 1
    if ((this.#days.get(nameOf(day.key))?.version ?? 0) !== day.version) return false
    this.expiries.push(expiresAt)
    this.#days.set(nameOf(day.key), structuredClone({ ...day, version: day.version + 1 }))
    return true
  }

  async #answer(): Promise<void> {
    await Promise.resolve()
    if (this.fault) throw this.fault
  }
}

const nameOf = ({ issuer, day }: DayKey) => `${issuer} ${day}`
