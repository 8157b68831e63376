import { person } from '../../support/ask.ts'
import { type Fault, faultsIn } from './fault.ts'
import { production } from './production.ts'
import { askedBack, askedOften } from './scenarios.ts'

const { evolve } = production
const [inAskedBack, inAskedOften] = [faultsIn(askedBack), faultsIn(askedOften)]
const stranger = person('stranger')

/** Mistakes in questions to the agent, its answers, and calls for a colleague. */
export const faultsOfAskingBack: readonly Fault[] = [
  inAskedBack.evolved('a question gives people more time', 'INV8', (state, event) => {
    const next = event.type === 'Asked' ? evolve(state, event) : undefined
    return next?.status === 'pending' ? { ...next, decideBy: next.decideBy + 600 } : next
  }),
  inAskedBack.evolved('an answer drops the decisions before it', 'INV1', (state, event) => {
    const next = event.type === 'Answered' ? evolve(state, event) : undefined
    return next && { ...next, stages: next.stages.map((stage) => ({ ...stage, decisions: [] })) }
  }),
  inAskedBack.commanded('a colleague who was asked keeps the right to decide', 'INV2', 'decide', (command, state) =>
    state.colleagues?.some(({ to }) => to === command.person)
      ? { ...command, eligible: { ...command.eligible, [command.person]: ['owner'] } }
      : command,
  ),
  inAskedBack.told('the owner of the agent asks it', 'INV2', (state, command) =>
    command.type === 'ask_question' ? { state: { ...state, ask: { ...state.ask, owner: stranger } } } : undefined,
  ),
  inAskedBack.commanded('a person asks before the turn of their stage', 'INV2', 'ask_question', (command) => ({
    ...command,
    eligible: { ...command.eligible, [command.person]: ['owner'] },
  })),
  inAskedBack.commanded('an owner of the agent is asked to decide', 'INV2', 'ask_colleague', (command, { ask }) =>
    command.colleague.person === ask.owner
      ? { ...command, colleague: { ...command.colleague, person: stranger, eligible: { [stranger]: ['owner'] } } }
      : command,
  ),
  inAskedBack.commanded('an answer by another key counts', 'INV1', 'answer_question', (command, state) => ({
    ...command,
    jkt: state.boundKey ?? command.jkt,
  })),
  inAskedBack.told('a second answer counts', 'INV9', (state, command) =>
    command.type === 'answer_question' && state.questions
      ? { state: { ...state, questions: state.questions.map(({ answer: _, ...question }) => question) } }
      : undefined,
  ),
  inAskedBack.told('a colleague is asked again', 'INV9', (state, command) =>
    command.type === 'ask_colleague' ? { state: { ...state, colleagues: [] } } : undefined,
  ),
  inAskedOften.told('a sixth question is taken', 'INV9', (state, command) =>
    command.type === 'ask_question' ? { state: { ...state, questions: [] } } : undefined,
  ),
  inAskedOften.told('a sixth colleague is asked', 'INV9', (state, command) =>
    command.type === 'ask_colleague'
      ? { state: { ...state, colleagues: (state.colleagues ?? []).slice(0, 4) } }
      : undefined,
  ),
]
