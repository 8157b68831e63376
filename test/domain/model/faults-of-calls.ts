import { system } from '../../../functions/domain/event.ts'
import { type ApprovedRequest, commonOf, grantOf, type Use } from '../../../functions/domain/record/request.ts'
import { type Fault, faultsIn } from './fault.ts'
import { compared, unsent } from './scenarios.ts'

const [inUnsent, inCompared] = [faultsIn(unsent), faultsIn(compared)]

/** Mistakes about a call that was not sent, or whose answer was lost. */
export const faultsOfCalls: readonly Fault[] = [
  inUnsent.told('an attempt that sent nothing gives back the call of another attempt', 'INV9', (state, command) => {
    const use = state.status === 'approved' && state.grant.uses.find(({ key }) => key === 'call')
    return use && command.type === 'return_call' ? { command: { ...command, use: use.id } } : undefined
  }),
  inUnsent.told('a call is given back though its outcome is on record', 'INV9', (state, command) =>
    command.type === 'return_call' && state.status === 'approved' ? { state: untold(state) } : undefined,
  ),
  inUnsent.ignored('a call that is given back stays spent', 'INV9', 'UseReturned'),
  inUnsent.commanded('a call that was not sent is noted as failed', 'INV9', 'return_call', (command) => ({
    ...command,
    type: 'end_call',
    outcome: 'failed',
  })),
  inUnsent.told('another reports the outcome of a call that may still be under way', 'INV9', (state, command) =>
    command.type === 'resolve_call' && state.status === 'approved'
      ? { state: withUses(state, (use) => ({ ...use, begunAt: 0 })) }
      : undefined,
  ),
  inUnsent.answered(
    'the outcome of a call is looked up only while its grant lives',
    'INV9',
    (decided, state, command) =>
      command.type === 'resolve_call' &&
      (state?.status !== 'approved' || decided.events.some(({ type }) => type === 'Expired'))
        ? { events: decided.events.filter(({ type }) => type !== 'UseEnded') }
        : decided,
  ),
  inUnsent.answered('an unknown outcome is not noted, and looked up for ever', 'INV9', (decided, _state, command) =>
    command.type === 'resolve_call' && command.outcome === 'unknown'
      ? { events: decided.events.filter(({ type }) => type !== 'UseEnded') }
      : decided,
  ),
  inUnsent.told('an outcome that was looked up is looked up again', 'INV9', (state, command) =>
    command.type === 'resolve_call' && state.status === 'approved' ? { state: untold(state) } : undefined,
  ),
  inUnsent.told('a call whose outcome is unknown may be made again', 'INV9', (state, command) =>
    command.type === 'begin_call' && state.status === 'approved'
      ? { state: { ...state, grant: { ...state.grant, uses: known(state) } } }
      : undefined,
  ),
  inCompared.told('calls are compared again each time the record of AWS is read', 'INV4', (state, command) => {
    if (command.type !== 'compare_calls' || !state.calls) return undefined
    const { calls: _, ...rest } = state
    return { state: rest as typeof state }
  }),
  inCompared.evolved('a comparison of calls revives the grant', 'INV4', (state, event) => {
    if (event.type !== 'CallsCompared') return undefined
    const grant = grantOf(state)
    return grant && ({ ...commonOf(state), status: 'approved', grant } as ApprovedRequest)
  }),
  inCompared.answered('calls are compared while the grant lives', 'INV4', (decided, state, command, now) => {
    if (command.type !== 'compare_calls' || state?.status !== 'approved') return decided
    const { found, bundle } = command
    const compared = { ...found, type: 'CallsCompared' as const, at: now, actor: system, policies: [], bundle }
    return { events: [...decided.events, compared] }
  }),
]

const withUses = (state: ApprovedRequest, change: (use: Use) => Use): ApprovedRequest => ({
  ...state,
  grant: { ...state.grant, uses: state.grant.uses.map(change) },
})

/** The state without the outcome of its call. */
const untold = (state: ApprovedRequest) => withUses(state, ({ ended: _, ...use }) => use)

const known = ({ grant }: ApprovedRequest) => grant.uses.filter(({ ended }) => ended && ended.outcome !== 'unknown')
