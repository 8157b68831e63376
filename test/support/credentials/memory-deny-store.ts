import type { Deny } from '../../../functions/domain/credentials/denies.ts'
import type { NumericDate } from '../../../functions/domain/values.ts'
import type { DenyStore } from '../../../functions/operations/credentials/ports.ts'

type Kept = { deny: Deny; forgotten: boolean }

/** The denies of each role, in memory. The later of two ends for one value holds. */
export class MemoryDenyStore implements DenyStore {
  readonly #roles = new Map<string, Map<string, Kept>>()

  async add(role: string, denies: readonly Deny[]): Promise<void> {
    await Promise.resolve()
    const ofRole = this.#keptOf(role)
    for (const deny of denies)
      if (deny.until > (ofRole.get(keyOf(deny))?.deny.until ?? -1))
        ofRole.set(keyOf(deny), { deny: { ...deny }, forgotten: false })
  }

  async ofRole(role: string): Promise<readonly Deny[]> {
    await Promise.resolve()
    return [...this.#keptOf(role).values()].filter(({ forgotten }) => !forgotten).map(({ deny }) => ({ ...deny }))
  }

  async forget(role: string, denies: readonly Deny[]): Promise<void> {
    await Promise.resolve()
    for (const deny of denies) this.#keptOf(role).set(keyOf(deny), { deny: { ...deny }, forgotten: true })
  }

  async overdue(now: NumericDate, limit: number): Promise<readonly string[]> {
    await Promise.resolve()
    const over = [...this.#roles].flatMap(([role, kept]) =>
      [...kept.values()].filter(({ deny, forgotten }) => !forgotten && deny.until < now).map(() => role),
    )
    return [...new Set(over.slice(0, limit))]
  }

  #keptOf(role: string): Map<string, Kept> {
    const kept = this.#roles.get(role) ?? new Map<string, Kept>()
    this.#roles.set(role, kept)
    return kept
  }
}

const keyOf = ({ tag, value }: Deny): string => JSON.stringify([tag, value])
