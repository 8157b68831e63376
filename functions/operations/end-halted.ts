import { type HaltTarget, haltKey, targetsOf } from '../domain/halts/halt.ts'
import { type ApprovalRequest, grantOf } from '../domain/requests/request.ts'
import type { HaltId } from '../domain/values.ts'
import { findEnding } from './authority.ts'
import { carryOut } from './carry-out.ts'
import type { DecidingPorts, HaltStore } from './ports.ts'

type Ports = Omit<DecidingPorts, 'ids'> & { halts: Pick<HaltStore, 'find' | 'load'> }

/** So many are looked at at once, and so many ended side by side. */
const [page, side] = [100, 10]

/**
 * Ends every request that a halt covers: on its own record, so that its card, its workflow, the denies of its sessions
 * and what was delegated from it follow. Whoever decides, issues or uses reads the halt and needs none of this; it is
 * for what asks nobody, such as an AWS session of a child, or one that a stopped person approved. As often as it must.
 *
 * @throws StoreUnavailable, StaleRequest
 */
export async function endHalted(id: HaltId, ports: Ports): Promise<void> {
  const found = await ports.halts.find(id)
  if (!found) return
  for (const status of ['approved', 'pending'] as const)
    for (let after: string | undefined; ; ) {
      const { items, next } = await ports.requests.list(
        { status },
        { limit: page, ...(after === undefined ? {} : { after }) },
      )
      const covered = items.map(({ state }) => state).filter((state) => covers(found.target, state))
      for (let from = 0; from < covered.length; from += side)
        await Promise.all(covered.slice(from, from + side).map((state) => endIfHalted(state, found.target, ports)))
      if (next === undefined) break
      after = next
    }
}

/** Whether a halt of this target could end that request; whether one does is found where it is ended. */
function covers(target: HaltTarget, state: ApprovalRequest): boolean {
  if (target.kind === 'role') return hasSessionOf(target.value, state)
  return targetsOf(state, undefined).some((each) => haltKey(each) === haltKey(target))
}

const hasSessionOf = (role: string, state: ApprovalRequest): boolean =>
  (grantOf(state)?.sessions ?? []).some((session) => session.role === role)

async function endIfHalted({ ask }: ApprovalRequest, target: HaltTarget, ports: Ports): Promise<void> {
  await carryOut(ask.id, ports, async (state, now) => {
    const role = target.kind === 'role' && hasSessionOf(target.value, state) ? target.value : undefined
    const ending = await findEnding(state, now, ports, role)
    return { type: 'wake', bundle: ports.policy.bundle.hash, ...(ending ? { ending } : {}) }
  })
}
