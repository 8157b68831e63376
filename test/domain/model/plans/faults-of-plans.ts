import type { Event } from '../../../../functions/domain/record/events.ts'
import type { ApprovalRequest, Ask } from '../../../../functions/domain/record/request.ts'
import { beginTurn } from '../../../../functions/domain/requests/advance-plan.ts'
import { approve } from '../../../../functions/domain/requests/open-stage.ts'
import { bundle } from '../../../support/ask.ts'
import { answered, approval, evolved, replaced, told } from '../fault.ts'
import type { Reducer } from '../search.ts'
import { aheadPlan, type PlanScenario, retiredPlan, stoppedPlan, threeSteps } from './world.ts'

/** A mistake in how plans go on, and the rule that it breaks. */
export type PlanFault = { fault: string; breaks: string; where: PlanScenario; reducer: Reducer }

const isPlan = ({ ask }: ApprovalRequest) => ask.steps !== undefined
const withoutSteps = (state: ApprovalRequest): ApprovalRequest => {
  const { steps: _, ...ask } = state.ask
  return { ...state, ask }
}
const asSingle = (type: string) =>
  told((state, command) => (command.type === type && isPlan(state) ? { state: withoutSteps(state) } : undefined))
const system = { actor: { type: 'system', id: 'hotwork' } as const, policies: [], bundle }
const childOf = ({ ask }: ApprovalRequest, step: number) => ask.steps?.[step - 1]?.request as Ask['id']

