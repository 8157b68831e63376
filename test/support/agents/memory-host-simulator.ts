import type { Simulated } from '../../../functions/domain/agents/ambient.ts'
import type { Unseen } from '../../../functions/domain/people/host.ts'
import type { HostSimulator } from '../../../functions/operations/agents/ports.ts'
import { HostUnseen } from '../../../functions/operations/faults.ts'

/** A policy on a role. `when`: a condition key that only the call itself can tell. */
export type HostPolicy = { name: string; effect?: 'Allow' | 'Deny'; action: string; resource: string; when?: string }

/** IAM in memory: roles, each with its policies. */
export class MemoryHostSimulator implements HostSimulator {
  readonly #roles = new Map<string, readonly HostPolicy[]>()
  /** The reason of its silence. */
  unseen: Unseen | undefined
  asked = 0
  /** The boundaries by role. A role that is left out has none. */
  readonly boundaries = new Map<string, string>()

  attach(role: string, ...policies: readonly HostPolicy[]): void {
    this.#roles.set(role, policies)
  }

  remove(role: string): void {
    this.#roles.delete(role)
  }

  async simulate(
    role: string,
    { actions, resources }: { actions: readonly string[]; resources: readonly string[] },
  ): Promise<readonly Simulated[]> {
    await Promise.resolve()
    this.asked += 1
    if (this.unseen) throw new HostUnseen(this.unseen)
    const policies = this.#roles.get(role)
    if (!policies) throw new HostUnseen('no_such_role')
    return actions.flatMap((action) => resources.map((resource) => judge(policies, action, resource)))
  }
}

function judge(policies: readonly HostPolicy[], action: string, resource: string): Simulated {
  const bearing = policies.filter((each) => isLike(each.action, action) && isLike(each.resource, resource))
  const missing = [...new Set(bearing.flatMap(({ when }) => when ?? []))].sort()
  const holding = bearing.filter(({ when }) => when === undefined)
  const denying = holding.filter(({ effect }) => effect === 'Deny')
  const deciding = denying.length > 0 ? denying : holding
  const decision = denying.length === 0 && holding.length > 0 ? 'allowed' : 'denied'
  const explicit = denying.length > 0 ? { explicit: true as const } : {}
  return { action, resource, decision, ...explicit, missing, by: deciding.map(({ name }) => `${name} (role)`).sort() }
}

const isLike = (pattern: string, text: string): boolean =>
  new RegExp(
    `^${pattern
      .split('*')
      .map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
      .join('.*')}$`,
  ).test(text)
