import { callOf, commonOf, grantOf } from '../../../functions/domain/record/request.ts'
import { type Fault, faultsIn } from './fault.ts'
import { runs } from './scenarios.ts'

const inRuns = faultsIn(runs)

/** Mistakes about a run. */
export const faultsOfRuns: readonly Fault[] = [
  inRuns.told('a run is started a second time', 'INV9', (state, command) => {
    if (command.type !== 'start_run' || state.status !== 'approved' || !state.run) return undefined
    const { run: _, ...rest } = state
    const uses = state.grant.uses.map(({ ended: _, ...use }) => use)
    return { state: { ...rest, grant: { ...state.grant, uses } } }
  }),
  inRuns.told('a run ends a second time', 'INV9', (state, command) =>
    command.type === 'end_run' && state.run
      ? { state: { ...state, run: { ...state.run, status: 'running' } } }
      : undefined,
  ),
  inRuns.told('a request expires while its run goes on', 'INV4', (state, command) => {
    if (command.type !== 'wake' || state.status !== 'approved' || state.run?.status !== 'running') return undefined
    const { run: _, ...rest } = state
    return { state: rest }
  }),
  inRuns.told('a request expires before the answer of its call comes', 'INV4', (state, command) => {
    if (command.type !== 'wake' || state.run || callOf(state)?.ended) return undefined
    const { runsAs: _, ...ask } = state.ask
    return { state: { ...state, ask } }
  }),
  inRuns.told('the agent completes a request while its run goes on', 'INV4', (state, command) => {
    if (command.type !== 'complete' || state.run?.status !== 'running') return undefined
    const { run: _, ...rest } = state
    return { state: rest as typeof state }
  }),
  inRuns.told('a run that was stopped after a revocation counts as failed', 'INV9', (state, command) => {
    const grant = grantOf(state)
    return command.type === 'end_run' && state.status === 'revoked' && grant
      ? { state: { ...commonOf(state), status: 'expired', expiredAt: state.updatedAt, grant } }
      : undefined
  }),
  inRuns.answered('a run that starts after the end of its grant is not recorded', 'INV9', (decided, state, command) =>
    command.type === 'start_run' && state?.status !== 'approved' ? { events: [] } : decided,
  ),
  inRuns.answered('the end of a run does not complete its request', 'INV9', (decided, _state, command) =>
    command.type === 'end_run'
      ? { ...decided, events: decided.events.filter(({ type }) => type !== 'Completed') }
      : decided,
  ),
  inRuns.ignored('the end of a run has no effect', 'INV9', 'RunEnded'),
]
