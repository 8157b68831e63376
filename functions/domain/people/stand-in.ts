import * as z from 'zod'
import { event } from '../event.ts'
import type { Answer } from '../policy/question.ts'
import { HaltId, NumericDate, PersonId, StandInId } from '../values.ts'
import { Login } from './login-strength.ts'

/** One person decides for another who is away. A quorum counts the two as one, and a bar to one bars both. */
export const StandIn = z.strictObject({
  id: StandInId,
  for: PersonId,
  by: PersonId,
  from: NumericDate,
  until: NumericDate,
  at: NumericDate,
  /** The login with which it was given. Stages that need a stronger one do not accept the stand-in. */
  login: Login.optional(),
  afterHalts: z.array(HaltId).optional(),
  ended: z.strictObject({ by: PersonId, at: NumericDate }).optional(),
})
export type StandIn = z.infer<typeof StandIn>

export const isInForce = ({ from, until, ended }: StandIn, now: NumericDate): boolean =>
  ended === undefined && from <= now && now < until

export const StandInEvent = z.discriminatedUnion('type', [
  event('StandInGiven', {
    ...{ for: PersonId, by: PersonId, from: NumericDate, until: NumericDate },
    ...{ login: StandIn.shape.login, afterHalts: StandIn.shape.afterHalts },
  }),
  event('StandInEnded', {}),
])
export type StandInEvent = z.infer<typeof StandInEvent>

const day = 86_400
/** The longest stand-in; longer absences belong in the directory. Seconds. */
export const longestAbsence = 30 * day
/** The latest start of a stand-in, from now. Seconds. */
export const furthestAhead = 90 * day
/** The most people that one person may stand in for, since each decision reads all of the decider's stand-ins. */
export const mostAbsent = 10
/** The most stand-ins of one absent person, present and future, so that a person cannot use up the places of others. */
export const mostOfOne = 3

export type StandInRefusal = {
  code: 'stand_in_refused' | 'not_permitted' | 'policy_error'
  detail?: string
}

type Give = {
  person: PersonId
  by: PersonId
  from: NumericDate
  until: NumericDate
  login: Login
  afterHalts?: HaltId[]
  answer: Answer
  silenced: readonly PersonId[]
  absences: readonly StandIn[]
  taken: readonly StandIn[]
  bundle: string
}

export function giveStandIn(give: Give, at: NumericDate): StandInEvent | StandInRefusal {
  const { person, by, from, until, login, afterHalts, answer, bundle } = give
  const no = (detail: string): StandInRefusal => ({ code: 'stand_in_refused', detail })
  if (by === person) return no('a person cannot stand in for themselves')
  if (give.silenced.includes(person)) return { code: 'not_permitted' }
  if (give.silenced.includes(by)) return no('that person is stopped by a halt')
  if (answer.error) return { code: 'policy_error' }
  if (!answer.permit) return no('policy does not let that person stand in for you')
  if (until <= Math.max(at, from)) return no('`until` should be later than now, and than `from`')
  if (until - Math.max(at, from) > longestAbsence) return no('it should be for 30 days at most')
  if (from > at + furthestAhead) return no('it should begin within 90 days')
  const overlaps = give.absences.find((each) => !isOver(each, at) && each.from < until && from < each.until)
  if (overlaps) return no(`\`${overlaps.id}\` is for the same time: end it first`)
  const taken = give.taken.filter((each) => !isOver(each, at)).map((each) => each.for)
  const own = taken.filter((absent) => absent === person).length
  if (own >= mostOfOne) return no(`you have named that person ${mostOfOne} times already: end one first`)
  if (own === 0 && new Set(taken).size >= mostAbsent)
    return no(`that person stands in for ${mostAbsent} others already`)
  const actor = { type: 'person', id: person } as const
  const policies = [...answer.policies]
  const basis = {
    ...(Object.keys(login).length === 0 ? {} : { login }),
    ...(afterHalts === undefined ? {} : { afterHalts }),
  }
  return {
    type: 'StandInGiven',
    at,
    actor,
    policies,
    bundle,
    for: person,
    by,
    from: Math.max(at, from),
    until,
    ...basis,
  }
}

type End = { person: PersonId; answer: Answer; silenced: boolean; bundle: string }

/** Ends a stand-in: by either of the two, or by a person that policy lets revoke. Undefined if it has ended. */
export function endStandIn(
  standIn: StandIn,
  { person, answer, silenced, bundle }: End,
  at: NumericDate,
): StandInEvent | StandInRefusal | undefined {
  const own = person === standIn.for || person === standIn.by
  if (!own && answer.error) return { code: 'policy_error' }
  if (!own && (!answer.permit || silenced)) return { code: 'not_permitted' }
  if (isOver(standIn, at)) return undefined
  const actor = { type: 'person', id: person } as const
  return {
    type: 'StandInEnded',
    at: Math.max(at, standIn.at),
    actor,
    policies: own ? [] : [...answer.policies],
    bundle,
  }
}

/** @throws TypeError if the events are not a stand-in's own: a tampered ledger */
export function evolveStandIn(
  id: StandInId,
  before: StandIn | undefined,
  { type, actor, at, ...facts }: StandInEvent,
): StandIn {
  if (actor.type !== 'person') throw new TypeError('only people stand in for each other')
  if (type === 'StandInGiven' && !before && 'by' in facts) {
    const { policies: _, bundle: __, ...given } = facts
    return { id, ...given, at }
  }
  if (type === 'StandInEnded' && before && !before.ended) return { ...before, ended: { by: actor.id, at } }
  throw new TypeError(`\`${type}\` does not follow in \`${id}\``)
}

export const isOver = ({ until, ended }: StandIn, now: NumericDate): boolean => ended !== undefined || until <= now

/** The list with a changed stand-in, without ended ones, so that it does not grow over the years. */
export const withStandIn = (all: readonly StandIn[], changed: StandIn, now: NumericDate): readonly StandIn[] =>
  [...all.filter(({ id }) => id !== changed.id), changed].filter((each) => !isOver(each, now))

export const statusOf = (standIn: StandIn, now: NumericDate): 'ahead' | 'in_force' | 'over' | 'ended' => {
  if (standIn.ended) return 'ended'
  if (isOver(standIn, now)) return 'over'
  return isInForce(standIn, now) ? 'in_force' : 'ahead'
}

/** The member that the detail of a refusal is about. */
export function standInField(detail: string | undefined): 'by' | 'from' | 'until' {
  if (/`until`|days at most/.test(detail ?? '')) return 'until'
  return /same time|begin within/.test(detail ?? '') ? 'from' : 'by'
}
