import { asOf } from '../domain/requests/due.ts'
import { grantOf } from '../domain/requests/request.ts'
import type { RequestId } from '../domain/values.ts'
import { findEnding } from './authority.ts'
import { carryOut } from './carry-out.ts'
import type { DecidingPorts } from './ports.ts'

/**
 * Ends what was delegated from a request that has ended: on their own records, so that cards, workflows and the denies
 * of their sessions follow. Whoever asks for them reads their ancestors and finds them dead before this has run; this is
 * for what asks nobody, such as an AWS session. Their own children follow from them. As often as it must.
 *
 * @throws StoreUnavailable, StaleRequest
 */
export async function endChildren(id: RequestId, ports: Omit<DecidingPorts, 'ids'>): Promise<void> {
  const stored = await ports.requests.load(id)
  const state = stored && asOf(stored.state, ports.clock.now())
  if (!state || state.status === 'approved') return
  for (const { child } of grantOf(state)?.delegations ?? []) await endIfOrphaned(child, ports)
}

/** Ends a request whose ancestor or standing permit has ended, or that is halted. */
export async function endIfOrphaned(id: RequestId, ports: Omit<DecidingPorts, 'ids'>): Promise<void> {
  await carryOut(id, ports, async (state, now) => {
    const ending = await findEnding(state, now, ports)
    return { type: 'wake', bundle: ports.policy.bundle.hash, ...(ending ? { ending } : {}) }
  })
}
