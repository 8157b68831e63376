// Rules: test/operations/requests/story.test.ts, test/operations/requests/comment-decision.test.ts
import type { Decision } from '../../domain/deciding/judge-decision.ts'
import { judgeDecision } from '../../domain/deciding/judge-decision.ts'
import { narrowRequest } from '../../domain/deciding/narrow-request.ts'
import type { Comment, Decide } from '../../domain/record/commands.ts'
import type { ApprovalRequest } from '../../domain/record/request.ts'
import { typeThisOf } from '../../domain/record/typed-name.ts'
import type { Refusal } from '../../domain/refusals.ts'
import { decide, type RefusalOf } from '../../domain/requests/decide.ts'
import { asOf } from '../../domain/requests/due.ts'
import type { Narrow } from '../../domain/requests/narrow.ts'
import { checkSuggestion } from '../../domain/requests/suggestion.ts'
import { readsAgain } from '../../domain/requests/take-decision.ts'
import {
  defined,
  type JsonObject,
  type NumericDate,
  ok,
  type PersonId,
  type RequestId,
  type Result,
  refuse,
} from '../../domain/values.ts'
import { gather, lookAtAgents } from '../policy/gather.ts'
import type { OnceOnly } from '../ports.ts'
import { type ReaderPorts, readState } from '../previews/read-again.ts'
import { type CarriedOut, carryOutFor, stamped } from '../record/carry-out.ts'
import type { AskingPorts, DecidingPorts } from '../record/ports.ts'

export type DecisionAsk = Omit<Decision, 'seen' | 'cut' | 'suggest'> & {
  id: RequestId
  suggest?: { arguments: JsonObject }
  /** The state that the person saw; the caller may still be reading it. */
  seen?: Decide['seen'] | Promise<Decide['seen']>
  narrow?: Narrow
  /** Undefined for a caller that always shows everything. */
  showsAll?: (state: ApprovalRequest) => boolean
  once?: OnceOnly
}

export type DecisionRefusal = RefusalOf<Decide> | 'replayed'

export const decideRequest = (
  ask: DecisionAsk,
  ports: DecidingPorts & ReaderPorts,
): Promise<CarriedOut<DecisionRefusal>> =>
  carryOutFor(ask.person, ask.verdict, ask.id, ports, (state, now) => commandFor(state, ask, now, ports), ask.once)

/** Reads and judges. Without a reader the state counts as unchanged. */
async function commandFor(
  state: ApprovalRequest,
  { id: _, once: __, narrow, suggest, seen, showsAll, ...decision }: DecisionAsk,
  now: NumericDate,
  ports: AskingPorts & Partial<ReaderPorts & Pick<DecidingPorts, 'log'>>,
): Promise<Omit<Decide, 'bundle'>> {
  const { policy, clock, reader, log } = ports
  if (narrow) await lookAtAgents(state, ports)
  const less = narrow && narrowRequest(policy, state, narrow, now)
  // An invalid narrowing reads nothing, since it could name a resource of another class.
  const reads = reader && less?.ok !== false && readsAgain(state, { ...decision, ...defined({ narrowed: less }) })
  const present = reads ? readState(less?.ask ?? state.ask, { reader, clock, ...defined({ log }) }) : undefined
  const occasion = { now, decider: decision.person }
  const [gathered, shown] = await Promise.all([gather(state, occasion, ports, present), seen])
  const known = reader ? gathered : { ...gathered, present: state.preview }
  const cut = showsAll && !showsAll(state) ? (true as const) : undefined
  const suggested = suggest && checkSuggestion(policy.bundle, state.ask, suggest.arguments)
  const whole = { ...decision, ...defined({ seen: shown, cut, suggest: suggested }) }
  return judgeDecision(policy, state, whole, known, less, now)
}

export type CommentAsk = { id: RequestId; person: PersonId; comment: string; once?: OnceOnly }

export function commentDecision(
  { id, person, comment, once }: CommentAsk,
  ports: DecidingPorts,
): Promise<CarriedOut<RefusalOf<Comment> | 'replayed'>> {
  return carryOutFor(person, 'comment', id, ports, () => ({ type: 'comment', person, comment }), once)
}

export type Foreseen = Result<ApprovalRequest, Refusal> & { state?: ApprovalRequest }

/** The outcome of a decision now, by the same rule, assuming the typed name. It records nothing. */
export async function foreseeDecision(ask: DecisionAsk, { requests, policy, clock }: AskingPorts): Promise<Foreseen> {
  const stored = await requests.load(ask.id)
  if (!stored) return refuse('unknown_request')
  const now = Math.max(clock.now(), stored.state.updatedAt)
  const state = asOf(stored.state, now)
  const asIf = { ...defined({ typed: typeThisOf(state) }), ...ask }
  const command = await commandFor(state, asIf, now, { requests, policy, clock })
  const { refusal } = decide(stored.state, stamped(command, state, { policy }), now)
  return refusal ? { ...refuse(refusal.code, refusal.detail), state } : ok(state)
}
