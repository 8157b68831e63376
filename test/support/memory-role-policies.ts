import type { Deny, RolePolicies } from '../../functions/operations/ports.ts'

/** The deny of each role in memory: what was put last holds. */
export class MemoryRolePolicies implements RolePolicies {
  readonly #denies = new Map<string, readonly Deny[]>()

  async putDeny(role: string, denies: readonly Deny[]): Promise<void> {
    await Promise.resolve()
    if (denies.length === 0) this.#denies.delete(role)
    else this.#denies.set(role, structuredClone(denies))
  }

  /** Whether a session of the role with these tags could still do anything. */
  denies(role: string, tags: { readonly [tag: string]: string }): boolean {
    return (this.#denies.get(role) ?? []).some(({ tag, value }) => tags[tag] === value)
  }

  /** The roles that deny anything at all. */
  get roles(): readonly string[] {
    return [...this.#denies.keys()]
  }
}
