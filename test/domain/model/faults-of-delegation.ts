import { type ApprovalRequest, type ApprovedRequest, keyOf } from '../../../functions/domain/record/request.ts'
import { answered, evolved, type Fault, told } from './fault.ts'
import { production } from './production.ts'
import { child, deepest, mediated, parent } from './scenarios.ts'

const { decide, evolve } = production

const withGrant = (state: ApprovedRequest, grant: Partial<ApprovedRequest['grant']>): ApprovalRequest => ({
  ...state,
  grant: { ...state.grant, ...grant },
})

/** Mistakes in what is given away, what ends with what, which key it is bound to, and the one call of a mediated action. */
export const faultsOfDelegation: readonly Fault[] = [
  {
    fault: 'a right may come back to an agent that it came from',
    breaks: 'INV6',
    where: child,
    reducer: told((state, command) =>
      command.type === 'delegate' ? { state: { ...state, ask: { ...state.ask, chain: [] } } } : undefined,
    ),
  },
  {
    fault: 'a right may pass through any number of hands',
    breaks: 'INV6',
    where: deepest,
    reducer: told((state, command) =>
      command.type === 'delegate'
        ? { state: { ...state, ask: { ...state.ask, chain: state.ask.chain.slice(0, 1) } } }
        : undefined,
    ),
  },
  {
    fault: 'more uses may be given away than there are',
    breaks: 'INV6',
    where: parent,
    reducer: told((state, command) =>
      command.type === 'delegate' ? { state: { ...state, ask: { ...state.ask, uses: 9 } } } : undefined,
    ),
  },
  {
    fault: 'uses that were begun may be given away all the same',
    breaks: 'INV6',
    where: parent,
    reducer: told((state, command) =>
      command.type === 'delegate' && state.status === 'approved'
        ? { state: withGrant(state, { uses: [] }) }
        : undefined,
    ),
  },
  {
    fault: 'uses that were given away are still used',
    breaks: 'INV9',
    where: parent,
    reducer: told((state, command) =>
      command.type === 'begin_use' && state.status === 'approved'
        ? { state: withGrant(state, { delegations: [] }) }
        : undefined,
    ),
  },
  {
    fault: 'what is given away is not remembered',
    breaks: 'INV6',
    where: parent,
    reducer: evolved((state, event) => (event.type === 'Delegated' ? { ...state, updatedAt: event.at } : undefined)),
  },
  {
    fault: 'asking again gives again',
    breaks: 'INV6',
    where: parent,
    reducer: told((state, command) =>
      command.type === 'delegate' && state.status === 'approved'
        ? {
            state: withGrant(state, {
              delegations: state.grant.delegations.filter(({ child }) => child !== command.child),
            }),
          }
        : undefined,
    ),
  },
  {
    fault: 'a child may outlive its parent',
    breaks: 'INV6',
    where: parent,
    reducer: told((state, command) =>
      command.type === 'delegate' && state.status === 'approved'
        ? { state: withGrant(state, { notAfter: command.notAfter }) }
        : undefined,
    ),
  },
  {
    fault: 'the end that a child was given is not kept to',
    breaks: 'INV8',
    where: child,
    reducer: answered((decided, state) =>
      state
        ? decided
        : {
            ...decided,
            events: decided.events.map((event) =>
              event.type === 'Approved' ? { ...event, notAfter: event.notAfter + 60 } : event,
            ),
          },
    ),
  },
  {
    fault: 'another action or resource may be given away',
    breaks: 'INV6',
    where: parent,
    reducer: told((_state, command) =>
      command.type === 'delegate' ? { command: { ...command, within: true } } : undefined,
    ),
  },
  {
    fault: 'policy is not asked about what is given away',
    breaks: 'INV3',
    where: parent,
    reducer: told((_state, command) =>
      command.type === 'delegate' ? { command: { ...command, answer: { permit: true, policies: [] } } } : undefined,
    ),
  },
  {
    fault: 'the end of an ancestor is not read at issue',
    breaks: 'INV6',
    where: child,
    reducer: told((_state, command) => {
      if (command.type !== 'intend' || command.ending?.by !== 'ancestor') return undefined
      const { ending: _, ...blind } = command
      return { command: blind }
    }),
  },
  {
    fault: 'a halt is not read at use',
    breaks: 'INV6',
    where: parent,
    reducer: told((_state, command) => {
      if (command.type !== 'begin_use' || command.ending?.by !== 'halt') return undefined
      const { ending: _, ...blind } = command
      return { command: blind }
    }),
  },
  {
    fault: 'what has ended may still give rights away',
    breaks: 'INV6',
    where: child,
    reducer: told((_state, command) => {
      if (command.type !== 'delegate') return undefined
      const { ending: _, ...blind } = command
      return { command: blind }
    }),
  },
  {
    fault: 'that it has ended is told, and not recorded',
    breaks: 'INV6',
    where: child,
    reducer: answered((decided, _state, command) =>
      command.type === 'wake' && command.ending
        ? { ...decided, events: decided.events.filter(({ type }) => type === 'Refused') }
        : decided,
    ),
  },
  {
    fault: 'any agent may change its key',
    breaks: 'INV1',
    where: child,
    reducer: told((_state, command) =>
      command.type === 'intend' ? { command: { ...command, mayRebind: true } } : undefined,
    ),
  },
  {
    fault: 'any key may delegate',
    breaks: 'INV1',
    where: parent,
    reducer: told((state, command) =>
      command.type === 'delegate' ? { command: { ...command, jkt: keyOf(state) ?? command.jkt } } : undefined,
    ),
  },
  {
    fault: 'a delegation does not bind the key that made it',
    breaks: 'INV1',
    where: child,
    reducer: answered((decided, _state, command) =>
      command.type === 'delegate'
        ? { ...decided, events: decided.events.filter(({ type }) => type !== 'KeyBound') }
        : decided,
    ),
  },
  {
    fault: 'another key is taken without an entry',
    breaks: 'INV1',
    where: mediated,
    reducer: answered((decided) => ({ ...decided, events: decided.events.filter(({ type }) => type !== 'KeyBound') })),
  },
  {
    fault: 'a key that was bound is forgotten',
    breaks: 'INV1',
    where: child,
    reducer: evolved((state, event) => (event.type === 'KeyBound' ? { ...state, updatedAt: event.at } : undefined)),
  },
  {
    fault: 'a call whose answer was lost is made again',
    breaks: 'INV9',
    where: mediated,
    reducer: told((state, command) =>
      command.type === 'begin_call' && state.status === 'approved'
        ? { state: withGrant(state, { uses: [] }) }
        : undefined,
    ),
  },
  {
    fault: 'how a call went is lost if the grant ends meanwhile',
    breaks: 'INV9',
    where: mediated,
    reducer: answered((decided, state, command) =>
      command.type === 'end_call' && state?.status !== 'approved'
        ? { events: [], refusal: { code: 'credential_unknown' } }
        : decided,
    ),
  },
  {
    fault: 'a use of a tool ends after the grant',
    breaks: 'INV4',
    where: parent,
    reducer: {
      ...production,
      decide: (state, command, now) =>
        state?.status === 'completed' && command.type === 'end_use'
          ? decide({ ...state, status: 'approved' } as never, command, now)
          : decide(state, command, now),
      evolve: (state, event) => evolve(state, event),
    },
  },
]
