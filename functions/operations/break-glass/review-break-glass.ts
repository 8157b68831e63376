import { type Digest, defined, type PersonId, type RequestId, refuse } from '../../domain/values.ts'
import type { OnceOnly } from '../ports.ts'
import { aboutStored, type CarriedOut, carryOutFor, recordRefusal } from '../requests/carry-out.ts'
import { completeRequest, revokeRequest } from '../requests/end-request.ts'
import type { DecidingPorts } from '../requests/ports.ts'
import { mayReview } from './may-review.ts'

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
  return revokeRequest({ id, person, reason, ...defined({ once }) }, ports)
}

export type ReviewAsk = {
  id: RequestId
  person: PersonId
  outcome: 'justified' | 'not_justified'
  note: string
  seen?: Digest | undefined
}

/**
 * Somebody else says whether breaking the glass was justified. Late is better than never, and said once.
 *
 * @throws StoreUnavailable, StaleRequest
 */
export function reviewBreakGlass(
  { id, person, outcome, note, seen }: ReviewAsk,
  ports: Omit<DecidingPorts, 'ids'>,
): Promise<CarriedOut> {
  return carryOutFor(person, 'review_break_glass', id, ports, async (state, now) => ({
    type: 'review_break_glass',
    person,
    outcome,
    note,
    ...defined({ seen }),
    answer: await mayReview(person, state, now, ports),
    bundle: ports.policy.bundle.hash,
  }))
}
