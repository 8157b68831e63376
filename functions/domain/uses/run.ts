import { system } from '../event.ts'
import { type Answered, agentActor, type EndRun, type StartRun } from '../record/commands.ts'
import type { Event } from '../record/events.ts'
import { type ApprovalRequest, callOf } from '../record/request.ts'
import { defined, type NumericDate } from '../values.ts'

/** Records the run that the one call started, also after the grant's end, since it goes on. A repeat changes nothing. */
export function startRun(
  state: ApprovalRequest,
  { agent, use, run, atMost, bundle }: StartRun,
  at: NumericDate,
): Answered<'credential_unknown' | 'invalid_task_state'> {
  const begun = callOf(state)
  if (begun?.id !== use) return { code: 'credential_unknown' }
  if (begun.ended) return state.run?.id === run ? [] : { code: 'invalid_task_state' }
  const actor = agent === undefined ? system : agentActor(state.ask)
  return [{ type: 'RunStarted', at, actor, policies: [], bundle, use, run, atMost }]
}

/** Ends the run once, and with it the request, if that is still live. */
export function endRun(
  state: ApprovalRequest,
  { status: found, note, bundle }: EndRun,
  at: NumericDate,
): Answered<'invalid_task_state'> {
  if (!state.run) return { code: 'invalid_task_state' }
  const status = found === 'failed' && state.status === 'revoked' ? 'cancelled' : found
  if (state.run.status !== 'running') return state.run.status === status ? [] : { code: 'invalid_task_state' }
  const common = { at, actor: system, policies: [], bundle }
  const ended: Event = { ...common, type: 'RunEnded', status, ...defined({ note }) }
  if (state.status !== 'approved') return [ended]
  return [ended, { ...common, type: 'Completed', outcome: status === 'succeeded' ? 'succeeded' : 'failed' }]
}
