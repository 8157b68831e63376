// Rules: test/channels/slack/cards/routing.test.ts, test/channels/slack/cards/owners-channels.test.ts
import { type OpeningRules, termsOf } from '../break-glass/break-glass.ts'
import { type Directory, ruleOf } from '../people/organisation.ts'
import type { Bundle } from '../policy/bundle.ts'
import { owners, type Stage } from '../policy/ladder.ts'
import type { Owning } from '../record/commands.ts'
import type { Opening } from '../record/opening.ts'
import {
  type ApprovalRequest,
  type Ask,
  colleaguesFor,
  openStage,
  peopleBehind,
  type StageState,
} from '../record/request.ts'
import { type Alias, type NumericDate, PersonId } from '../values.ts'

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

/**
 * The channels of a stage, by alias: its own and, once escalated, that of the escalation. A stage for owners has its own
 * once it opens.
 */
export function channelsOf({ terms, channels, escalatedAt }: StageState): readonly string[] {
  const own = channels ?? (terms.channel === owners ? [] : [terms.channel])
  return escalatedAt !== undefined && terms.onSilence !== 'expire' && terms.onSilence.channel !== undefined
    ? [...new Set([...own, terms.onSilence.channel])]
    : own
}

/** The fallback channel of the stage whose card cannot be posted. */
export function fallbackOf(state: ApprovalRequest, channel: string): string | undefined {
  const open = openStage(state)
  const stages = [...(open ? [open] : []), ...state.stages].filter((stage) => channelsOf(stage).includes(channel))
  const [fallback] = stages.flatMap(({ terms }) => terms.fallbackChannel ?? [])
  return fallback === channel ? undefined : fallback
}

/** The channels of a stage for owners, by alias. Undefined if the stage names its channel. */
export function ownersChannels(
  { channel, fallbackChannel }: Stage,
  owning: readonly Owning[],
): readonly Alias[] | undefined {
  if (channel !== owners) return undefined
  const all = owning.length === 0 ? [undefined] : owning
  return [...new Set(all.flatMap((own) => own ?? fallbackChannel ?? []))]
}

/** The channel today of the group that owns the resource of an ask: for a plan one for each step. */
export function owningChannels(
  ask: Pick<Ask, 'resource' | 'steps'>,
  { resources, directory }: Pick<Bundle, 'resources' | 'directory'>,
): readonly Owning[] {
  const all = ask.steps ? ask.steps.map(({ resource }) => resource) : [ask.resource]
  const { channels = {} } = directory
  return all.map((resource) => {
    const group = ruleOf(resources, resource)?.group ?? ''
    return Object.hasOwn(channels, group) ? channels[group] : undefined
  })
}

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
