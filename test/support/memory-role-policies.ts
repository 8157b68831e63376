import type { NumericDate } from '../../functions/domain/values.ts'
import type { Deny, RolePolicies } from '../../functions/operations/ports.ts'

/** The deny of each role in memory: what was put last holds. IAM has room for some three hundred sessions. */
export class MemoryRolePolicies implements RolePolicies {
  readonly #denies = new Map<string, readonly Deny[]>()
  readonly #room: number
  /** How often a role's deny was written. */
  writes = 0

  constructor(room = 300) {
    this.#room = room
  }

  async putDeny(role: string, denies: readonly Deny[]): Promise<'put' | 'full'> {
    await Promise.resolve()
    if (denies.length > this.#room) return 'full'
    this.writes += 1
    if (denies.length === 0) this.#denies.delete(role)
    else this.#denies.set(role, structuredClone(denies))
    return 'put'
  }

  /** Whether a session of the role with these tags, made at `issuedAt` (long ago, unless said), can do nothing any more. */
  denies(role: string, tags: { readonly [tag: string]: string }, issuedAt: NumericDate = 0): boolean {
    return (this.#denies.get(role) ?? []).some(
      ({ tag, value, issuedBefore }) =>
        (tag === '*' || tags[tag] === value) && (issuedBefore === undefined || issuedAt < issuedBefore),
    )
  }

  /** The roles that deny anything at all. */
  get roles(): readonly string[] {
    return [...this.#denies.keys()]
  }
}
