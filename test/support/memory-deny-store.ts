import type { Deny, DenyStore } from '../../functions/operations/ports.ts'

/** What must be denied on which role, in memory. Of two ends for one value the later holds. */
export class MemoryDenyStore implements DenyStore {
  readonly #roles = new Map<string, Map<string, Deny>>()

  async add(role: string, denies: readonly Deny[]): Promise<void> {
    await Promise.resolve()
    const ofRole = this.#roles.get(role) ?? new Map<string, Deny>()
    this.#roles.set(role, ofRole)
    for (const deny of denies) {
      const key = JSON.stringify([deny.tag, deny.value])
      const until = Math.max(deny.until, ofRole.get(key)?.until ?? 0)
      ofRole.set(key, { ...deny, until })
    }
  }

  async ofRole(role: string): Promise<readonly Deny[]> {
    await Promise.resolve()
    return [...(this.#roles.get(role)?.values() ?? [])].map((deny) => ({ ...deny }))
  }
}
