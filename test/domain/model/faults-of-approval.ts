import type { Command } from '../../../functions/domain/record/commands.ts'
import type { ApprovalRequest, Decision } from '../../../functions/domain/record/request.ts'
import { dueAt } from '../../../functions/domain/requests/due.ts'
import { permit, person, withdrawal } from '../../support/ask.ts'
import { approval, everyone, type Fault, faultsIn, replacing } from './fault.ts'
import { production } from './production.ts'
import { named, quorumOfTwo, revision, twoStages } from './scenarios.ts'

const { decide, evolve, outcomeOf } = production
const [inTwoStages, inQuorumOfTwo] = [faultsIn(twoStages), faultsIn(quorumOfTwo)]
const [inRevision, inNamed] = [faultsIn(revision), faultsIn(named)]

const stranger = person('stranger')
const isApproval = (command: Command) => command.type === 'decide' && command.verdict === 'approve'
const isDenial = (command: Command) => command.type === 'decide' && command.verdict === 'deny'
/** Some decisions are a stranger's, who may decide every stage. */
function estranged(state: ApprovalRequest, command: Command, is: (decision: Decision, isFull: boolean) => boolean) {
  if (command.type !== 'decide') return undefined
  const stages = state.stages.map((stage) => ({
    ...stage,
    decisions: stage.decisions.map((each) =>
      is(each, stage.decisions.length >= stage.terms.quorum) ? { ...each, person: stranger } : each,
    ),
  }))
  const eligible = { ...command.eligible, [stranger]: ['owner', 'sre', 'security', 'on-call'] }
  return { state: { ...state, stages }, command: { ...command, eligible } }
}

