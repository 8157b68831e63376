import { openBreakGlass, reportSealedUse, review } from '../break-glass/open.ts'
import { refusedWhereSealed, type UnsealedCommand } from '../break-glass/sealed-role.ts'
import { intend, issue } from '../credentials/issue.ts'
import { delegate } from '../delegation/delegate.ts'
import { system } from '../event.ts'
import {
  type Answered,
  actorOf,
  agentActor,
  askerActor,
  type Command,
  type Comment,
  type Complete,
  endedBy,
  type Refused,
  type Revoke,
  type RevokeCredential,
  type Submit,
  type Wake,
  type Withdraw,
} from '../record/commands.ts'
import type { Event } from '../record/events.ts'
import { evolve, replay } from '../record/evolve.ts'
import { originOf, rulesOf } from '../record/origin.ts'
import { type EndingCommand, endsSomething, hasRoom } from '../record/record-size.ts'
import { type ApprovalRequest, type Decision, isRunning, type PendingRequest } from '../record/request.ts'
import type { Refusal } from '../refusals.ts'
import { compareCalls } from '../uses/compare-calls.ts'
import { endRun, startRun } from '../uses/run.ts'
import { beginCall, beginUse, endCall, endUse, resolveCall, returnCall } from '../uses/use.ts'
import { defined, isRefusal, type NumericDate, type PersonId } from '../values.ts'
import { beginTurn, endStep, openStep, waitsForTurn } from './advance-plan.ts'
import { answerQuestion, askColleague, askQuestion } from './ask-back.ts'
import { acceptTransfer, applyChange } from './change-registry.ts'
import { due } from './due.ts'
import { markObserved, observedOfRefusal } from './mark-observed.ts'
import { approve, climbable, decideByOf, openNext } from './open-stage.ts'
import { takeDecision } from './take-decision.ts'

export function submit(command: Submit, at: NumericDate): readonly Event[] {
  const { ask, tier, stages, policies, bundle, inherits, preview } = command
  const isStep = originOf(ask).kind === 'step'
  // A step may wait as long as its plan lives.
  const decideBy = isStep ? (ask.requestedUntil ?? at) : decideByOf(ask, stages, at)
  const common = { at, actor: askerActor(ask), policies: [...policies], bundle }
  const inherited = inherits && [...inherits]
  const asked = { ask, tier, stages: [...stages], decideBy, ...defined({ inherits: inherited, preview }) }
  const submitted: Event = { ...common, type: 'Submitted', ...asked }
  const pending = evolve(undefined, submitted)
  if (!inherits && !climbable(tier, stages)) {
    return [submitted, unfilled(bundle, at)]
  }
  if (isStep) return waitsForTurn(pending) ? [submitted] : [submitted, unfilled(bundle, at)]
  // A delegated request was approved with its parent, by the parent's stages.
  if (inherits) return [submitted, ...approve(pending, policies, bundle, at)]
  const next = tier === 0 ? approve(pending, [], bundle, at) : openNext(pending as PendingRequest, command, at)
  return [submitted, ...next]
}

const unfilled = (bundle: string, at: NumericDate): Event => ({
  type: 'Denied',
  at,
  actor: system,
  policies: [],
  bundle,
  by: 'system',
  reason: 'no_eligible_approvers',
})

function complete(
  state: ApprovalRequest,
  { outcome, note, bundle }: Complete,
  at: NumericDate,
): Answered<'invalid_task_state'> {
  if (state.status === 'completed') return []
  if (state.status !== 'approved') return { code: 'invalid_task_state', detail: state.status }
  if (isRunning(state)) return { code: 'invalid_task_state', detail: 'its run goes on, and its end completes it' }
  const { asks } = rulesOf(state.ask)
  if (asks === 'change') return { code: 'invalid_task_state', detail: 'Hotwork makes this change itself' }
  if (asks === 'steps' && outcome === 'succeeded')
    return { code: 'invalid_task_state', detail: 'a plan succeeds with its last step' }
  const actor = agentActor(state.ask)
  return [{ type: 'Completed', at, actor, policies: [], bundle, ...defined({ outcome, note }) }]
}

/**
 * Ends the live token and the target's credentials claimed with one; the grant stays live. A replaced token has ended
 * already.
 */
