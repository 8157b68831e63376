import type { Command } from '../../../functions/domain/record/commands.ts'
import type { ApprovalRequest } from '../../../functions/domain/record/request.ts'
import { dueAt } from '../../../functions/domain/requests/due.ts'
import type { PersonId } from '../../../functions/domain/values.ts'
import { permit, person, withdrawal } from '../../support/ask.ts'
import { answered, approval, everyone, evolved, type Fault, replaced, told } from './fault.ts'
import { production } from './production.ts'
import { quorumOfTwo } from './scenarios.ts'

const { decide, evolve, outcomeOf } = production

const nobody = person('nobody')
const isApproval = (command: Command) => command.type === 'decide' && command.verdict === 'approve'
const isDenial = (command: Command) => command.type === 'decide' && command.verdict === 'deny'
const nameless = (state: ApprovalRequest, who: PersonId): ApprovalRequest => ({
  ...state,
  stages: state.stages.map((stage) => ({
    ...stage,
    decisions: stage.decisions.map((each) => (each.person === who ? { ...each, person: nobody } : each)),
  })),
})

/** Mistakes in how a request is decided. */
export const faultsOfApproval: readonly Fault[] = [
  {
    fault: 'the owner of the agent may approve',
    breaks: 'INV2',
    reducer: told((state) => ({ state: { ...state, ask: { ...state.ask, owner: nobody } } })),
  },
  {
    fault: 'a quorum is a counter: the same person counts again',
    breaks: 'INV2',
    reducer: told((state, command) =>
      command.type === 'decide'
        ? {
            state: nameless(state, command.person),
            command: {
              ...command,
              eligible: { ...command.eligible, [nobody]: ['owner', 'sre', 'security', 'on-call'] },
            },
          }
        : undefined,
    ),
  },
  {
    fault: 'whoever decided one stage may decide the next',
    breaks: 'INV2',
    reducer: told((state, command) =>
      command.type === 'decide' && state.status === 'pending'
        ? {
            state: {
              ...state,
              stages: state.stages.map((stage) =>
                stage.decisions.length < stage.terms.quorum
                  ? stage
                  : { ...stage, decisions: stage.decisions.map((each) => ({ ...each, person: nobody })) },
              ),
            },
            command: {
              ...command,
              eligible: { ...command.eligible, [nobody]: ['owner', 'sre', 'security', 'on-call'] },
            },
          }
        : undefined,
    ),
  },
  {
    fault: 'a quorum is one less',
    breaks: 'INV1',
    where: quorumOfTwo,
    reducer: answered((decided, state, command, now) =>
      state?.status === 'pending' && isApproval(command) && decided.events.at(-1)?.type === 'Decided'
        ? { events: [...decided.events, approval(state, now)] }
        : decided,
    ),
  },
  {
    fault: 'the first stage is enough',
    breaks: 'INV1',
    reducer: answered((decided, state, _command, now) =>
      state && decided.events.some(({ type }) => type === 'Decided')
        ? { ...decided, events: replaced(decided.events, 'StageOpened', [approval(state, now)]) }
        : decided,
    ),
  },
  {
    fault: 'an approver who lost the right is counted when the last stage fills',
    breaks: 'INV3',
    reducer: told((_state, command) =>
      command.type === 'decide' && (command.eligible[command.person] ?? []).length > 0
        ? {
            command: {
              ...command,
              eligible: { ...everyone, [command.person]: command.eligible[command.person] ?? [] },
            },
          }
        : undefined,
    ),
  },
  {
    fault: 'an approver who lost the right is counted at issue',
    breaks: 'INV3',
    reducer: told((_state, command) =>
      command.type === 'intend' ? { command: { ...command, eligible: everyone } } : undefined,
    ),
  },
  {
    fault: 'an approval that was dropped stays in the state',
    breaks: 'INV1',
    reducer: evolved((state, event) =>
      event.type === 'ApprovalDropped' ? { ...state, updatedAt: event.at } : undefined,
    ),
  },
  {
    fault: 'a decision cites all that policy said of its maker',
    breaks: 'INV9',
    reducer: told((_state, command) => {
      if (command.type !== 'decide') return undefined
      const all = Object.values(command.permittedBy).flat()
      const permittedBy = Object.fromEntries(Object.keys(command.permittedBy).map((name) => [name, all]))
      return { command: { ...command, permittedBy } }
    }),
  },
  {
    fault: 'with which login an approval was given is forgotten',
    breaks: 'INV1',
    reducer: evolved((state, event) => {
      if (event.type !== 'Decided') return undefined
      const { login: _, ...forgotten } = event
      return production.evolve(state, forgotten)
    }),
  },
  {
    fault: 'a decision on another digest counts',
    breaks: 'INV1',
    reducer: told((state, command) =>
      command.type === 'decide' ? { command: { ...command, digest: state.ask.digest } } : undefined,
    ),
  },
  {
    fault: 'a decision of another round counts',
    breaks: 'INV1',
    reducer: told((_state, command) => (command.type === 'decide' ? { command: { ...command, round: 1 } } : undefined)),
  },
  {
    fault: 'the question is not asked again when the last stage fills',
    breaks: 'INV3',
    reducer: told((_state, command) =>
      command.type === 'decide' ? { command: { ...command, answer: permit } } : undefined,
    ),
  },
  {
    fault: 'a denial is only one decision among others',
    breaks: 'INV4',
    reducer: answered((decided, state, command) =>
      state?.status === 'pending' && isDenial(command)
        ? { ...decided, events: replaced(decided.events, 'Denied', []) }
        : decided,
    ),
  },
  {
    fault: 'a denial after the approval is ignored',
    breaks: 'INV4',
    reducer: answered((decided, state, command) =>
      state?.status === 'approved' && isDenial(command)
        ? { events: [], refusal: { code: 'already_settled' } }
        : decided,
    ),
  },
  {
    fault: 'an approval after a denial still counts',
    breaks: 'INV1',
    reducer: answered((decided, state, command, now) =>
      state?.status === 'denied' && isApproval(command) ? { events: [approval(state, now)] } : decided,
    ),
  },
  {
    fault: 'what fell due is recorded when somebody looks, and counts from then',
    breaks: 'INV8',
    reducer: answered((decided, _state, _command, now) => ({
      ...decided,
      events: decided.events.map((event) =>
        event.type === 'StageEscalated' ? { ...event, deadline: event.deadline + now - event.at, at: now } : event,
      ),
    })),
  },
  {
    fault: 'silence permits',
    breaks: 'INV1',
    reducer: answered((decided, state) => ({
      ...decided,
      events: decided.events.flatMap((event) =>
        event.type === 'StageEscalated' && state ? [approval(state, event.at)] : [event],
      ),
    })),
  },
  {
    fault: 'silence escalates for ever',
    breaks: 'INV8',
    reducer: evolved((state, event) => {
      if (event.type !== 'StageEscalated') return undefined
      const next = evolve(state, event)
      return {
        ...next,
        stages: next.stages.map(({ escalatedAt: _, ...stage }) => stage),
      }
    }),
  },
  {
    fault: 'the wider name may approve before the escalation',
    breaks: 'INV2',
    where: quorumOfTwo,
    reducer: told((state, command, now) =>
      state.status === 'pending' && isApproval(command) && now < (dueAt(state) ?? now)
        ? { state: { ...state, stages: state.stages.map((stage) => ({ escalatedAt: state.submittedAt, ...stage })) } }
        : undefined,
    ),
  },
  {
    fault: 'a withdrawal is noted, and the stages go on',
    breaks: 'INV4',
    reducer: evolved((state, event) => (event.type === 'Withdrawn' ? { ...state, updatedAt: event.at } : undefined)),
  },
  {
    fault: 'a refused attempt closes the stage',
    breaks: 'INV9',
    reducer: answered((decided, state, _command, now) =>
      state?.status === 'pending' && decided.refusal?.code === 'not_eligible' && decided.events.length === 1
        ? {
            ...decided,
            events: [...decided.events, ...decide(state, withdrawal(), now).events],
          }
        : decided,
    ),
  },
  {
    fault: 'the workflow is not told that a stage opened again',
    breaks: 'INV9',
    reducer: {
      ...production,
      outcomeOf: (state, wait) => {
        const outcome = outcomeOf(state, wait)
        return outcome === 'Moved' ? 'waiting' : outcome
      },
    },
  },
  {
    fault: 'the workflow takes an escalation for a success',
    breaks: 'INV9',
    reducer: {
      ...production,
      outcomeOf: (state, wait) => (wait.endsWith(' escalated') ? 'succeeded' : outcomeOf(state, wait)),
    },
  },
]
