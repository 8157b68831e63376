import type { PersonId, RequestId } from '../domain/values.ts'
import { refuse } from '../domain/values.ts'
import { aboutStored, type CarriedOut, recordRefusal } from './carry-out.ts'
import { completeRequest } from './complete-request.ts'
import type { DecidingPorts, OnceOnly } from './ports.ts'
import { revokeRequest } from './revoke-request.ts'

/**
 * Ends what somebody opened in an emergency before its time: by themselves, or by whoever may revoke. Every credential of
 * it ends with it. Ending what they ended already is once.
 *
 * @throws StoreUnavailable, StaleRequest
 */
export async function endBreakGlass(
  { id, person, reason = 'ended early', once }: { id: RequestId; person: PersonId; reason?: string; once?: OnceOnly },
  ports: Omit<DecidingPorts, 'ids'>,
): Promise<CarriedOut> {
  const stored = await ports.requests.load(id)
  if (!stored?.state.ask.breakGlass) {
    await recordRefusal(
      { type: 'person', id: person },
      'end_break_glass',
      'unknown_request',
      ports,
      aboutStored(stored),
    )
    return refuse('unknown_request')
  }
  if (stored.state.ask.agent.id === person) return completeRequest({ id, agent: person, outcome: 'succeeded' }, ports)
  return revokeRequest({ id, person, reason, ...(once ? { once } : {}) }, ports)
}
