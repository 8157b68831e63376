import type { BreakGlassPolicy, Opening } from '../break-glass/break-glass.ts'
import type { Directory } from '../people/organisation.ts'
import type { Bundle } from '../policy/bundle.ts'
import type { Stage } from '../policy/ladder.ts'
import { type ApprovalRequest, openStage, type StageState } from '../requests/request.ts'
import { type NumericDate, PersonId } from '../values.ts'

type Notify = Pick<Stage, 'notify'>

/** Who may decide the stage and is never pinged about it. */
export const isQuiet = ({ notify }: Notify, person: PersonId): boolean => notify?.quiet?.includes(person) ?? false

/** Whom a stage names to be told directly: its people, and the people of its groups, each once, without the quiet. */
export function namedDirectly(terms: Notify, { groups }: Pick<Directory, 'groups'>): readonly PersonId[] {
  const named = (terms.notify?.direct ?? []).flatMap((name) => {
    const person = PersonId.safeParse(name)
    return person.success ? [person.data] : (groups[name] ?? [])
  })
  return [...new Set(named)].filter((person) => !isQuiet(terms, person))
}

/** The channels of a stage, by alias: its own, and from its escalation on the one of those it was widened to. */
export const channelsOf = ({ terms, escalatedAt }: StageState): readonly string[] =>
  escalatedAt !== undefined && terms.onSilence !== 'expire' && terms.onSilence.channel !== undefined
    ? [...new Set([terms.channel, terms.onSilence.channel])]
    : [terms.channel]

/** The stage that people are waited for now, of a request that waits at all. */
export const waitingStage = (state: ApprovalRequest): StageState | undefined =>
  state.status === 'pending' ? openStage(state) : undefined

/** One opening of one stage: whoever was told of it is told when it is over, and of the next opening anew. */
export type Turn = { round: number; stage: string; opensAt: NumericDate }

/** The turn that is open, if people are waited for. */
export function turnOf(state: ApprovalRequest): Turn | undefined {
  const stage = waitingStage(state)
  return stage?.opensAt === undefined
    ? undefined
    : { round: state.round, stage: stage.terms.name, opensAt: stage.opensAt }
}

type Tell = BreakGlassPolicy['action']['tell']

/**
 * Where an opening is announced, and to whom by name, as the folder says now: as the profile does whose minutes it uses,
 * and where none covers it as single actions do. Undefined where the folder says nothing of break-glass any more.
 */
export const tellOf = (
  { breakGlass }: Pick<Bundle, 'breakGlass'>,
  { budgetKey }: Pick<Opening, 'budgetKey'>,
): Tell | undefined =>
  (breakGlass?.profiles.find(({ name }) => `profile:${name}` === budgetKey) ?? breakGlass?.action)?.tell

/** The people whom it names, and those of the groups that it names, each once. */
export const namedIn = ({ people = [] }: Tell, { groups }: Pick<Directory, 'groups'>): readonly PersonId[] => [
  ...new Set(
    people.flatMap((name) => {
      const person = PersonId.safeParse(name)
      return person.success ? [person.data] : (groups[name] ?? [])
    }),
  ),
]

/** One time at which those who have not decided a stage are to be reminded of it. */
export type Reminder = {
  round: number
  /** Which of the request's stages. */
  stage: number
  /** When it opened, or was widened: it begins again with those who are asked then. */
  since: NumericDate
  /** From 1. */
  attempt: number
  at: NumericDate
}

/**
 * When the people of the open stage are reminded, as its ladder says: first `after` it opened, then after twice as long
 * each time, while it is open. A stage that has escalated begins again, since others are asked now.
 */
export function remindersOf(state: ApprovalRequest): readonly Reminder[] {
  const stage = waitingStage(state)
  const turn = turnOf(state)
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
