import type { Command, ReadAgain } from '../../../functions/domain/record/commands.ts'
import type { ApprovalRequest, PendingRequest } from '../../../functions/domain/record/request.ts'
import { approval, type Fault, faultsIn, replacing } from './fault.ts'
import { production } from './production.ts'
import { drifting, driftingCall, driftingSession, restless } from './scenarios.ts'

const { evolve } = production
const [inDrifting, inDriftingSession] = [faultsIn(drifting), faultsIn(driftingSession)]

/** A reading of the state that the request was decided on. */
const asBefore = ({ preview }: ApprovalRequest): { reading?: ReadAgain } => (preview ? { reading: { preview } } : {})

const unread = <C extends Command>(command: C, state: ApprovalRequest): C => ({ ...command, ...asBefore(state) })

/** Mistakes after a change of the state. */
export const faultsOfDrift: readonly Fault[] = [
  inDrifting.evolved('approvals of the state before count for the present one', 'INV1', (state, event) => {
    if (event.type !== 'StateChanged') return undefined
    const next = evolve(state, event)
    const before = (name: string) => state.stages.find(({ terms }) => terms.name === name)?.decisions ?? []
    return { ...next, stages: next.stages.map((stage) => ({ ...stage, decisions: before(stage.terms.name) })) }
  }),
  inDrifting.commanded('a token is issued and nothing is read', 'INV11', 'intend', unread),
  inDriftingSession.commanded('AWS credentials are issued and nothing is read', 'INV11', 'intend', (command, state) =>
    command.claim === 'aws' ? unread(command, state) : command,
  ),
  faultsIn(driftingCall).commanded('a call is made and nothing is read', 'INV11', 'begin_call', unread),
  inDriftingSession.commanded('a failed reading permits', 'INV11', 'intend', (command, state) =>
    command.reading?.preview.outcome === 'failed' ? unread(command, state) : command,
  ),
  inDrifting.commanded('the next stage opens on any state', 'INV11', 'decide', unread),
  inDrifting.recorded('the round does not rise', 'INV1', 'StateChanged', (event, state) => ({
    ...event,
    round: state?.round ?? event.round,
  })),
  inDrifting.recorded('another state stays on the rung of the request', 'INV1', 'StateChanged', (event, state) =>
    state ? { ...event, tier: state.tier, stages: state.stages.map(({ terms }) => terms) } : event,
  ),
  inDrifting.recorded('fewer people are asked after a change than before', 'INV1', 'StateChanged', (event) => ({
    ...event,
    tier: event.tier - 1,
    stages: event.stages.slice(1),
  })),
  faultsIn(restless).told('a state that never rests is asked about without end', 'INV11', (state) => ({
    state: { ...state, drifts: [] },
  })),
  inDrifting.recorded('a pending request gets more time with each change', 'INV8', 'StateChanged', (event, state) =>
    state?.status === 'pending' ? { ...event, decideBy: event.decideBy + 600 } : event,
  ),
  inDrifting.evolved('a grant whose state changed stays a grant', 'INV1', (state, event) => {
    if (event.type !== 'StateChanged' || state.status !== 'approved') return undefined
    const next = evolve(state, event) as PendingRequest
    return { ...state, preview: next.preview, round: next.round, drifts: next.drifts } as ApprovalRequest
  }),
  inDrifting.answered(
    'after a change it is approved at once, though people should be asked',
    'INV1',
    (decided, state, _command, now) =>
      state && decided.events.some(({ type }) => type === 'StateChanged')
        ? {
            ...decided,
            events: replacing(decided.events, 'StageOpened', [approval(state, Math.max(now, state.updatedAt))]),
          }
        : decided,
  ),
  inDrifting.recorded('a decision does not name its state', 'INV11', 'Decided', ({ state: _, ...bare }) => bare),
  inDrifting.evolved('the state that was read is not kept', 'INV11', (state, event) =>
    event.type === 'StateChanged' && state.preview ? { ...evolve(state, event), preview: state.preview } : undefined,
  ),
]
