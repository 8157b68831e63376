import type { Refusal } from '../domain/refusals.ts'
import { decide } from '../domain/requests/decide.ts'
import { asOf } from '../domain/requests/due.ts'
import type { ApprovalRequest } from '../domain/requests/request.ts'
import { ok, type Result, refuse } from '../domain/values.ts'
import { commandFor, type DecisionAsk } from './decide-request.ts'
import type { DecidingPorts } from './ports.ts'

/** The request as it is; or why the decision would be refused, with the request that refuses it. */
export type Foreseen = Result<ApprovalRequest, Refusal> & { state?: ApprovalRequest }

/**
 * What a decision would come to now, by the very rule that takes it, with nothing recorded: for a form that somebody
 * should not fill in for nothing. It promises nothing, since the decision itself is judged anew when it is made.
 */
export async function foreseeDecision(ask: DecisionAsk, ports: Omit<DecidingPorts, 'ids'>): Promise<Foreseen> {
  const stored = await ports.requests.load(ask.id)
  if (!stored) return refuse('unknown_request')
  const now = Math.max(ports.clock.now(), stored.state.updatedAt)
  const state = asOf(stored.state, now)
  const { refusal } = decide(stored.state, await commandFor(state, ask, now, ports), now)
  return refusal ? { ...refuse(refusal.code, refusal.detail), state } : ok(state)
}
