import type { GroupSnapshot } from '../../../functions/domain/people/organisation.ts'
import type { GroupSnapshots } from '../../../functions/operations/people/ports.ts'
import type { MemoryRequestStore } from '../requests/memory-request-store.ts'

/** The snapshot of Slack user groups, kept where deciding reads it: beside the requests in memory. */
export class MemoryGroupSnapshots implements GroupSnapshots {
  readonly #requests: MemoryRequestStore
  #newest = 0

  constructor(requests: MemoryRequestStore) {
    this.#requests = requests
  }

  async save(snapshot: GroupSnapshot): Promise<boolean> {
    await Promise.resolve()
    if (snapshot.at < this.#newest) return false
    this.#newest = snapshot.at
    this.#requests.putChatGroups(snapshot)
    return true
  }
}
