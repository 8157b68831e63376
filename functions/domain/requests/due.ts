import { kindAt, recordsCalls } from '../../targets/kinds.ts'
import { underWay } from '../uses/use.ts'
import type { NumericDate } from '../values.ts'
import { type Event, system } from './events.ts'
import { evolve } from './evolve.ts'
import { openingOf } from './origin.ts'
import { type ApprovalRequest, callOf, grantOf, openStage, type PendingRequest } from './request.ts'

/** When the next thing falls due by time alone. `undefined` once nothing will. */
export function dueAt(state: ApprovalRequest): NumericDate | undefined {
  if (state.status === 'pending') return Math.min(openStage(state)?.deadline ?? state.decideBy, state.decideBy)
  if (state.status !== 'approved') return reviewDueAt(state)
  const { claimedAt, claimBy, notAfter } = state.grant
  const endsAt = claimedAt === undefined ? Math.min(claimBy, notAfter) : notAfter
  return Math.min(endsAt, reviewDueAt(state) ?? endsAt)
}

/** Once overdue it stays so until it is done. */
export const reviewDueAt = ({ review }: ApprovalRequest): NumericDate | undefined =>
  review && !review.done && review.overdueAt === undefined ? review.dueAt : undefined

/** When a call whose answer was lost is to be looked up, whether or not its grant still lives. */
export function lookUpAt(state: ApprovalRequest): NumericDate | undefined {
  const call = callOf(state)
  return call && !call.ended ? call.begunAt + underWay + 1 : undefined
}

export function overdueAt(state: ApprovalRequest): NumericDate | undefined {
  const [due = Number.POSITIVE_INFINITY, lookUp = Number.POSITIVE_INFINITY] = [dueAt(state), lookUpAt(state)]
  const at = Math.min(due, lookUp)
  return Number.isFinite(at) ? at : undefined
}

/** The events that time has made due at `now`, each at the time when it fell due. So a late timer changes nothing. */
export function due(state: ApprovalRequest, now: NumericDate, bundle: string): readonly Event[] {
  const at = dueAt(state)
  if (at === undefined || at > now) return []
  const event = fallenDue(state, at, bundle)
  return [event, ...due(evolve(state, event), now, bundle)]
}

/** For reads: only commands store it. */
export const asOf = (state: ApprovalRequest, now: NumericDate): ApprovalRequest =>
  due(state, now, '').reduce<ApprovalRequest>(evolve, state)

function fallenDue(state: ApprovalRequest, at: NumericDate, bundle: string): Event {
  const common = { at: Math.max(at, state.updatedAt), actor: system, policies: [], bundle }
  if (state.review && reviewDueAt(state) === at && (state.status !== 'approved' || state.grant.notAfter > at))
    return { ...common, type: 'ReviewOverdue' }
  const escalation = state.status === 'pending' ? escalationOf(state, common.at) : undefined
  return escalation ? { ...common, type: 'StageEscalated', ...escalation } : { ...common, type: 'Expired' }
}

/** Silence raises once, to the stage's wider name, and then denies. It never permits. */
function escalationOf(state: PendingRequest, at: NumericDate) {
  const stage = openStage(state)
  if (!stage || stage.terms.onSilence === 'expire' || stage.escalatedAt !== undefined || at >= state.decideBy) return
  const { escalateTo, deadline } = stage.terms.onSilence
  return { stage: stage.terms.name, to: escalateTo, deadline: Math.min(at + deadline, state.decideBy) }
}

/** When what was opened ended, if it has. */
export function endedAt(state: ApprovalRequest): NumericDate | undefined {
  switch (state.status) {
    case 'completed':
      return state.completedAt
    case 'revoked':
      return state.revokedAt
    case 'expired':
      return grantOf(state)?.notAfter ?? state.expiredAt
    default:
      return undefined
  }
}

/** When what was opened is over at the longest: at once, where nothing was. */
export const openUntil = (state: ApprovalRequest): NumericDate => grantOf(state)?.notAfter ?? state.submittedAt

/** Whether a target that records calls was called, or may have been: by the agent, or by Hotwork. */
function isRecorded(state: ApprovalRequest): boolean {
  const { uses = [], sessions = [], credentials = {} } = grantOf(state) ?? {}
  const kinds = [
    ...uses.map(({ tool }) => tool),
    ...sessions.map(({ role }) => kindAt(role)),
    ...Object.keys(credentials),
  ]
  return kinds.some(recordsCalls)
}

/** Since when the calls that its target recorded can be compared with what was approved, and have not been. */
export function uncomparedSince(state: ApprovalRequest): NumericDate | undefined {
  // Hotwork gave no session of a sealed role: its review goes by the calls themselves.
  if (state.calls || openingOf(state.ask)?.sealed || !isRecorded(state)) return undefined
  return endedAt(state)
}
