import { system } from '../event.ts'
import type { Event } from '../record/events.ts'
import { evolve } from '../record/evolve.ts'
import { originOf } from '../record/origin.ts'
import { type ApprovalRequest, callOf, isRunning, openStage, type PendingRequest } from '../record/request.ts'
import { underWay } from '../uses/use.ts'
import type { NumericDate } from '../values.ts'

/** The time at which the next event is due. `undefined` if none will be. */
export function dueAt(state: ApprovalRequest): NumericDate | undefined {
  if (state.status === 'pending') return Math.min(openStage(state)?.deadline ?? state.decideBy, state.decideBy)
  // A run outlives the grant's time: its end completes the request.
  if (state.status !== 'approved' || isRunning(state)) return reviewDueAt(state)
  const { claimedAt, claimBy, notAfter } = state.grant
  const endsAt = claimedAt === undefined ? Math.min(claimBy, notAfter) : notAfter
  return Math.min(endsAt, reviewDueAt(state) ?? endsAt)
}

/** The time at which a review is due, also once it is overdue. */
export const reviewDueAt = ({ review }: ApprovalRequest): NumericDate | undefined =>
  review && !review.done && review.overdueAt === undefined ? review.dueAt : undefined

/** The time at which a call with a lost answer is looked up, whether or not its grant is live. */
export function lookUpAt(state: ApprovalRequest): NumericDate | undefined {
  const call = callOf(state)
  return call && !call.ended ? call.begunAt + underWay + 1 : undefined
}

/** The delay after which a run that its follower did not end is looked at again. Seconds. */
const followerLate = 60

/** The time after which a run should have ended, or be unknown. */
export const runOverdueAt = ({ run }: ApprovalRequest): NumericDate | undefined =>
  run?.status === 'running' ? run.atMost + followerLate : undefined

/** The delay after which an approved change of the registry is retried. Seconds. */
const appliedWithin = 60

/** The time of a retry of an approved change of the registry, whose invocation may be lost. */
export const applyAgainAt = (state: ApprovalRequest): NumericDate | undefined =>
  state.status === 'approved' && originOf(state.ask).kind === 'registry'
    ? state.grant.approvedAt + appliedWithin
    : undefined

export function overdueAt(state: ApprovalRequest): NumericDate | undefined {
  const at = Math.min(
    ...[dueAt(state), lookUpAt(state), applyAgainAt(state), runOverdueAt(state)].map(
      (each) => each ?? Number.POSITIVE_INFINITY,
    ),
  )
  return Number.isFinite(at) ? at : undefined
}

/** The events due at `now`, each with the time at which it fell due, so that late timers change nothing. */
export function due(state: ApprovalRequest, now: NumericDate, bundle: string): readonly Event[] {
  const at = dueAt(state)
  if (at === undefined || at > now) return []
  const event = fallenDue(state, at, bundle)
  return [event, ...due(evolve(state, event), now, bundle)]
}

/** The state with due events applied, for reads: only commands store it. */
export const asOf = (state: ApprovalRequest, now: NumericDate): ApprovalRequest =>
  due(state, now, '').reduce<ApprovalRequest>(evolve, state)

function fallenDue(state: ApprovalRequest, at: NumericDate, bundle: string): Event {
  const common = { at: Math.max(at, state.updatedAt), actor: system, policies: [], bundle }
  if (state.review && reviewDueAt(state) === at && (state.status !== 'approved' || state.grant.notAfter > at))
    return { ...common, type: 'ReviewOverdue' }
  const escalation = state.status === 'pending' ? escalationOf(state, common.at) : undefined
  return escalation ? { ...common, type: 'StageEscalated', ...escalation } : { ...common, type: 'Expired' }
}

/** Silence escalates once, to the stage's wider group, and then denies. It never approves. */
function escalationOf(state: PendingRequest, at: NumericDate) {
  const stage = openStage(state)
  if (!stage || stage.terms.onSilence === 'expire' || stage.escalatedAt !== undefined || at >= state.decideBy) return
  const { escalateTo, deadline } = stage.terms.onSilence
  return { stage: stage.terms.name, to: escalateTo, deadline: Math.min(at + deadline, state.decideBy) }
}