function revokeCredential(
  state: ApprovalRequest,
  { credential, bundle }: RevokeCredential,
  at: NumericDate,
): readonly Event[] {
  if (state.status !== 'approved' || state.grant.credentials.access_token?.id !== credential) return []
  return [{ type: 'CredentialRevoked', at, actor: agentActor(state.ask), policies: [], bundle, credential }]
}

/** Withdraws a pending request (ARAP's `cancel`). */
function withdraw(state: ApprovalRequest, { bundle }: Withdraw, at: NumericDate): Answered<'invalid_task_state'> {
  if (state.status !== 'pending') return { code: 'invalid_task_state', detail: state.status }
  return [{ type: 'Withdrawn', at, actor: agentActor(state.ask), policies: [], bundle }]
}

function revoke(
  state: ApprovalRequest,
  { person, reason, answer, bundle }: Revoke,
  at: NumericDate,
): Answered<'policy_error' | 'not_permitted' | 'already_settled'> {
  if (!answer.permit) return { code: answer.error ? 'policy_error' : 'not_permitted' }
  if (state.status === 'revoked' || (state.status === 'denied' && state.deniedBy === person)) return []
  const actor = { type: 'person', id: person } as const
  const common = { at, actor, policies: [...answer.policies], bundle, by: person, reason }
  if (state.status === 'approved') return [{ ...common, type: 'Revoked' }]
  if (state.status === 'pending') return [{ ...common, type: 'Denied' }]
  return { code: 'already_settled', detail: state.status }
}

/** The time for a comment after the decision. Seconds. */
const commentWithin = 3600

/**
 * Adds the decider's comment to their own decision, once. A denial counts at once, and its reason may follow (ADR
 * 0010).
 */
function comment(
  state: ApprovalRequest,
  command: Comment,
  at: NumericDate,
): Answered<'not_decided' | 'comment_required' | 'already_commented' | 'comment_too_late'> {
  const { person, bundle } = command
  const found = lastDecision(state, person)
  if (!found) return { code: 'not_decided' }
  const { stage, verdict, at: decidedAt } = found
  if (command.comment.trim() === '') return { code: 'comment_required' }
  if (found.comment !== undefined) return { code: 'already_commented' }
  if (at - decidedAt > commentWithin) return { code: 'comment_too_late' }
  const actor = { type: 'person', id: person } as const
  return [{ type: 'Commented', at, actor, policies: [], bundle, stage, verdict, comment: command.comment }]
}

/** A person's last decision: a denial may follow an approval, but not the reverse. */
function lastDecision({ stages }: ApprovalRequest, person: PersonId): (Decision & { stage: string }) | undefined {
  const own = stages.flatMap(({ terms, decisions }) =>
    decisions.filter((each) => each.person === person).map((decision) => ({ ...decision, stage: terms.name })),
  )
  return own.find(({ verdict }) => isRefusal(verdict)) ?? own[0]
}

/** The refusal of a command that would create a request that exists. */
const exists = (): Refused<'duplicate_request'> => ({ code: 'duplicate_request' })

const wake = (state: ApprovalRequest, command: Wake, at: NumericDate): readonly Event[] =>
  endedBy(state, command.ending, command, at)?.also ?? []

const rules = {
  submit: exists,
  open_break_glass: exists,
  report_sealed_use: exists,
  review_break_glass: review,
  decide: takeDecision,
  comment,
  ask_question: askQuestion,
  answer_question: answerQuestion,
  ask_colleague: askColleague,
  intend,
  issue,
  begin_use: beginUse,
  end_use: endUse,
  begin_call: beginCall,
  end_call: endCall,
  return_call: returnCall,
  resolve_call: resolveCall,
  start_run: startRun,
  end_run: endRun,
  compare_calls: compareCalls,
  delegate,
  revoke_credential: revokeCredential,
  complete,
  accept_transfer: acceptTransfer,
  apply_change: applyChange,
  withdraw,
  revoke,
  wake,
  open_step: openStep,
  end_step: endStep,
  begin_turn: beginTurn,
} satisfies {
  readonly [T in Command['type']]: (
    state: ApprovalRequest,
    command: Extract<Command, { type: T }>,
    at: NumericDate,
  ) => Answered
}
type Rule = (state: ApprovalRequest, command: Command, at: NumericDate) => Answered

