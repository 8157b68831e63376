// Rules: test/domain/requests/decide.test.ts, test/domain/requests/due.test.ts, test/channels/slack/cards/owners-channels.test.ts
import { ownersChannels } from '../cards/routing.ts'
import { system } from '../event.ts'
import type { Stage } from '../policy/ladder.ts'
import type { Command } from '../record/commands.ts'
import type { Event } from '../record/events.ts'
import { rulesOf } from '../record/origin.ts'
import { type ApprovalRequest, type Ask, openStage, type PendingRequest } from '../record/request.ts'
import { defined, type GrantId, type NumericDate } from '../values.ts'

/**
 * Whether people can approve at this tier. A second check after the build's: a broken ladder must not approve by
 * itself.
 */
export const climbable = (tier: number, stages: readonly Stage[]): boolean =>
  (tier === 0) === (stages.length === 0) && stages.every(({ quorum }) => quorum >= 1)

/**
 * The end of the last stage if each takes all its time. A request with a later start is decided before its start, so
 * that people are not asked too late.
 */
export function decideByOf(
  { notBefore, requestedUntil }: Pick<Ask, 'notBefore' | 'requestedUntil'>,
  stages: readonly Stage[],
  at: NumericDate,
): NumericDate {
  const waits = stages.reduce(
    (sum, { deadline, onSilence }) => sum + deadline + (onSilence === 'expire' ? 0 : onSilence.deadline),
    0,
  )
  const start = notBefore !== undefined && notBefore > at ? notBefore : Number.MAX_SAFE_INTEGER
  return Math.min(at + waits, start, requestedUntil ?? Number.MAX_SAFE_INTEGER)
}

export function openNext(
  state: PendingRequest,
  { bundle, owning = [] }: Pick<Command, 'bundle' | 'owning'>,
  at: NumericDate,
): readonly Event[] {
  const stage = openStage(state)
  if (!stage) return []
  const deadline = Math.min(at + stage.terms.deadline, state.decideBy)
  const { steps } = state.ask
  const own = steps ? owning.filter((_, index) => !steps[index]?.struck) : owning
  // A stage that opens again in a round keeps its cards.
  const fixed = stage.opensAt === undefined ? undefined : stage.channels
  const channels = fixed ?? ownersChannels(stage.terms, own)
  const opened = { stage: stage.terms.name, deadline, ...defined({ channels: channels && [...channels] }) }
  return [{ type: 'StageOpened', at, actor: system, policies: [], bundle, ...opened }]
}

export function approve(
  { ask }: ApprovalRequest,
  policies: readonly string[],
  bundle: string,
  at: NumericDate,
): readonly Event[] {
  const until = ask.requestedUntil ?? Number.MAX_SAFE_INTEGER
  const from = Math.max(at, ask.notBefore ?? at)
  const notAfter = Math.min(from + ask.claimWithin + ask.lifetime, until)
  // A plan is never claimed: it lives as long as its steps may take.
  const claimBy = rulesOf(ask).asks === 'steps' ? notAfter : Math.min(from + ask.claimWithin, until)
  // Derived from the request's id, since a request has one grant.
  const grant = ask.id.replace(/^req_/, 'grt_') as GrantId
  return [{ type: 'Approved', at, actor: system, policies: [...policies], bundle, grant, claimBy, notAfter }]
}
