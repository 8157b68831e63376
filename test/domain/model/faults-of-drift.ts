import type { ReadAgain } from '../../../functions/domain/record/commands.ts'
import type { Event } from '../../../functions/domain/record/events.ts'
import type { ApprovalRequest, PendingRequest } from '../../../functions/domain/record/request.ts'
import { answered, approval, evolved, type Fault, replaced, told } from './fault.ts'
import { production } from './production.ts'
import { drifting, driftingCall, driftingSession, restless } from './scenarios.ts'

const { evolve } = production

/** What was read, as the state that stands in the request. */
const asBefore = ({ preview }: ApprovalRequest): { reading?: ReadAgain } => (preview ? { reading: { preview } } : {})

const changed = (change: (event: Extract<Event, { type: 'StateChanged' }>, state: ApprovalRequest) => Event) =>
  answered((decided, state) => ({
    ...decided,
    events: decided.events.map((event) => (event.type === 'StateChanged' && state ? change(event, state) : event)),
  }))

/** Mistakes in what is made of a state that changed. */
export const faultsOfDrift: readonly Fault[] = [
  {
    fault: 'approvals of the state before count for what is there now',
    breaks: 'INV1',
    where: drifting,
    reducer: evolved((state, event) => {
      if (event.type !== 'StateChanged') return undefined
      const next = evolve(state, event)
      const before = (name: string) => state.stages.find(({ terms }) => terms.name === name)?.decisions ?? []
      return { ...next, stages: next.stages.map((stage) => ({ ...stage, decisions: before(stage.terms.name) })) }
    }),
  },
  {
    fault: 'a token is issued and nothing is read',
    breaks: 'INV11',
    where: drifting,
    reducer: told((state, command) =>
      command.type === 'intend' ? { command: { ...command, ...asBefore(state) } } : undefined,
    ),
  },
  {
    fault: 'AWS credentials are issued and nothing is read',
    breaks: 'INV11',
    where: driftingSession,
    reducer: told((state, command) =>
      command.type === 'intend' && command.claim === 'aws'
        ? { command: { ...command, ...asBefore(state) } }
        : undefined,
    ),
  },
  {
    fault: 'a call is made and nothing is read',
    breaks: 'INV11',
    where: driftingCall,
    reducer: told((state, command) =>
      command.type === 'begin_call' ? { command: { ...command, ...asBefore(state) } } : undefined,
    ),
  },
  {
    fault: 'a reading that failed permits',
    breaks: 'INV11',
    where: driftingSession,
    reducer: told((state, command) =>
      command.type === 'intend' && command.reading?.preview.outcome === 'failed'
        ? { command: { ...command, ...asBefore(state) } }
        : undefined,
    ),
  },
  {
    fault: 'the next stage opens on any state that is there',
    breaks: 'INV11',
    where: drifting,
    reducer: told((state, command) =>
      command.type === 'decide' ? { command: { ...command, ...asBefore(state) } } : undefined,
    ),
  },
  {
    fault: 'the round does not rise',
    breaks: 'INV1',
    where: drifting,
    reducer: changed((event, { round }) => ({ ...event, round })),
  },
  {
    fault: 'another state gets away with the rung that the request was on',
    breaks: 'INV1',
    where: drifting,
    reducer: changed((event, { tier, stages }) => ({ ...event, tier, stages: stages.map(({ terms }) => terms) })),
  },
  {
    fault: 'fewer people are asked after a change than before',
    breaks: 'INV1',
    where: drifting,
    reducer: changed((event) => ({ ...event, tier: event.tier - 1, stages: event.stages.slice(1) })),
  },
  {
    fault: 'a state that never rests is asked about without end',
    breaks: 'INV11',
    where: restless,
    reducer: told((state) => ({ state: { ...state, drifts: [] } })),
  },
  {
    fault: 'a pending request gets its time anew with each change',
    breaks: 'INV8',
    where: drifting,
    reducer: changed((event, state) =>
      state.status === 'pending' ? { ...event, decideBy: event.decideBy + 600 } : event,
    ),
  },
  {
    fault: 'a grant whose state changed stays a grant',
    breaks: 'INV1',
    where: drifting,
    reducer: evolved((state, event) => {
      if (event.type !== 'StateChanged' || state.status !== 'approved') return undefined
      const next = evolve(state, event) as PendingRequest
      return { ...state, preview: next.preview, round: next.round, drifts: next.drifts } as ApprovalRequest
    }),
  },
  {
    fault: 'after a change it is approved at once, though people should be asked',
    breaks: 'INV1',
    where: drifting,
    reducer: answered((decided, state, _command, now) => ({
      ...decided,
      events:
        state && decided.events.some(({ type }) => type === 'StateChanged')
          ? replaced(decided.events, 'StageOpened', [approval(state, Math.max(now, state.updatedAt))])
          : decided.events,
    })),
  },
  {
    fault: 'what was decided on is not written down',
    breaks: 'INV11',
    where: drifting,
    reducer: answered((decided) => ({
      ...decided,
      events: decided.events.map((event) => {
        if (event.type !== 'Decided') return event
        const { state: _, ...bare } = event
        return bare
      }),
    })),
  },
  {
    fault: 'the state that was read is not kept',
    breaks: 'INV11',
    where: drifting,
    reducer: evolved((state, event) =>
      event.type === 'StateChanged' && state.preview ? { ...evolve(state, event), preview: state.preview } : undefined,
    ),
  },
]