type CodeOf<A> = A extends Refused<infer Code> ? Code : never
type CodesOf<T extends Command['type']> =
  | CodeOf<ReturnType<(typeof rules)[T]>>
  | 'unknown_request'
  | (T extends 'open_break_glass' ? CodeOf<ReturnType<typeof openBreakGlass>> : never)
  | (T extends 'report_sealed_use' ? CodeOf<ReturnType<typeof reportSealedUse>> : never)
  | (T extends UnsealedCommand ? never : CodeOf<ReturnType<typeof refusedWhereSealed>>)
  | (T extends EndingCommand ? never : 'record_full')
/** The codes with which a command can be refused. */
export type RefusalOf<C extends Pick<Command, 'type'>> = { [T in C['type']]: CodesOf<T> }[C['type']]

export type Decided<Code extends Refusal = Refusal> = {
  events: readonly Event[]
  refusal?: { code: Code; detail?: string }
}

/** The most recorded refusals of one actor on one request; further ones are only logged. */
export const recordedRefusals = 20

/**
 * Every decision of Hotwork. Pure: equal states, commands and times give equal events. First come the due events, then
 * the command's own, or one `Refused`.
 * @param state `undefined` for a submission
 * @param now the caller's clock; the later of it and the last entry's time counts
 */
export function decide<C extends Command>(
  state: ApprovalRequest | undefined,
  command: C,
  now: NumericDate,
): Decided<RefusalOf<C>> {
  return decideAny(state, command, now) as Decided<RefusalOf<C>>
}

function decideAny(state: ApprovalRequest | undefined, command: Command, now: NumericDate): Decided {
  if (!state && (command.type === 'open_break_glass' || command.type === 'report_sealed_use')) {
    const opened = command.type === 'open_break_glass' ? openBreakGlass(command, now) : reportSealedUse(command, now)
    if ('code' in opened) return { events: [], refusal: opened }
    const events = markObserved(command, opened)
    // A sealed role's session may have ended before.
    return { events: [...events, ...due(replay(events) as ApprovalRequest, now, command.bundle)] }
  }
  if (!state)
    return command.type === 'submit'
      ? { events: markObserved(command, submit(command, now)) }
      : { events: [], refusal: { code: 'unknown_request' } }
  const at = Math.max(now, state.updatedAt)
  const first = due(state, at, command.bundle)
  const current = first.reduce<ApprovalRequest>(evolve, state)
  const answer = withinRoom(current, command, obey(current, command, at))
  if (Array.isArray(answer)) return { events: [...first, ...markObserved(command, answer)] }
  const { also = [], ...refusal } = answer as Refused
  const refused = refusedEvent(current, command, refusal.code, at)
  return { events: [...first, ...also, ...refused], refusal }
}

const full = 'the record of this request is as large as it may be: complete it, and ask for a new one'

/** Refuses growth that would leave no room for an end, which must always fit. */
function withinRoom(state: ApprovalRequest, command: Command, answer: Answered): Answered {
  if (!Array.isArray(answer) || answer.length === 0 || endsSomething(command)) return answer
  return hasRoom(answer.reduce<ApprovalRequest>(evolve, state)) ? answer : { code: 'record_full', detail: full }
}

function obey(state: ApprovalRequest, command: Command, at: NumericDate): Answered {
  // A second check, after the operation's.
  if ('agent' in command && command.agent !== undefined && command.agent !== state.ask.agent.id)
    return { code: 'unknown_request' }
  const refused = refusedWhereSealed(state, command)
  if (refused) return refused
  return (rules[command.type] as Rule)(state, command, at)
}

function refusedEvent(state: ApprovalRequest, command: Command, code: Refusal, at: NumericDate): readonly Event[] {
  const actor = actorOf(state, command)
  if ((state.refusals[actor.id] ?? 0) >= recordedRefusals) return []
  const attempted = command.type === 'decide' ? command.verdict : command.type
  const policies =
    command.type === 'decide'
      ? [...new Set(Object.values(command.permittedBy).flat())]
      : 'answer' in command
        ? [...command.answer.policies]
        : []
  const observed = observedOfRefusal(state, command, code)
  const own = { attempted, code, ...(observed && { observed }) }
  const refused: Event = { type: 'Refused', at, actor, policies, bundle: command.bundle, ...own }
  return hasRoom(evolve(state, refused)) ? [refused] : []
}
