import type { Command } from '../../../../functions/domain/record/commands.ts'
import type { Event } from '../../../../functions/domain/record/events.ts'
import type { ApprovalRequest, Ask } from '../../../../functions/domain/record/request.ts'
import { beginTurn } from '../../../../functions/domain/requests/advance-plan.ts'
import { approve } from '../../../../functions/domain/requests/open-stage.ts'
import { bundle } from '../../../support/ask.ts'
import { approval, type Fault, faultsIn, replacing } from '../fault.ts'
import { production } from '../production.ts'
import { aheadPlan, type PlanScenario, retiredPlan, stoppedPlan, threeSteps } from './world.ts'

const { evolve } = production
const [inThreeSteps, inStopped] = [faultsIn(threeSteps), faultsIn(stoppedPlan)]
const [inRetired, inAhead] = [faultsIn(retiredPlan), faultsIn(aheadPlan)]

/** Commands of a type find a plan without its steps. */
const asSingle = (fault: string, breaks: string, type: Command['type']): Fault<PlanScenario> =>
  inStopped.told(fault, breaks, (state, command) => {
    const { steps, ...ask } = state.ask
    return command.type === type && steps ? { state: { ...state, ask } } : undefined
  })
const system = { actor: { type: 'system', id: 'hotwork' } as const, policies: [], bundle }
const childOf = ({ ask }: ApprovalRequest, step: number) => ask.steps?.[step - 1]?.request as Ask['id']

/** Mistakes in the course of a plan. */
export const faultsOfPlans: readonly Fault<PlanScenario>[] = [
  inRetired.answered('a step opens as often as an advance says so', 'PLAN2', (decided, state, command, at) =>
    state?.status === 'approved' && command.type === 'open_step' && decided.events.length === 0
      ? { events: [{ ...system, at, type: 'StepOpened', step: command.step, child: childOf(state, command.step) }] }
      : decided,
  ),
  inRetired.answered('a step ends as often as an advance says so', 'PLAN2', (decided, state, command, at) => {
    if (state?.status !== 'approved' || command.type !== 'end_step' || decided.events.length > 0) return decided
    const { step, outcome } = command
    return { events: [{ ...system, at, type: 'StepEnded', step, child: childOf(state, step), outcome }] }
  }),
  inThreeSteps.answered('every step begins when its request is made', 'PLAN1', (decided, state, command, at) => {
    if (state || command.type !== 'submit' || command.ask.step === undefined) return decided
    const made = decided.events.reduce<ApprovalRequest | undefined>(evolve, undefined)
    return { events: [...decided.events, ...approve(made as ApprovalRequest, [], bundle, at)] }
  }),
  inThreeSteps.answered('a person may begin a step before its turn', 'PLAN3', (decided, state, command, at) =>
    state?.ask.step !== undefined && command.type === 'decide' && decided.refusal?.code === 'already_decided'
      ? { events: beginTurn(state, { type: 'begin_turn', bundle }, at) as readonly Event[] }
      : decided,
  ),
  inStopped.commanded('a step begins though its plan has ended or is halted', 'PLAN4', 'begin_turn', () => ({
    type: 'begin_turn',
    bundle,
  })),
  inStopped.commanded(
    'a token of a step is intended though its plan has ended',
    'PLAN4',
    'intend',
    ({ ending: _, ...rest }) => rest,
  ),
  inRetired.commanded(
    'a step begins though its agent was retired',
    'PLAN4',
    'begin_turn',
    ({ unfit: _, ...rest }) => rest,
  ),
  inThreeSteps.replaced('a struck step is not remembered', 'PLAN5', {
    evolve: (state, event) => {
      if (event.type !== 'Narrowed') return evolve(state, event)
      const steps = (event.ask.steps ?? []).map(({ struck: _, ...step }) => step)
      return evolve(state, { ...event, ask: { ...event.ask, steps } })
    },
  }),
  asSingle('a plan has a token', 'PLAN6', 'intend'),
  asSingle('a plan may be delegated', 'PLAN6', 'delegate'),
  inThreeSteps.answered('a plan goes on after a step that failed', 'PLAN7', (decided, _state, command) =>
    command.type === 'end_step' && command.outcome !== 'succeeded'
      ? { ...decided, events: replacing(decided.events, 'Completed', []) }
      : decided,
  ),
  inRetired.answered('a plan goes on after its last step', 'PLAN7', (decided, _state, command) =>
    command.type === 'end_step' && command.outcome === 'succeeded'
      ? { ...decided, events: replacing(decided.events, 'Completed', []) }
      : decided,
  ),
  inRetired.recorded('a plan whose step failed has succeeded', 'PLAN7', 'Completed', (event, _state, command) =>
    command.type === 'end_step' ? { ...event, outcome: 'succeeded' } : event,
  ),
  asSingle('the agent that asked says that its plan has succeeded', 'PLAN7', 'complete'),
  inAhead.commanded('a late step counts as done', 'PLAN8', 'end_step', (command) =>
    command.outcome === 'late' ? { ...command, outcome: 'succeeded' } : command,
  ),
  inStopped.recorded(
    'the reason of a stopped step is left out',
    'PLAN8',
    'StepEnded',
    ({ because: _, ...rest }) => rest,
  ),
  inStopped.told('a step may live longer than its plan', 'PLAN9', (state, command) => {
    if (command.type !== 'begin_turn') return undefined
    const { requestedUntil: _, ...ask } = state.ask
    return { state: { ...state, ask } }
  }),
  inRetired.answered(
    'a plan ends where one request would be claimed at the latest',
    'PLAN9',
    (decided, state, command, at) => {
      const ask = state?.ask ?? (command.type === 'submit' ? command.ask : undefined)
      if (!ask?.steps) return decided
      return { ...decided, events: replacing(decided.events, 'Approved', [approval({ ask } as ApprovalRequest, at)]) }
    },
  ),
  inRetired.evolved('an open step is not remembered', 'PLAN10', (state, event) =>
    event.type === 'StepOpened' ? state : undefined,
  ),
  inRetired.evolved('the outcome of a step is not remembered', 'PLAN10', (state, event) =>
    event.type === 'StepEnded' ? state : undefined,
  ),
  asSingle('the owner of an agent that does a step approves the plan', 'PLAN11', 'decide'),
  inRetired.answered('the turn of a step never begins', 'PLAN12', (decided, _state, command) =>
    command.type === 'begin_turn' ? { events: [] } : decided,
  ),
  inStopped.answered('a step that was revoked never ends', 'PLAN12', (decided, _state, command) =>
    command.type === 'end_step' && command.outcome === 'revoked' ? { events: [] } : decided,
  ),
]