/** Mistakes in how a request is decided. */
export const faultsOfApproval: readonly Fault[] = [
  inTwoStages.told('the owner of the agent may approve', 'INV2', (state) => ({
    state: { ...state, ask: { ...state.ask, owner: stranger } },
  })),
  inRevision.told('the person who told the agent to ask for it decides it', 'INV2', (state) => ({
    state: { ...state, ask: { ...state.ask, barred: [] } },
  })),
  inRevision.commanded(
    'a stand-in decides what the absent person told the agent to ask for',
    'INV2',
    'decide',
    (command) => {
      const { absent: _, standsFor: __, ...alone } = command
      return alone
    },
  ),
  inRevision.commanded('a request is sent back without words to its agent', 'INV4', 'decide', { toAgent: 'none' }),
  inRevision.answered('a request that is sent back goes on', 'INV4', (decided, _state, command) =>
    command.type === 'decide' && command.verdict === 'revise'
      ? { ...decided, events: replacing(decided.events, 'Denied', []) }
      : decided,
  ),
  inRevision.told('a grant is sent back', 'INV4', (state, command) =>
    state.status === 'approved' && command.type === 'decide' && command.verdict === 'revise'
      ? { command: { ...command, verdict: 'deny' } }
      : undefined,
  ),
  inTwoStages.recorded('a stage that opens again moves its cards', 'INV1', 'StageOpened', (event, _state, command) =>
    event.channels && command.owning ? { ...event, channels: ['moved'] } : event,
  ),
  inTwoStages.evolved('the channels of a stage are lost', 'INV1', (state, event) => {
    if (event.type !== 'StageOpened') return undefined
    const { channels: _, ...without } = event
    return evolve(state, without)
  }),
  inTwoStages.told('a quorum is a counter: the same person counts again', 'INV2', (state, command) =>
    estranged(state, command, (decision) => command.type === 'decide' && decision.person === command.person),
  ),
  inTwoStages.told('a person who decided one stage may decide the next', 'INV2', (state, command) =>
    state.status === 'pending' ? estranged(state, command, (_decision, isFull) => isFull) : undefined,
  ),
  inQuorumOfTwo.answered('a quorum is one less', 'INV1', (decided, state, command, now) =>
    state?.status === 'pending' && isApproval(command) && decided.events.at(-1)?.type === 'Decided'
      ? { events: [...decided.events, approval(state, now)] }
      : decided,
  ),
  inTwoStages.answered('the first stage is enough', 'INV1', (decided, state, _command, now) =>
    state && decided.events.some(({ type }) => type === 'Decided')
      ? { ...decided, events: replacing(decided.events, 'StageOpened', [approval(state, now)]) }
      : decided,
  ),
  inTwoStages.commanded(
    'an approver who lost the right is counted when the last stage fills',
    'INV3',
    'decide',
    (command) => {
      const { eligible, person: decider } = command
      const own = eligible[decider] ?? []
      return own.length > 0 ? { ...command, eligible: { ...everyone, [decider]: own } } : command
    },
  ),
  inTwoStages.commanded('an approver who lost the right is counted at issue', 'INV3', 'intend', { eligible: everyone }),
  inTwoStages.ignored('an approval that was dropped stays in the state', 'INV1', 'ApprovalDropped'),
  inTwoStages.commanded('a decision cites all policies about its maker', 'INV9', 'decide', (command) => {
    const all = Object.values(command.permittedBy).flat()
    const permittedBy = Object.fromEntries(Object.keys(command.permittedBy).map((name) => [name, all]))
    return { ...command, permittedBy }
  }),
  inTwoStages.evolved('the login of an approval is forgotten', 'INV1', (state, event) => {
    if (event.type !== 'Decided') return undefined
    const { login: _, ...forgotten } = event
    return evolve(state, forgotten)
  }),
  inNamed.commanded('an approval counts without the name of the resource', 'INV1', 'decide', (command) =>
    command.typed === undefined ? { ...command, typed: 'timeout-ms' } : command,
  ),
  inNamed.commanded('a name that differs in case counts', 'INV1', 'decide', ({ typed, ...command }) => ({
    ...command,
    ...(typed === undefined ? {} : { typed: typed.toLowerCase() }),
  })),
  inNamed.commanded('a narrowing counts without the name of the resource', 'INV1', 'decide', (command) =>
    command.narrowed ? { ...command, typed: 'timeout-ms' } : command,
  ),
  inTwoStages.commanded('a decision on another digest counts', 'INV1', 'decide', (command, { ask }) => ({
    ...command,
    digest: ask.digest,
  })),
  inTwoStages.commanded('a decision of another round counts', 'INV1', 'decide', { round: 1 }),
  inTwoStages.commanded('the question is not asked again when the last stage fills', 'INV3', 'decide', {
    answer: permit,
  }),
  inTwoStages.answered('a denial is only one decision among others', 'INV4', (decided, state, command) =>
    state?.status === 'pending' && isDenial(command)
      ? { ...decided, events: replacing(decided.events, 'Denied', []) }
      : decided,
  ),
  inTwoStages.answered('a denial after the approval is ignored', 'INV4', (decided, state, command) =>
    state?.status === 'approved' && isDenial(command) ? { events: [], refusal: { code: 'already_settled' } } : decided,
  ),
  inTwoStages.answered('an approval after a denial still counts', 'INV1', (decided, state, command, now) =>
    state?.status === 'denied' && isApproval(command) ? { events: [approval(state, now)] } : decided,
  ),
  inTwoStages.answered(
    'a due event is recorded at the next look, and counts from then',
    'INV8',
    (decided, _state, _command, now) => ({
      ...decided,
      events: decided.events.map((event) =>
        event.type === 'StageEscalated' ? { ...event, deadline: event.deadline + now - event.at, at: now } : event,
      ),
    }),
  ),
  inTwoStages.recorded('silence permits', 'INV1', 'StageEscalated', (event, state) =>
    state ? approval(state, event.at) : event,
  ),
  inTwoStages.evolved('silence escalates for ever', 'INV8', (state, event) => {
    if (event.type !== 'StageEscalated') return undefined
    const next = evolve(state, event)
    return { ...next, stages: next.stages.map(({ escalatedAt: _, ...stage }) => stage) }
  }),
  inQuorumOfTwo.told('the wider group may approve before the escalation', 'INV2', (state, command, now) =>
    state.status === 'pending' && isApproval(command) && now < (dueAt(state) ?? now)
      ? { state: { ...state, stages: state.stages.map((stage) => ({ escalatedAt: state.submittedAt, ...stage })) } }
      : undefined,
  ),
  inTwoStages.ignored('a withdrawal is noted, and the stages go on', 'INV4', 'Withdrawn'),
  inTwoStages.answered('a refused attempt closes the stage', 'INV9', (decided, state, _command, now) =>
    state?.status === 'pending' && decided.refusal?.code === 'not_eligible' && decided.events.length === 1
      ? { ...decided, events: [...decided.events, ...decide(state, withdrawal(), now).events] }
      : decided,
  ),
  inTwoStages.replaced('the workflow is not told that a stage opened again', 'INV9', {
    outcomeOf: (state, wait) => {
      const outcome = outcomeOf(state, wait)
      return outcome === 'Moved' ? 'waiting' : outcome
    },
  }),
  inTwoStages.replaced('the workflow takes an escalation for a success', 'INV9', {
    outcomeOf: (state, wait) => (wait.endsWith(' escalated') ? 'succeeded' : outcomeOf(state, wait)),
  }),
]
