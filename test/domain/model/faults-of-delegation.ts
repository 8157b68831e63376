import type { Command, Delegate } from '../../../functions/domain/record/commands.ts'
import {
  type ApprovalRequest,
  type ApprovedRequest,
  type Grant,
  keyOf,
} from '../../../functions/domain/record/request.ts'
import { type Fault, faultsIn, replacing } from './fault.ts'
import { production } from './production.ts'
import { child, deepest, mediated, parent } from './scenarios.ts'

const { decide } = production
const [inParent, inChild] = [faultsIn(parent), faultsIn(child)]
const [inDeepest, inMediated] = [faultsIn(deepest), faultsIn(mediated)]

/** Commands of a type find another grant. */
const withGrant =
  (type: Command['type'], change: (grant: Grant, command: Partial<Delegate>) => Partial<Grant>) =>
  (state: ApprovalRequest, command: Command): { state: ApprovedRequest } | undefined =>
    command.type === type && state.status === 'approved'
      ? { state: { ...state, grant: { ...state.grant, ...change(state.grant, command as Partial<Delegate>) } } }
      : undefined
const unended = <C extends { ending?: { by: string } }>({ ending: _, ...command }: C) => command

/** Mistakes in delegations, in what they end with, in the key of a grant, and in the one call of a mediated action. */
export const faultsOfDelegation: readonly Fault[] = [
  inChild.told('a right may come back to an agent of its chain', 'INV6', (state, command) =>
    command.type === 'delegate' ? { state: { ...state, ask: { ...state.ask, chain: [] } } } : undefined,
  ),
  inDeepest.told('a right may pass through any number of agents', 'INV6', (state, command) =>
    command.type === 'delegate'
      ? { state: { ...state, ask: { ...state.ask, chain: state.ask.chain.slice(0, 1) } } }
      : undefined,
  ),
  inParent.told('more uses may be delegated than there are', 'INV6', (state, command) =>
    command.type === 'delegate' ? { state: { ...state, ask: { ...state.ask, uses: 9 } } } : undefined,
  ),
  inParent.told(
    'uses that were begun may still be delegated',
    'INV6',
    withGrant('delegate', () => ({ uses: [] })),
  ),
  inParent.told(
    'delegated uses are still used here',
    'INV9',
    withGrant('begin_use', () => ({ delegations: [] })),
  ),
  inParent.ignored('a delegation is not remembered', 'INV6', 'Delegated'),
  inParent.told(
    'a repeated delegation delegates again',
    'INV6',
    withGrant('delegate', ({ delegations }, command) => ({
      delegations: delegations.filter(({ child }) => child !== command.child),
    })),
  ),
  inParent.told(
    'a child may outlive its parent',
    'INV6',
    withGrant('delegate', (_grant, { notAfter = 0 }) => ({ notAfter })),
  ),
  inChild.recorded('a child lives longer than its parent let it', 'INV8', 'Approved', (event, state) =>
    state ? event : { ...event, notAfter: event.notAfter + 60 },
  ),
  inParent.commanded('another action or resource may be delegated', 'INV6', 'delegate', { within: true }),
  inParent.commanded('policy is not asked about a delegation', 'INV3', 'delegate', {
    answer: { permit: true, policies: [] },
  }),
  inChild.commanded('the end of an ancestor is not read at issue', 'INV6', 'intend', (command) =>
    command.ending?.by === 'ancestor' ? unended(command) : command,
  ),
  inParent.commanded('a halt is not read at use', 'INV6', 'begin_use', (command) =>
    command.ending?.by === 'halt' ? unended(command) : command,
  ),
  inChild.commanded('a request that has ended may still delegate', 'INV6', 'delegate', unended),
  inChild.answered('an ending is told, and not recorded', 'INV6', (decided, _state, command) =>
    command.type === 'wake' && command.ending
      ? { ...decided, events: decided.events.filter(({ type }) => type === 'Refused') }
      : decided,
  ),
  inChild.commanded('any agent may change its key', 'INV1', 'intend', { mayRebind: true }),
  inParent.commanded('any key may delegate', 'INV1', 'delegate', (command, state) => ({
    ...command,
    jkt: keyOf(state) ?? command.jkt,
  })),
  inChild.answered('a delegation does not bind its key', 'INV1', (decided, _state, command) =>
    command.type === 'delegate' ? { ...decided, events: replacing(decided.events, 'KeyBound', []) } : decided,
  ),
  inMediated.answered('another key is taken without an entry', 'INV1', (decided) => ({
    ...decided,
    events: replacing(decided.events, 'KeyBound', []),
  })),
  inChild.ignored('a bound key is forgotten', 'INV1', 'KeyBound'),
  inMediated.told(
    'a call whose answer was lost is made again',
    'INV9',
    withGrant('begin_call', () => ({ uses: [] })),
  ),
  inMediated.answered('the outcome of a call is lost if the grant ends before it', 'INV9', (decided, state, command) =>
    command.type === 'end_call' && state?.status !== 'approved'
      ? { events: [], refusal: { code: 'credential_unknown' } }
      : decided,
  ),
  inParent.replaced('a use of a tool ends after the grant', 'INV4', {
    decide: (state, command, now) =>
      state?.status === 'completed' && command.type === 'end_use'
        ? decide({ ...state, status: 'approved' } as never, command, now)
        : decide(state, command, now),
  }),
]
