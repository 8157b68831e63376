import type { ApprovalRequest } from '../../../functions/domain/record/request.ts'
import { permit, person } from '../../support/ask.ts'
import { everyone, type Fault, faultsIn, replacing } from './fault.ts'
import { agentMoves, registers, transfers } from './registry-scenarios.ts'

const [inAgentMoves, inRegisters, inTransfers] = [faultsIn(agentMoves), faultsIn(registers), faultsIn(transfers)]

/** The same request as if its agent asked for it. */
function asAct(state: ApprovalRequest): { state: ApprovalRequest } {
  const { change: _, ...ask } = state.ask
  return { state: { ...state, ask } }
}
const without = <C extends { ending?: unknown }>({ ending: _, ...command }: C) => command

/** Mistakes in what a change of the registry ends and takes away, and in how one is decided and made. */
export const faultsOfRegistry: readonly Fault[] = [
  inAgentMoves.commanded('a person who answers for the agent since then still decides', 'INV2', 'decide', {
    eligible: everyone,
  }),
  inAgentMoves.commanded(
    'the approval of a person who answers for the agent since then still counts',
    'INV3',
    'intend',
    {
      eligible: everyone,
    },
  ),
  inAgentMoves.commanded(
    'people decide on what an agent asked before it went to another owner',
    'INV6',
    'decide',
    without,
  ),
  inAgentMoves.commanded('an agent uses what it held before it went to another owner', 'INV6', 'begin_use', without),
  inRegisters.told('the person who asks for a change decides it', 'INV2', (state) => ({
    state: { ...state, ask: { ...state.ask, owner: person('stranger') } },
  })),
  inRegisters.told('the owner of a new agent decides its registration', 'INV2', (state) => ({
    state: { ...state, ask: { ...state.ask, barred: [] } },
  })),
  inRegisters.commanded('a stand-in decides what the absent person gains', 'INV2', 'decide', (command) => {
    const { absent: _, standsFor: __, ...alone } = command
    return alone
  }),
  inTransfers.told('the former owner of an agent decides its transfer', 'INV2', (state) => ({
    state: { ...state, ask: { ...state.ask, barred: [person('pia'), person('noor')] } },
  })),
  inTransfers.told('a transfer is decided before its new owner accepts the agent', 'INV1', (state, command) =>
    command.type === 'decide' ? { state: { ...state, accepted: { at: state.submittedAt } } } : undefined,
  ),
  inTransfers.told('any person accepts the agent of a transfer', 'INV2', (state, command) =>
    command.type === 'accept_transfer'
      ? { state: { ...state, ask: { ...state.ask, change: { ...state.ask.change, accepts: command.person } } } }
      : undefined,
  ),
  inTransfers.told('an agent is accepted again', 'INV2', (state, command) => {
    const { accepted: _, ...rest } = state
    return command.type === 'accept_transfer' ? { state: rest as ApprovalRequest } : undefined
  }),
  inTransfers.commanded('an agent is accepted after a halt', 'INV6', 'accept_transfer', without),
  inTransfers.ignored('an acceptance is forgotten', 'INV1', 'TransferAccepted'),
  inRegisters.commanded(
    'an agent is registered under a name that was taken meanwhile',
    'INV3',
    'apply_change',
    (command) => {
      const { failed: _, ...made } = command
      return made
    },
  ),
  inRegisters.commanded('a change is made on the approval of a person who lost the right', 'INV3', 'apply_change', {
    eligible: everyone,
  }),
  inRegisters.commanded('a change is made though policy forbids it since then', 'INV3', 'apply_change', {
    answer: permit,
  }),
  inRegisters.commanded('a change is made after a halt', 'INV3', 'apply_change', without),
  inRegisters.told('the person who asked says that a change is made', 'INV3', (state, command) =>
    command.type === 'complete' ? asAct(state) : undefined,
  ),
  inRegisters.answered('a change that cannot be made is tried for ever', 'INV4', (decided, _state, command) =>
    command.type === 'apply_change' && command.failed
      ? { events: replacing(decided.events, 'Completed', []) }
      : decided,
  ),
  inRegisters.told('a change of the registry gives a token', 'INV5', (state, command) =>
    command.type === 'intend' ? asAct(state) : undefined,
  ),
  inRegisters.told('a change of the registry is delegated', 'INV5', (state, command) =>
    command.type === 'delegate' ? asAct(state) : undefined,
  ),
  inRegisters.told('a person is asked as an agent is', 'INV5', (state, command) =>
    command.type === 'ask_question' ? asAct(state) : undefined,
  ),
  inRegisters.told('a change of the registry is sent back, with words to an agent', 'INV5', (state, command) =>
    command.type === 'decide' && command.toAgent ? asAct(state) : undefined,
  ),
  inRegisters.told('a change of the registry is narrowed', 'INV5', (state, command) =>
    command.type === 'decide' && command.narrowed ? asAct(state) : undefined,
  ),
]
