import { isQuiet } from '../cards/routing.ts'
import { bindKey } from '../credentials/issue.ts'
import { fillingOf } from '../policy/filling.ts'
import type { Stage } from '../policy/ladder.ts'
import {
  type Answered,
  type AnswerQuestion,
  type AskColleague,
  type AskQuestion,
  agentActor,
  type EndingCode,
  endedBy,
  type Refused,
  type Standpoint,
} from '../record/commands.ts'
import { rulesOf } from '../record/origin.ts'
import { type ApprovalRequest, colleaguesFor, openStage } from '../record/request.ts'
import { defined, type NumericDate } from '../values.ts'
import { type DecisionCode, rightOf, whyNot } from './take-decision.ts'

/** Questions to the agent, its answers, and calls for a colleague. They change no right and move no deadline. */

export const mostQuestions = 5
export const mostColleagues = 5

export function askQuestion(
  state: ApprovalRequest,
  command: AskQuestion,
  at: NumericDate,
): Answered<DecisionCode | 'too_many_questions'> {
  const { question, text, bundle } = command
  const right = rightToAsk(state, command, at)
  if ('code' in right) return right
  if (!rulesOf(state.ask).hearsPeople) return { code: 'as_it_is' }
  if ((state.questions?.length ?? 0) >= mostQuestions) return { code: 'too_many_questions' }
  const { terms, as } = right
  const own = { question, stage: terms.name, ...defined({ for: rightOf(command, as).for }), text }
  return [{ ...actOf(command, as), type: 'Asked', at, bundle, ...own }]
}

/** The first answer binds a request without a key, as the first claim does. */
export function answerQuestion(
  state: ApprovalRequest,
  { jkt, question, text, ending, bundle }: AnswerQuestion,
  at: NumericDate,
): Answered<EndingCode | 'key_mismatch' | 'unknown_question' | 'already_answered' | 'invalid_task_state'> {
  const bound = bindKey(state, { jkt, first: true, another: false, bundle }, at)
  if (!bound) return { code: 'key_mismatch' }
  const asked = state.questions?.find(({ id }) => id === question)
  if (!asked) return { code: 'unknown_question' }
  if (asked.answer) return { code: 'already_answered' }
  if (state.status !== 'pending') return { code: 'invalid_task_state', detail: state.status }
  const ended = endedBy(state, ending, { bundle }, at)
  if (ended) return ended
  const common = { at, actor: agentActor(state.ask), policies: [], bundle }
  return [...bound, { ...common, type: 'Answered', question: asked.id, text }]
}

export function askColleague(
  state: ApprovalRequest,
  command: AskColleague,
  at: NumericDate,
): Answered<DecisionCode | 'asked_themselves' | 'already_asked' | 'too_many_colleagues' | 'colleague_not_eligible'> {
  const { person, colleague, bundle } = command
  const right = rightToAsk(state, command, at)
  if ('code' in right) return right
  const { terms, as } = right
  const stage = terms.name
  const to = colleague.person
  if (to === person) return { code: 'asked_themselves' }
  if (colleaguesFor(state, stage).some((each) => each.to === to)) return { code: 'already_asked' }
  if ((state.colleagues?.length ?? 0) >= mostColleagues) return { code: 'too_many_colleagues' }
  if (whyNot(state, colleague, 'approve', at) !== undefined || isQuiet(terms, to))
    return { code: 'colleague_not_eligible' }
  return [{ ...actOf(command, as), type: 'ColleagueAsked', at, bundle, stage, to }]
}

/** The stage and the name under which this person's approval would count now, login strength aside. */
function rightToAsk(
  state: ApprovalRequest,
  command: Standpoint & { bundle: string },
  at: NumericDate,
): { terms: Stage; as: string } | Refused<DecisionCode> {
  const ended = endedBy(state, command.ending, command, at)
  if (ended) return ended
  const code = whyNot(state, command, 'approve', at)
  if (code) return { code }
  const stage = openStage(state)
  const names = command.eligible[command.person] ?? []
  const as = stage && fillingOf(stage).names.find((name) => names.includes(name))
  return stage && as !== undefined ? { terms: stage.terms, as } : { code: 'not_eligible' }
}

const actOf = ({ person, permittedBy }: Standpoint, as: string) => ({
  actor: { type: 'person' as const, id: person },
  policies: [...(permittedBy[as] ?? [])],
})
