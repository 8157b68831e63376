import type { Answer } from '../../domain/policy/question.ts'
import { decide } from '../../domain/requests/decide.ts'
import { asOf } from '../../domain/requests/due.ts'
import type { ApprovalRequest } from '../../domain/requests/request.ts'
import { type NumericDate, ok, type PersonId, type RequestId, refuse } from '../../domain/values.ts'
import { isStopped } from '../halts/find-halt.ts'
import type { Foreseen } from '../requests/decide-request.ts'
import type { DecidingPorts } from '../requests/ports.ts'
import { askAboutOpening } from './questions.ts'

/**
 * Whether this person may say now what an opening was: policy lets them, and they are not stopped themselves. A review is a
 * decision, and lets the next opening go on without a second person.
 */
export async function mayReview(
  person: PersonId,
  { ask }: Pick<ApprovalRequest, 'ask'>,
  now: NumericDate,
  ports: Pick<DecidingPorts, 'requests' | 'policy'>,
): Promise<Answer> {
  const answer = askAboutOpening(ports.policy, 'review', person, ask, 'request', now)
  return { ...answer, permit: answer.permit && !(await isStopped(person, ports)) }
}

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
