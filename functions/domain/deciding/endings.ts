// Rules: test/domain/deciding/judge.test.ts
import { changedAt, isFromBefore } from '../agents/governed-registry.ts'
import { haltOf, silencerOf } from '../halts/halt.ts'
import { isLive, type StandingPermit } from '../permits/permit.ts'
import type { Bundle } from '../policy/bundle.ts'
import type { Ending } from '../record/commands.ts'
import { originOf } from '../record/origin.ts'
import { keptSteps } from '../record/plan-step.ts'
import type { ApprovalRequest } from '../record/request.ts'
import { asOf, dueAt } from '../requests/due.ts'
import type { AgentId, NumericDate, StandingPermitId } from '../values.ts'
import type { Gathered } from './gathered.ts'

type EndingFacts = Pick<Gathered, 'ancestors' | 'halts' | 'permit'> & Pick<Bundle, 'registry'>

/** The event that has ended a request by now, other than its own clock. A halt of an approver counts. */
export function endingOf(
  state: ApprovalRequest,
  gathered: EndingFacts,
  role: string | undefined,
  now: NumericDate,
): Ending | undefined {
  const silencer = state.status === 'approved' ? silencerOf(state, gathered.halts) : undefined
  return (
    stopOf(state, gathered, role, now) ??
    (silencer && { by: 'halt', id: silencer.id }) ??
    withdrawnPermit(state, gathered.permit, now)
  )
}

/**
 * The end of a request whose ancestor is missing or dead, that a halt covers, or whose agents have changed since, with
 * its ancestors.
 */
export function stopOf(
  state: ApprovalRequest,
  { ancestors, halts, registry }: EndingFacts,
  role: string | undefined,
  now: NumericDate,
): Ending | undefined {
  const halt = haltOf(state, halts, role)
  if (halt) return { by: 'halt', id: halt.id }
  const changed = changedAgent(state, { registry })
  if (changed) return { by: 'agent', id: changed, why: 'changed' }
  // A halt that was lifted before the child was made still ended the ancestor.
  const stops = (each: ApprovalRequest) => haltOf(each, halts, role) ?? changedAgent(each, { registry })
  const live = ancestors.filter((each) => asOf(each, now).status === 'approved' && !stops(each))
  const dead = state.ask.ancestors.find((id) => !live.some(({ ask }) => ask.id === id))
  return dead === undefined ? undefined : { by: 'ancestor', id: dead }
}

/**
 * The first of its agents that has changed since the submission: the asker, a delegator, or the agent of a step. A plan
 * that had begun by then goes on, and ends at that step, whose own request has ended.
 */
export function changedAgent(state: ApprovalRequest, { registry }: Pick<EndingFacts, 'registry'>): AgentId | undefined {
  if (!registry) return undefined
  const { ask, submittedAt } = state
  const begunAt = keptSteps(state)[0]?.progress.openedAt ?? Number.POSITIVE_INFINITY
  const doers = keptSteps(state).filter(({ agent }) => (changedAt({ registry }, agent) ?? 0) <= begunAt)
  return [ask.agent, ...ask.chain, ...doers.map(({ agent: id }) => ({ id }))]
    .map(({ id }) => id as AgentId)
    .find((id) => isFromBefore({ registry }, id, submittedAt))
}

/** The standing permit that approved it. */
export function permitOf({ ask }: ApprovalRequest): StandingPermitId | undefined {
  const origin = originOf(ask)
  return origin.kind === 'draw' ? origin.permit : undefined
}

export function withdrawnPermit(
  state: ApprovalRequest,
  permit: StandingPermit | undefined,
  now: NumericDate,
): Ending | undefined {
  const id = permitOf(state)
  return id === undefined || (permit && isLive(permit, now)) ? undefined : { by: 'standing_permit', id }
}

/** The earliest end among its ancestors, since a target sees only the credential. */
export function boundOf(ancestors: readonly ApprovalRequest[], now: NumericDate): NumericDate | undefined {
  const ends = ancestors.map((each) => dueAt(asOf(each, now)) ?? now)
  return ends.length === 0 ? undefined : Math.min(...ends)
}
