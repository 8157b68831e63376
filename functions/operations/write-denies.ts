import { deniesOf } from '../domain/denies.ts'
import { asOf } from '../domain/due.ts'
import type { RequestId } from '../domain/values.ts'
import type { Clock, DenyStore, RequestStore, RolePolicies } from './ports.ts'

type Ports = { requests: Pick<RequestStore, 'load'>; denies: DenyStore; roles: RolePolicies; clock: Clock }

/**
 * Denies on the target roles whatever of a request's sessions must no longer work. What must be denied is first an item,
 * then the role's whole deny is rendered anew from every item, so that one writer after another forgets none.
 */
export async function writeDenies(id: RequestId, ports: Ports): Promise<void> {
  const stored = await ports.requests.load(id)
  if (!stored) return
  const now = ports.clock.now()
  for (const [role, denies] of deniesOf(asOf(stored.state, now), now)) {
    await ports.denies.add(role, denies)
    const all = await ports.denies.ofRole(role)
    await ports.roles.putDeny(
      role,
      all.filter(({ until }) => until > now),
    )
  }
}
