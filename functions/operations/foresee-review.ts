import { decide } from '../domain/requests/decide.ts'
import { asOf } from '../domain/requests/due.ts'
import { ok, type PersonId, type RequestId, refuse } from '../domain/values.ts'
import type { Foreseen } from './foresee-decision.ts'
import { mayReview } from './may-review.ts'
import type { DecidingPorts } from './ports.ts'

/**
 * What a review by this person would come to now, by the very rule that takes it, with nothing recorded: for a form that
 * nobody should fill in for nothing. The review itself is judged anew when it is made.
 */
export async function foreseeReview(
  { id, person }: { id: RequestId; person: PersonId },
  ports: Pick<DecidingPorts, 'requests' | 'policy' | 'clock'>,
): Promise<Foreseen> {
  const { requests, policy, clock } = ports
  const stored = await requests.load(id)
  if (!stored?.state.ask.breakGlass) return refuse('unknown_request')
  const now = Math.max(clock.now(), stored.state.updatedAt)
  const state = asOf(stored.state, now)
  const answer = await mayReview(person, state, now, ports)
  const asked = { type: 'review_break_glass', person, outcome: 'justified', note: '-', answer } as const
  const { refusal } = decide(stored.state, { ...asked, bundle: policy.bundle.hash }, now)
  return refusal ? { ...refuse(refusal.code, refusal.detail), state } : ok(state)
}
