import type { PersonId } from '../../../functions/domain/values.ts'
import { owner } from '../../support/ask.ts'
import { on, type Rule, termsOf } from './rule.ts'
import { eligibleIn } from './world.ts'

const types = ['Asked', 'Answered', 'ColleagueAsked'] as const

/** INV1, INV2, INV8, INV9: questions to the agent, its answers, and calls for a colleague. */
export const rulesOfAskingBack: readonly Rule[] = [
  on(
    'INV8',
    'a question, its answer and a call for a colleague move no deadline and change no right',
    types,
    (event, _seen, { told, before, after }) => {
      const isAlone = told.every((each) => (types as readonly string[]).concat('KeyBound').includes(each.event.type))
      if (!isAlone || !before) return undefined
      return (
        JSON.stringify(besidesTalk(before)) !== JSON.stringify(besidesTalk(after)) && `\`${event.type}\` changes more`
      )
    },
  ),
  on(
    'INV2',
    'a question and a call for a colleague are by a person who may decide the open stage',
    ['Asked', 'ColleagueAsked'],
    ({ actor, stage }, seen, step) => {
      const person = actor.id as PersonId
      if (person === owner) return 'by the owner of the agent'
      if (seen.end !== undefined || seen.open?.stage !== stage) return `\`${stage}\` is not open`
      const wider = termsOf(step.scenario, seen, stage)?.onSilence
      const names = [stage, ...(seen.open.escalated && wider && wider !== 'expire' ? [wider.escalateTo] : [])]
      const own = eligibleIn(step.scenario, step.world)[person] ?? []
      return !names.some((name) => own.includes(name)) && `${person} may not decide \`${stage}\``
    },
  ),
  on(
    'INV2',
    'a colleague who is asked may decide the open stage, and is not its asker',
    ['ColleagueAsked'],
    ({ to, actor, stage }, { decided }, { scenario, world }) =>
      to === actor.id ||
      to === owner ||
      !eligibleIn(scenario, world)[to]?.includes(stage) ||
      decided.some(({ person }) => person === to)
        ? `${to} is asked`
        : undefined,
  ),
  on(
    'INV1',
    'an answer is by the key of the request',
    ['Answered'],
    (_, seen, { command }) => 'jkt' in command && command.jkt !== seen.key && 'answered with another key',
  ),
  on(
    'INV9',
    'a question is answered once, and only one that was asked',
    ['Answered'],
    ({ question }, { questions }) => {
      if (questions[question] === undefined) return 'it was never asked'
      return questions[question] && 'answered again'
    },
  ),
  on('INV9', 'an answer comes while the request waits', ['Answered'], (_, { end, grant }) =>
    end !== undefined || grant ? 'it is settled' : undefined,
  ),
  on('INV9', 'at most five questions are asked', ['Asked'], (_, { questions }) =>
    Object.keys(questions).length >= 5 ? 'a sixth' : undefined,
  ),
  on(
    'INV9',
    'a colleague is asked once for a stage, and at most five are',
    ['ColleagueAsked'],
    ({ stage, to }, { colleagues }) =>
      colleagues.length >= 5 ? 'a sixth' : colleagues.includes(`${stage} ${to}`) && 'asked again',
  ),
]

const besidesTalk = ({
  questions: _,
  colleagues: _1,
  boundKey: _2,
  updatedAt: _3,
  refusals: _4,
  ...rest
}: {
  [member: string]: unknown
}) => rest