export const faultsOfPlans: readonly PlanFault[] = [
  {
    fault: 'a step opens as often as an advance says so',
    breaks: 'PLAN2',
    where: retiredPlan,
    reducer: answered((decided, state, command, at) =>
      state?.status === 'approved' && command.type === 'open_step' && decided.events.length === 0
        ? { events: [{ ...system, at, type: 'StepOpened', step: command.step, child: childOf(state, command.step) }] }
        : decided,
    ),
  },
  {
    fault: 'a step ends as often as an advance says so',
    breaks: 'PLAN2',
    where: retiredPlan,
    reducer: answered((decided, state, command, at) => {
      if (state?.status !== 'approved' || command.type !== 'end_step' || decided.events.length > 0) return decided
      const { step, outcome } = command
      return { events: [{ ...system, at, type: 'StepEnded', step, child: childOf(state, step), outcome }] }
    }),
  },
  {
    fault: 'every step begins when its request is made',
    breaks: 'PLAN1',
    where: threeSteps,
    reducer: answered((decided, state, command, at) => {
      if (state || command.type !== 'submit' || command.ask.step === undefined) return decided
      const made = decided.events.reduce<ApprovalRequest | undefined>(told(() => undefined).evolve, undefined)
      return { events: [...decided.events, ...approve(made as ApprovalRequest, [], bundle, at)] }
    }),
  },
  {
    fault: 'a person may begin a step before its turn',
    breaks: 'PLAN3',
    where: threeSteps,
    reducer: answered((decided, state, command, at) =>
      state?.ask.step !== undefined && command.type === 'decide' && decided.refusal?.code === 'already_decided'
        ? { events: beginTurn(state, { type: 'begin_turn', bundle }, at) as readonly Event[] }
        : decided,
    ),
  },
  {
    fault: 'a step begins though its plan has ended or is halted',
    breaks: 'PLAN4',
    where: stoppedPlan,
    reducer: told((_state, command) =>
      command.type === 'begin_turn' ? { command: { type: 'begin_turn', bundle } } : undefined,
    ),
  },
  {
    fault: 'a token of a step is intended though its plan has ended',
    breaks: 'PLAN4',
    where: stoppedPlan,
    reducer: told((_state, command) => {
      if (command.type !== 'intend') return undefined
      const { ending: _, ...rest } = command
      return { command: rest }
    }),
  },
  {
    fault: 'a step begins though its agent was retired',
    breaks: 'PLAN4',
    where: retiredPlan,
    reducer: told((_state, command) => {
      if (command.type !== 'begin_turn') return undefined
      const { unfit: _, ...rest } = command as typeof command & { unfit?: string }
      return { command: rest }
    }),
  },
  {
    fault: 'what was struck out is not remembered',
    breaks: 'PLAN5',
    where: threeSteps,
    reducer: {
      ...told(() => undefined),
      evolve: (state, event) => {
        const { evolve } = told(() => undefined)
        if (event.type !== 'Narrowed') return evolve(state, event)
        const steps = (event.ask.steps ?? []).map(({ struck: _, ...step }) => step)
        return evolve(state, { ...event, ask: { ...event.ask, steps } })
      },
    },
  },
  { fault: 'a plan has a token', breaks: 'PLAN6', where: stoppedPlan, reducer: asSingle('intend') },
  { fault: 'a plan may be handed on', breaks: 'PLAN6', where: stoppedPlan, reducer: asSingle('delegate') },
  {
    fault: 'a plan goes on after a step that failed',
    breaks: 'PLAN7',
    where: threeSteps,
    reducer: answered((decided, _state, command) =>
      command.type === 'end_step' && command.outcome !== 'succeeded'
        ? { ...decided, events: replaced(decided.events, 'Completed', []) }
        : decided,
    ),
  },
  {
    fault: 'a plan goes on after its last step',
    breaks: 'PLAN7',
    where: retiredPlan,
    reducer: answered((decided, _state, command) =>
      command.type === 'end_step' && command.outcome === 'succeeded'
        ? { ...decided, events: replaced(decided.events, 'Completed', []) }
        : decided,
    ),
  },
  {
    fault: 'a plan whose step failed has succeeded',
    breaks: 'PLAN7',
    where: retiredPlan,
    reducer: answered((decided, _state, command) => ({
      ...decided,
      events: decided.events.map((event) =>
        command.type === 'end_step' && event.type === 'Completed' ? { ...event, outcome: 'succeeded' as const } : event,
      ),
    })),
  },
  {
    fault: 'the agent that asked says that its plan has succeeded',
    breaks: 'PLAN7',
    where: stoppedPlan,
    reducer: asSingle('complete'),
  },
  {
    fault: 'a step that was late counts as done',
    breaks: 'PLAN8',
    where: aheadPlan,
    reducer: told((_state, command) =>
      command.type === 'end_step' && command.outcome === 'late'
        ? { command: { ...command, outcome: 'succeeded' } }
        : undefined,
    ),
  },
  {
    fault: 'why a step was stopped is left out',
    breaks: 'PLAN8',
    where: stoppedPlan,
    reducer: answered((decided) => ({
      ...decided,
      events: decided.events.map((event) => {
        if (event.type !== 'StepEnded') return event
        const { because: _, ...rest } = event
        return rest
      }),
    })),
  },
  {
    fault: 'a step may live longer than its plan',
    breaks: 'PLAN9',
    where: stoppedPlan,
    reducer: told((state, command) => {
      if (command.type !== 'begin_turn') return undefined
      const { requestedUntil: _, ...ask } = state.ask
      return { state: { ...state, ask } }
    }),
  },
  {
    fault: 'a plan ends where one request would be claimed at the latest',
    breaks: 'PLAN9',
    where: retiredPlan,
    reducer: answered((decided, state, command, at) => {
      const asked = state?.ask ?? (command.type === 'submit' ? command.ask : undefined)
      return asked?.steps
        ? {
            ...decided,
            events: replaced(decided.events, 'Approved', [approval({ ask: asked } as ApprovalRequest, at)]),
          }
        : decided
    }),
  },
  {
    fault: 'that a step is open is not remembered',
    breaks: 'PLAN10',
    where: retiredPlan,
    reducer: evolved((state, event) => (event.type === 'StepOpened' ? state : undefined)),
  },
  {
    fault: 'how a step ended is not remembered',
    breaks: 'PLAN10',
    where: retiredPlan,
    reducer: evolved((state, event) => (event.type === 'StepEnded' ? state : undefined)),
  },
  {
    fault: 'the owner of an agent that does a step approves the plan',
    breaks: 'PLAN11',
    where: stoppedPlan,
    reducer: asSingle('decide'),
  },
  {
    fault: 'the turn of a step never begins',
    breaks: 'PLAN12',
    where: retiredPlan,
    reducer: answered((decided, _state, command) => (command.type === 'begin_turn' ? { events: [] } : decided)),
  },
  {
    fault: 'a step that was revoked never ends',
    breaks: 'PLAN12',
    where: stoppedPlan,
    reducer: answered((decided, _state, command) =>
      command.type === 'end_step' && command.outcome === 'revoked' ? { events: [] } : decided,
    ),
  },
]
