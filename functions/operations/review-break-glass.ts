import type { Digest, PersonId, RequestId } from '../domain/values.ts'
import { refuse } from '../domain/values.ts'
import { type CarriedOut, carryOut, recordRefusal } from './carry-out.ts'
import { mayReview } from './may-review.ts'
import type { DecidingPorts } from './ports.ts'

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
export async function reviewBreakGlass(
  { id, person, outcome, note, seen }: ReviewAsk,
  ports: Omit<DecidingPorts, 'ids'>,
): Promise<CarriedOut> {
  const done = await carryOut(id, ports, async (state, now) => ({
    type: 'review_break_glass',
    person,
    outcome,
    note,
    ...(seen === undefined ? {} : { seen }),
    answer: await mayReview(person, state, now, ports),
    bundle: ports.policy.bundle.hash,
  }))
  if (!done.ok && done.code === 'unknown_request') {
    await recordRefusal({ type: 'person', id: person }, 'review_break_glass', 'unknown_request', ports)
    return refuse('unknown_request')
  }
  return done
}
