import type { Refusal } from '../domain/refusals.ts'
import { ok, type Result, refuse } from '../domain/values.ts'
import { findEnding } from './authority.ts'
import { carryOut } from './carry-out.ts'
import type { DecidingPorts, Stored } from './ports.ts'

/**
 * Reads the halts and the ancestors once more, after a credential is on record and before it is told: what was stopped
 * while it was being made is never handed out. Then the request is ended on its record, and what was made is found by its
 * intent and denied.
 *
 * @param issued the request as it was committed with the credential
 * @param role   the target role that was assumed, where one was
 * @throws StoreUnavailable, StaleRequest
 */
export async function stillStands(
  issued: Stored,
  ports: Omit<DecidingPorts, 'ids'>,
  role?: string,
): Promise<Result<Stored, Refusal>> {
  const ending = await findEnding(issued.state, ports.clock.now(), ports, role)
  if (!ending) return ok(issued)
  await carryOut(issued.state.ask.id, ports, async (state, now) => {
    const found = await findEnding(state, now, ports, role)
    return { type: 'wake', bundle: ports.policy.bundle.hash, ...(found ? { ending: found } : {}) }
  })
  return refuse(ending.by === 'halt' ? 'halted' : 'ancestor_ended')
}
