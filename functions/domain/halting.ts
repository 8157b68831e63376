import * as z from 'zod'
import type { Answer } from './circumstances.ts'
import { event } from './events.ts'
import { type Halt, HaltTarget } from './halt.ts'
import type { HaltId, NumericDate, PersonId } from './values.ts'

/** What happens to a halt. It is an aggregate of its own, `rev_...`: no request's chain has these, and its has no other. */
export const HaltEvent = z.discriminatedUnion('type', [
  event('Halted', { target: HaltTarget, reason: z.string() }),
  event('Lifted', {}),
])
export type HaltEvent = z.infer<typeof HaltEvent>

/** The first halt stops a target; so many more are recorded, for each to be lifted. Then it is stopped well enough. */
export const mostInForce = 20

/** Why a switch is not thrown, or not put back. */
export type HaltRefusal = 'not_permitted' | 'policy_error' | 'too_many_halts' | 'self_lift' | 'already_lifted'

/** Who would throw or put back a switch, with what was found about them. */
export type Switching = {
  person: PersonId
  /** Policy's answer to `revoke` or `lift` for this person. */
  answer: Answer
  /** Whether this person is stopped: somebody who must not decide must not lift their own halt either. */
  silenced: boolean
  bundle: string
}

/** Throws a kill switch. @returns the event, or why not */
export function halt(
  halts: readonly Halt[],
  { target, reason, ...who }: Switching & { target: HaltTarget; reason: string },
  at: NumericDate,
): HaltEvent | HaltRefusal {
  const no = refusalOf(who)
  if (no) return no
  if (halts.filter(({ lifted }) => lifted === undefined).length >= mostInForce) return 'too_many_halts'
  return { ...commonOf(who, at), type: 'Halted', target, reason }
}

/**
 * Puts a kill switch back: never by the person who threw it. The lift is no earlier than the halt, nor than the lifts
 * before it on the same target, however slow the clock is: so it stops all that those stop.
 *
 * @param halts those of the same target
 */
export function lift(halt: Halt, halts: readonly Halt[], who: Switching, at: NumericDate): HaltEvent | HaltRefusal {
  const no = refusalOf(who)
  if (no) return no
  if (halt.by === who.person) return 'self_lift'
  if (halt.lifted) return 'already_lifted'
  const before = halts.map(({ lifted }) => lifted?.at ?? 0)
  return { ...commonOf(who, Math.max(at, halt.at, ...before)), type: 'Lifted' }
}

const refusalOf = ({ answer, silenced }: Switching): HaltRefusal | undefined => {
  if (answer.error) return 'policy_error'
  return answer.permit && !silenced ? undefined : 'not_permitted'
}

const commonOf = ({ person, answer, bundle }: Switching, at: NumericDate) => ({
  at,
  actor: { type: 'person' as const, id: person },
  policies: [...answer.policies],
  bundle,
})

/**
 * A halt after an event.
 *
 * @throws TypeError when the events are not a halt's own: a ledger that was tampered with
 */
export function evolveHalt(id: HaltId, halt: Halt | undefined, { type, actor, at, ...facts }: HaltEvent): Halt {
  if (actor.type !== 'person') throw new TypeError('only a person halts and lifts')
  if (type === 'Halted' && !halt && 'target' in facts)
    return { id, target: facts.target, reason: facts.reason, by: actor.id, at }
  if (type === 'Lifted' && halt && !halt.lifted) return { ...halt, lifted: { by: actor.id, at } }
  throw new TypeError(`\`${type}\` does not follow in \`${id}\``)
}

/**
 * The halts of a target with one of them changed. Of those that were lifted only the last matters: all that an earlier
 * one stopped, it stopped too. So the list grows with the halts in force, not with the years.
 */
export function withHalt(halts: readonly Halt[], changed: Halt): readonly Halt[] {
  const all = [...halts.filter(({ id }) => id !== changed.id), changed]
  const last = all.findLast(({ lifted }) => lifted !== undefined)
  return all.filter((each) => each.lifted === undefined || each === last)
}
