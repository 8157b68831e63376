import * as z from 'zod'
import type { Answer } from '../policy/question.ts'
import { event } from '../requests/events.ts'
import { HaltId, NumericDate, PersonId, StandInId } from '../values.ts'
import { Login } from './login-strength.ts'

/**
 * That one person decides in another's stead while that one is out of office. It hands on a right to decide and makes no
 * second one: in a quorum the two are one, and what either is barred from by separation of duties both are.
 */
export const StandIn = z.strictObject({
  id: StandInId,
  /** Whose right it is. */
  for: PersonId,
  /** Who decides meanwhile. */
  by: PersonId,
  from: NumericDate,
  /** From this time on it is over, whoever looks. */
  until: NumericDate,
  at: NumericDate,
  /** The login with which it was given: it decides no stage that asks for a stronger one. */
  login: Login.optional(),
  /** The halts that were lifted before it, though in the same second: it counts in spite of them. */
  afterHalts: z.array(HaltId).optional(),
  ended: z.strictObject({ by: PersonId, at: NumericDate }).optional(),
})
export type StandIn = z.infer<typeof StandIn>

/** Whether it is in force at `now`. */
export const isInForce = ({ from, until, ended }: StandIn, now: NumericDate): boolean =>
  ended === undefined && from <= now && now < until

/** What happens to a stand-in. It is an aggregate of its own, `sin_...`. */
export const StandInEvent = z.discriminatedUnion('type', [
  event('StandInGiven', {
    ...{ for: PersonId, by: PersonId, from: NumericDate, until: NumericDate },
    ...{ login: StandIn.shape.login, afterHalts: StandIn.shape.afterHalts },
  }),
  event('StandInEnded', {}),
])
export type StandInEvent = z.infer<typeof StandInEvent>

const day = 86_400
/** Whoever is away for longer has left the rota, which is the directory's to say. Seconds. */
export const longestAbsence = 30 * day
/** How far ahead an absence may be announced. Seconds. */
export const furthestAhead = 90 * day
/** For so many at once one person may decide: each of them is asked about at each of that one's decisions. */
export const mostAbsent = 10

type StandInRefusal = {
  code: 'stand_in_refused' | 'not_permitted' | 'policy_error'
  detail?: string
}

/** Somebody who will be away names who decides meanwhile, with what was found about the two. */
type Give = {
  /** Whose right it is, and who says so: nobody gives another's right away. */
  person: PersonId
  by: PersonId
  from: NumericDate
  until: NumericDate
  login: Login
  /** From `liftedBefore`: halts of the person. */
  afterHalts?: HaltId[]
  /** Policy's answer to `standIn`, for the one who would decide. */
  answer: Answer
  /** Who of the two is stopped: neither decides anything now, so there is nothing to hand on, and nobody to hand it to. */
  silenced: readonly PersonId[]
  /** What there is already: of this person's absences, and of those for whom the other decides. */
  absences: readonly StandIn[]
  taken: readonly StandIn[]
  bundle: string
}

/** Names who decides in one's stead. @returns the event, or why not */
export function giveStandIn(give: Give, at: NumericDate): StandInEvent | StandInRefusal {
  const { person, by, from, until, login, afterHalts, answer, bundle } = give
  const no = (detail: string): StandInRefusal => ({ code: 'stand_in_refused', detail })
  if (by === person) return no('nobody stands in for themselves')
  if (give.silenced.includes(person)) return { code: 'not_permitted' }
  if (give.silenced.includes(by)) return no('that person is stopped by a halt')
  if (answer.error) return { code: 'policy_error' }
  if (!answer.permit) return no('policy does not let that person stand in for you')
  if (until <= Math.max(at, from)) return no('`until` should be later than now, and than `from`')
  if (until - Math.max(at, from) > longestAbsence) return no('it should be for 30 days at most')
  if (from > at + furthestAhead) return no('it should begin within 90 days')
  const overlaps = give.absences.find((each) => !isOver(each, at) && each.from < until && from < each.until)
  if (overlaps) return no(`\`${overlaps.id}\` is for the same time: end it first`)
  if (give.taken.filter((each) => !isOver(each, at)).length >= mostAbsent)
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

/** Who would end it, with policy's answer to `revoke`, which whoever may use for others than themselves. */
type End = { person: PersonId; answer: Answer; silenced: boolean; bundle: string }

/**
 * Ends it before its time: either of the two, or whoever may revoke. To stop is easy, so the two need not be asked about.
 *
 * @returns the event, nothing where it is over already, or why not
 */
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

/**
 * A stand-in after an event.
 *
 * @throws TypeError when the events are not a stand-in's own: a ledger that was tampered with
 */
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

/** Whether nothing can be decided by it any more. */
export const isOver = ({ until, ended }: StandIn, now: NumericDate): boolean => ended !== undefined || until <= now

/** Those of some stand-ins that still matter, with one of them as it now is: the list does not grow with the years. */
export const withStandIn = (all: readonly StandIn[], changed: StandIn, now: NumericDate): readonly StandIn[] =>
  [...all.filter(({ id }) => id !== changed.id), changed].filter((each) => !isOver(each, now))

/** What it is now, for whoever reads a list. */
export const statusOf = (standIn: StandIn, now: NumericDate): 'ahead' | 'in_force' | 'over' | 'ended' => {
  if (standIn.ended) return 'ended'
  if (isOver(standIn, now)) return 'over'
  return isInForce(standIn, now) ? 'in_force' : 'ahead'
}
