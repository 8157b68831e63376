import type { GrantId, NumericDate } from '../values.ts'
import { agentActor, type Submit } from './commands.ts'
import { type Event, system } from './events.ts'
import { evolve } from './evolve.ts'
import { type ApprovalRequest, openStage, type PendingRequest } from './request.ts'

export function submit({ ask, tier, stages, policies, bundle, inherits }: Submit, at: NumericDate): readonly Event[] {
  const waits = stages.reduce(
    (sum, { deadline, onSilence }) => sum + deadline + (onSilence === 'expire' ? 0 : onSilence.deadline),
    0,
  )
  const decideBy = Math.min(at + waits, ask.requestedUntil ?? Number.MAX_SAFE_INTEGER)
  const common = { at, actor: agentActor(ask), policies: [...policies], bundle }
  const asked = { ask, tier, stages: [...stages], decideBy, ...(inherits && { inherits: [...inherits] }) }
  const submitted: Event = { ...common, type: 'Submitted', ...asked }
  const pending = evolve(undefined, submitted)
  if (!inherits && !climbable(tier, stages)) {
    const reason = 'no_eligible_approvers'
    return [submitted, { type: 'Denied', at, actor: system, policies: [], bundle, by: 'system', reason }]
  }
  // What is delegated was approved with its parent, by the people of the parent's stages.
  if (inherits) return [submitted, ...approve(pending, policies, bundle, at)]
  const next = tier === 0 ? approve(pending, [], bundle, at) : openNext(pending as PendingRequest, bundle, at)
  return [submitted, ...next]
}

/** A ladder is checked when it is built; a bad one that gets here approves nothing by itself. */
const climbable = (tier: number, stages: Submit['stages']): boolean =>
  (tier === 0) === (stages.length === 0) && stages.every(({ quorum }) => quorum >= 1)

export function openNext(state: PendingRequest, bundle: string, at: NumericDate): readonly Event[] {
  const stage = openStage(state)
  if (!stage) return []
  const deadline = Math.min(at + stage.terms.deadline, state.decideBy)
  return [{ type: 'StageOpened', at, actor: system, policies: [], bundle, stage: stage.terms.name, deadline }]
}

export function approve(
  { ask }: ApprovalRequest,
  policies: readonly string[],
  bundle: string,
  at: NumericDate,
): readonly Event[] {
  const until = ask.requestedUntil ?? Number.MAX_SAFE_INTEGER
  const claimBy = Math.min(at + ask.claimWithin, until)
  const notAfter = Math.min(at + ask.claimWithin + ask.lifetime, until)
  // Nothing random is needed: a request has one grant.
  const grant = ask.id.replace(/^req_/, 'grt_') as GrantId
  return [{ type: 'Approved', at, actor: system, policies: [...policies], bundle, grant, claimBy, notAfter }]
}
