import { type Act, actOf } from '../../targets/kinds.ts'
import { system } from '../event.ts'
import type { Command, ReadAgain, Refused } from '../record/commands.ts'
import type { Event } from '../record/events.ts'
import { evolve } from '../record/evolve.ts'
import { type Matched, mostDrifts, type Preview, previewOfStep, stateOf } from '../record/preview.ts'
import type { ApprovalRequest, ApprovedRequest, PendingRequest } from '../record/request.ts'
import { approve, climbable, decideByOf, openNext } from '../requests/open-stage.ts'
import type { NumericDate } from '../values.ts'

/**
 * Whether the resource is read again before this act. Only until the first such act: after it the difference may be the
 * agent's own change.
 */
export function isGuarded(state: ApprovalRequest, act: Act): boolean {
  if (state.status !== 'approved' || stateOf(state.preview) === undefined) return false
  const { ask, grant } = state
  if (actOf(ask.credential) !== act || grant.uses.length > 0) return false
  return act !== 'access_token' || grant.claimedAt === undefined
}

/**
 * Whether the resource differs from the state that people decide on. A failed reading does not count as a difference.
 */
export const isOtherState = (state: ApprovalRequest, reading: Pick<ReadAgain, 'preview'> | undefined): boolean =>
  reading?.preview.outcome === 'matched' && isOther(state.preview, reading.preview)

/** Compares each step of a plan by itself, without steps struck since. */
function isOther(from: Preview | undefined, to: Matched): boolean {
  if (!to.steps) return to.state !== stateOf(from)
  return to.steps.some(({ step, preview }) => {
    const before = stateOf(previewOfStep(from, step))
    return before !== undefined && preview.outcome === 'matched' && preview.state !== before
  })
}

/** The refusal of a guarded act, if any. Without a present reading it is always refused. */
export function driftAt(
  state: ApprovedRequest,
  act: Act,
  { reading, ...command }: Pick<Command, 'bundle' | 'owning'> & { reading?: ReadAgain },
  at: NumericDate,
): Refused<'state_changed' | 'state_unreadable'> | undefined {
  if (!isGuarded(state, act)) return undefined
  if (reading?.preview.outcome !== 'matched') return { code: 'state_unreadable' }
  return isOtherState(state, reading) ? openAgain(state, reading, command, at) : undefined
}

/**
 * Opens the next round, since decisions, and a grant that issued nothing, were for a different state. The request ends
 * instead if the state keeps changing, too few people could be asked, or the grant is in use.
 */
export function openAgain(
  state: PendingRequest | ApprovedRequest,
  { preview, again }: ReadAgain,
  command: Pick<Command, 'bundle' | 'owning'>,
  at: NumericDate,
): Refused<'state_changed'> {
  const { bundle } = command
  const common = { at, actor: system, policies: [], bundle }
  const end = (reason: string): Refused<'state_changed'> => {
    const ended = { ...common, by: 'system', reason } as const
    return {
      code: 'state_changed',
      also: [state.status === 'approved' ? { ...ended, type: 'Revoked' } : { ...ended, type: 'Denied' }],
    }
  }
  if ((state.drifts?.length ?? 0) >= mostDrifts || isRestedOn(state, at)) return end('state_changed')
  if (again?.ok !== true) return end(again?.code ?? 'policy_error')
  const { tier, stages, policies: because } = again
  // Refused if fewer people would decide than before.
  if (tier < state.tier || !climbable(tier, stages)) return end('no_eligible_approvers')
  const decideBy = state.status === 'pending' ? state.decideBy : decideByOf(state.ask, stages, at)
  const round = state.round + 1
  const own = { preview, round, decideBy, tier, stages: [...stages], because: [...because] }
  const changed: Event = { ...common, type: 'StateChanged', ...own }
  const reopened = evolve(state, changed) as PendingRequest
  const next = stages.length === 0 ? approve(reopened, because, bundle, at) : openNext(reopened, command, at)
  return { code: 'state_changed', also: [changed, ...next] }
}

/** Whether delegated requests or a target's credentials depend on the grant: a new round would forget them. */
const isRestedOn = (state: ApprovalRequest, at: NumericDate): boolean =>
  state.status === 'approved' &&
  (state.grant.delegations.length > 0 || state.grant.sessions.some(({ endsAt }) => endsAt > at))
