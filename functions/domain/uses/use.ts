import { actOf } from '../../targets/kinds.ts'
import { deniedNow } from '../credentials/issue.ts'
import { system } from '../event.ts'
import { driftAt } from '../previews/drift.ts'
import {
  type Answered,
  agentActor,
  type BeginCall,
  type BeginUse,
  type DeniedNow,
  type EndCall,
  type EndUse,
  endedBy,
  type NotLive,
  type ResolveCall,
  type ReturnCall,
} from '../record/commands.ts'
import type { Event } from '../record/events.ts'
import { stateOf } from '../record/preview.ts'
import { type ApprovalRequest, callOf, grantOf, type Use, usesLeft } from '../record/request.ts'
import { defined, type NumericDate } from '../values.ts'

/** The time in which a call may still be under way. Before it ends, a missing effect proves nothing. Seconds. */
export const underWay = 60

/** One use by a gated tool, counted on the grant. A repeated key is the same use. */
export function beginUse(
  state: ApprovalRequest,
  command: BeginUse,
  at: NumericDate,
): Answered<NotLive | DeniedNow | 'credential_superseded' | 'uses_exhausted'> {
  if (state.status !== 'approved') return { code: state.status }
  const same = state.grant.uses.some(({ key, tool }) => key === command.key && tool === command.tool)
  // A repeat needs no new permit; an ending since then refuses it.
  if (same) return endedBy(state, command.ending, command, at) ?? []
  if (state.grant.credentials.access_token?.id !== command.presented) return { code: 'credential_superseded' }
  if (usesLeft(state) < 1) return { code: 'uses_exhausted' }
  const denied = deniedNow(state, command, at)
  if (denied) return denied
  const { tool, use, key, presented, answer, bundle } = command
  return [
    {
      type: 'UseBegun',
      at,
      actor: { type: 'tool', id: tool },
      policies: [...answer.policies],
      bundle,
      use,
      key,
      tool,
      credential: presented,
    },
  ]
}

export function endUse(
  state: ApprovalRequest,
  { tool, use, outcome, note, bundle }: EndUse,
  at: NumericDate,
): Answered<NotLive | 'credential_unknown' | 'invalid_task_state'> {
  const begun = grantOf(state)?.uses.find((each) => each.id === use && each.tool === tool)
  if (!begun) return { code: 'credential_unknown' }
  if (begun.ended) return begun.ended.outcome === outcome ? [] : { code: 'invalid_task_state' }
  if (state.status !== 'approved') return { code: state.status }
  const noted = note === undefined ? {} : { note }
  return [{ type: 'UseEnded', at, actor: { type: 'tool', id: tool }, policies: [], bundle, use, outcome, ...noted }]
}

/** Begins the one call of a mediated action. If the agent asks again, the answer is `outcome_unknown`. */
export function beginCall(
  state: ApprovalRequest,
  command: BeginCall,
  at: NumericDate,
): Answered<
  | NotLive
  | DeniedNow
  | 'wrong_credential_kind'
  | 'credential_superseded'
  | 'uses_exhausted'
  | 'outcome_unknown'
  | 'state_changed'
  | 'state_unreadable'
> {
  if (state.status !== 'approved') return { code: state.status }
  const { target, presented, use, answer, bundle } = command
  if (actOf(state.ask.credential) !== 'call') return { code: 'wrong_credential_kind' }
  if (state.grant.credentials.access_token?.id !== presented) return { code: 'credential_superseded' }
  // An ended call is not looked up, since that would need a session.
  const ended = endedBy(state, command.ending, command, at)
  if (ended) return ended
  const before = callOf(state)
  if (before) return { code: isKnown(before) ? 'uses_exhausted' : 'outcome_unknown' }
  if (usesLeft(state) < 1) return { code: 'uses_exhausted' }
  const denied = deniedNow(state, command, at)
  if (denied) return denied
  const drift = driftAt(state, 'call', command, at)
  if (drift) return drift
  const common = { at, actor: agentActor(state.ask), policies: [...answer.policies], bundle }
  const own = { use, key: 'call', tool: target, credential: presented, ...defined({ state: stateOf(state.preview) }) }
  return [{ ...common, type: 'UseBegun', ...own }]
}

/** Records the end of a call, also after the grant's end. */
export function endCall(
  state: ApprovalRequest,
  { use, outcome, note, bundle }: EndCall,
  at: NumericDate,
): Answered<'credential_unknown' | 'invalid_task_state'> {
  const begun = callOf(state)
  if (begun?.id !== use) return { code: 'credential_unknown' }
  if (begun.ended) return begun.ended.outcome === outcome ? [] : { code: 'invalid_task_state' }
  const noted = note === undefined ? {} : { note }
  return [{ type: 'UseEnded', at, actor: agentActor(state.ask), policies: [], bundle, use, outcome, ...noted }]
}

const isKnown = ({ ended }: Use): boolean => ended !== undefined && ended.outcome !== 'unknown'

/** Removes a call that was certainly not sent. */
export function returnCall(
  state: ApprovalRequest,
  { use, reason, bundle }: ReturnCall,
  at: NumericDate,
): Answered<'credential_unknown' | 'invalid_task_state'> {
  const begun = callOf(state)
  if (begun?.id !== use) return { code: 'credential_unknown' }
  if (begun.ended) return { code: 'invalid_task_state' }
  return [{ type: 'UseReturned', at, actor: agentActor(state.ask), policies: [], bundle, use, reason }]
}

/**
 * Records the outcome of a call whose answer was lost. It ends the use for good, and is refused while the call may be
 * under way.
 */
export function resolveCall(
  state: ApprovalRequest,
  { use, outcome, note, bundle }: ResolveCall,
  at: NumericDate,
): readonly Event[] {
  const begun = callOf(state)
  if (begun?.id !== use || begun.ended || at - begun.begunAt <= underWay) return []
  return [{ type: 'UseEnded', at, actor: system, policies: [], bundle, use, outcome, note }]
}
