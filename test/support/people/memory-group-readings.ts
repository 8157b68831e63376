import type { GroupReading } from '../../../functions/domain/people/group-source.ts'
import type { GroupReadings } from '../../../functions/operations/people/ports.ts'
import type { MemoryRequestStore } from '../requests/memory-request-store.ts'

/** Readings of groups by their sources, kept beside the requests in memory, where decisions read them. */
export class MemoryGroupReadings implements GroupReadings {
  readonly #requests: MemoryRequestStore
  readonly #newest = new Map<string, number>()

  constructor(requests: MemoryRequestStore) {
    this.#requests = requests
  }

  async save(group: string, reading: GroupReading): Promise<boolean> {
    await Promise.resolve()
    if (reading.readAt < (this.#newest.get(group) ?? 0)) return false
    this.#newest.set(group, reading.readAt)
    this.#requests.putReading(group, reading)
    return true
  }
}
