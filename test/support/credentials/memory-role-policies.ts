import type { Deny } from '../../../functions/domain/credentials/denies.ts'
import type { NumericDate } from '../../../functions/domain/values.ts'
import type { InForce } from '../../../functions/targets/aws/findings.ts'
import type { RolePolicies, RoleReader } from '../../../functions/targets/aws/ports.ts'

/** The deny of each role in memory, as of the last put. IAM has room for some three hundred sessions. */
export class MemoryRolePolicies implements RolePolicies, RoleReader {
  readonly #denies = new Map<string, readonly Deny[]>()
  readonly #others = new Map<string, readonly string[]>()
  readonly #spoilt = new Set<string>()
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
    this.#spoilt.delete(role)
    if (denies.length === 0) this.#denies.delete(role)
    else this.#denies.set(role, structuredClone(denies))
    return 'put'
  }

  async inForce(role: string): Promise<InForce> {
    await Promise.resolve()
    const denies = (this.#denies.get(role) ?? []).map(({ until: _, ...deny }) => deny)
    return { denies: this.#spoilt.has(role) ? 'unreadable' : denies, others: this.#others.get(role) ?? [] }
  }

  /** An administrator adds a policy to the role, past Hotwork. */
  giveOther(role: string, name: string): void {
    this.#others.set(role, [...(this.#others.get(role) ?? []), name])
  }

  /** An administrator overwrites the deny. */
  spoil(role: string): void {
    this.#spoilt.add(role)
  }

  /** Whether a session of the role with these tags is denied everything. `issuedAt`: by default long ago. */
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
