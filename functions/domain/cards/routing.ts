// Rules: test/channels/slack/cards/routing.test.ts
import { type OpeningRules, termsOf } from '../break-glass/break-glass.ts'
import type { Directory } from '../people/organisation.ts'
import type { Stage } from '../policy/ladder.ts'
import type { Opening } from '../record/opening.ts'
import { type ApprovalRequest, colleaguesFor, openStage, peopleBehind, type StageState } from '../record/request.ts'
import { type NumericDate, PersonId } from '../values.ts'

type Notify = Pick<Stage, 'notify'>

/** Whether the stage never notifies this person directly. */
export const isQuiet = ({ notify }: Notify, person: PersonId): boolean => notify?.quiet?.includes(person) ?? false

/** The people that a stage notifies directly, without quiet ones. */
export const namedDirectly = (terms: Notify, directory: Pick<Directory, 'groups'>): readonly PersonId[] =>
  namedIn(terms.notify?.direct ?? [], directory).filter((person) => !isQuiet(terms, person))

/** The people in a list of people and groups, each once. */
export const namedIn = (people: readonly string[], { groups }: Pick<Directory, 'groups'>): readonly PersonId[] => [
  ...new Set(
    people.flatMap((name) => {
      const person = PersonId.safeParse(name)
      return person.success ? [person.data] : (groups[name] ?? [])
    }),
  ),
]

/** The colleagues who were asked to decide the open stage, and have not. */
export function colleaguesAsked(state: ApprovalRequest): readonly PersonId[] {
  const stage = openStage(state)
  const asked = colleaguesFor(state, stage?.terms.name).map(({ to }) => to)
  return asked.filter((person) => !stage?.decisions.some((each) => peopleBehind(each).includes(person)))
}

/** The channels of a stage, by alias: its own and, once escalated, that of the escalation. */
export const channelsOf = ({ terms, escalatedAt }: StageState): readonly string[] =>
  escalatedAt !== undefined && terms.onSilence !== 'expire' && terms.onSilence.channel !== undefined
    ? [...new Set([terms.channel, terms.onSilence.channel])]
    : [terms.channel]

/** The opening or end of a stage. People who were told of the opening are also told of the end. */
export type StageTurn = { round: number; stage: string; opensAt: NumericDate }

export function stageTurnOf(state: ApprovalRequest): StageTurn | undefined {
  const stage = openStage(state)
  return stage?.opensAt === undefined
    ? undefined
    : { round: state.round, stage: stage.terms.name, opensAt: stage.opensAt }
}

/** The channel and people to tell of an opening. Undefined if the folder no longer has break-glass. */
export const tellOf = (rules: OpeningRules, opening: Pick<Opening, 'budgetKey'>) => termsOf(opening, rules)?.tell

/** A time at which people who have not decided are reminded. */
export type Reminder = {
  round: number
  stage: number
  /** The time at which it opened or escalated: reminders start over with the people who are asked then. */
  since: NumericDate
  /** The first is 1. */
  attempt: number
  at: NumericDate
}

/** The reminders of the open stage: `after` it opened or escalated, then each after twice the time. */
export function remindersOf(state: ApprovalRequest): readonly Reminder[] {
  const stage = openStage(state)
  const turn = stageTurnOf(state)
  if (!stage?.terms.remind || !turn) return []
  const { after, times } = stage.terms.remind
  const since = stage.escalatedAt ?? turn.opensAt
  const all = Array.from({ length: times }, (_, index) => ({
    round: state.round,
    stage: state.stages.indexOf(stage),
    since,
    attempt: index + 1,
    at: since + after * (2 ** (index + 1) - 1),
  }))
  return all.filter(({ at }) => at < (stage.deadline ?? 0))
}
