import { system } from '../../../functions/domain/event.ts'
import { type ApprovedRequest, commonOf, grantOf, type Use } from '../../../functions/domain/record/request.ts'
import { answered, evolved, type Fault, told } from './fault.ts'
import { compared, unsent } from './scenarios.ts'

/** Mistakes in what becomes of a call that was not sent, or of which nothing was heard. */
export const faultsOfCalls: readonly Fault[] = [
  {
    fault: 'whoever failed to send a call gives back the one that another is making',
    breaks: 'INV9',
    where: unsent,
    reducer: told((state, command) => {
      const use = state.status === 'approved' && state.grant.uses.find(({ key }) => key === 'call')
      return use && command.type === 'return_call' ? { command: { ...command, use: use.id } } : undefined
    }),
  },
  {
    fault: 'a call is given back though it is said how it went',
    breaks: 'INV9',
    where: unsent,
    reducer: told((state, command) =>
      command.type === 'return_call' && state.status === 'approved' ? { state: untold(state) } : undefined,
    ),
  },
  {
    fault: 'a call that is given back stays spent',
    breaks: 'INV9',
    where: unsent,
    reducer: evolved((state, event) => (event.type === 'UseReturned' ? { ...state, updatedAt: event.at } : undefined)),
  },
  {
    fault: 'a call that was not sent is noted as failed',
    breaks: 'INV9',
    where: unsent,
    reducer: told((_state, command) =>
      command.type === 'return_call' ? { command: { ...command, type: 'end_call', outcome: 'failed' } } : undefined,
    ),
  },
  {
    fault: 'somebody else says how a call went while it may still be under way',
    breaks: 'INV9',
    where: unsent,
    reducer: told((state, command) =>
      command.type === 'resolve_call' && state.status === 'approved'
        ? { state: withUses(state, (use) => ({ ...use, begunAt: 0 })) }
        : undefined,
    ),
  },
  {
    fault: 'how a call went is found out only while its grant lives',
    breaks: 'INV9',
    where: unsent,
    reducer: answered((decided, state, command) =>
      command.type === 'resolve_call' &&
      (state?.status !== 'approved' || decided.events.some(({ type }) => type === 'Expired'))
        ? { events: decided.events.filter(({ type }) => type !== 'UseEnded') }
        : decided,
    ),
  },
  {
    fault: 'that nobody can find out is not noted, and looked for for ever',
    breaks: 'INV9',
    where: unsent,
    reducer: answered((decided, _state, command) =>
      command.type === 'resolve_call' && command.outcome === 'unknown'
        ? { events: decided.events.filter(({ type }) => type !== 'UseEnded') }
        : decided,
    ),
  },
  {
    fault: 'what was found out once is found out again',
    breaks: 'INV9',
    where: unsent,
    reducer: told((state, command) =>
      command.type === 'resolve_call' && state.status === 'approved' ? { state: untold(state) } : undefined,
    ),
  },
  {
    fault: 'a call of which nobody knows how it went may be made again',
    breaks: 'INV9',
    where: unsent,
    reducer: told((state, command) =>
      command.type === 'begin_call' && state.status === 'approved'
        ? { state: { ...state, grant: { ...state.grant, uses: known(state) } } }
        : undefined,
    ),
  },
  {
    fault: 'calls are compared again each time the record of AWS is read',
    breaks: 'INV4',
    where: compared,
    reducer: told((state, command) => {
      if (command.type !== 'compare_calls' || !state.calls) return undefined
      const { calls: _, ...rest } = state
      return { state: rest as typeof state }
    }),
  },
  {
    fault: 'calls that were compared revive the grant',
    breaks: 'INV4',
    where: compared,
    reducer: evolved((state, event) => {
      if (event.type !== 'CallsCompared') return undefined
      const grant = grantOf(state)
      return grant && ({ ...commonOf(state), status: 'approved', grant } as ApprovedRequest)
    }),
  },
  {
    fault: 'calls are compared while the grant lives',
    breaks: 'INV4',
    where: compared,
    reducer: answered((decided, state, command, now) =>
      command.type === 'compare_calls' && state?.status === 'approved'
        ? {
            events: [
              ...decided.events,
              { ...command.found, type: 'CallsCompared', at: now, actor: system, policies: [], bundle: command.bundle },
            ],
          }
        : decided,
    ),
  },
]

/** The same, but that nobody has said how its call went. */
const untold = (state: ApprovedRequest) => withUses(state, ({ ended: _, ...use }) => use)

const withUses = (state: ApprovedRequest, change: (use: Use) => Use): ApprovedRequest => ({
  ...state,
  grant: { ...state.grant, uses: state.grant.uses.map(change) },
})

const known = ({ grant }: ApprovedRequest) => grant.uses.filter(({ ended }) => ended && ended.outcome !== 'unknown')
