import { argumentsWithin } from '../delegation/attenuation.ts'
import { canonicalForm, requestDigest } from '../digest.ts'
import { namesOfTier, type Stage } from '../policy/ladder.ts'
import { type Json, type JsonObject, type NumericDate, ok, type PersonId, type Result, refuse } from '../values.ts'
import type { Ask, NarrowedOnce } from './request.ts'

/** How often one request may be narrowed: each time everybody else is asked again. */
export const mostNarrowings = 3

/** What an approver would leave of a request: other values for arguments, fewer uses, fewer minutes. */
export type Narrow = {
  arguments?: JsonObject | undefined
  uses?: number | undefined
  minutes?: number | undefined
}

/** The terms of an ask with what an approver would change: not yet known to be less, nor to be possible. */
export const narrowedTerms = ({ arguments: args, uses, lifetime }: Ask, narrow: Narrow) => ({
  arguments: { ...args, ...narrow.arguments },
  uses: narrow.uses ?? uses,
  lifetime: narrow.minutes === undefined ? lifetime : narrow.minutes * 60,
})

/**
 * Whether what an approver would leave is less: nothing is more than it was, and something is not as it was. Only what the
 * catalogue lets be narrowed may differ; the rest of the arguments, and the resource, stay what they were.
 */
export function isNarrower(
  ask: Ask,
  terms: ReturnType<typeof narrowedTerms>,
  narrowable: readonly string[],
): Result<true, 'not_narrower'> {
  const added = Object.keys(terms.arguments).find((name) => !Object.hasOwn(ask.arguments, name))
  if (added !== undefined) return refuse('not_narrower', `\`${added}\` was not asked for, so it cannot be narrowed`)
  const changed = Object.keys(terms.arguments).filter(
    (name) => !argumentsWithin(pick(terms.arguments, name), pick(ask.arguments, name), []),
  )
  const fixed = changed.find((name) => !narrowable.includes(name))
  if (fixed !== undefined)
    return refuse('not_narrower', `\`${fixed}\` cannot be narrowed: deny it, and say what would do`)
  const wider = changed.find(
    (name) => !argumentsWithin(pick(terms.arguments, name), pick(ask.arguments, name), narrowable),
  )
  if (wider !== undefined) return refuse('not_narrower', `\`${wider}\` should be less than what was asked for`)
  if (!isPart(terms.uses, ask.uses))
    return refuse('not_narrower', `\`uses\` should be a whole number from 1 to ${ask.uses}`)
  // The lifetime that was asked for need not be whole minutes; one that is left has to be.
  if (!isPart(terms.lifetime, ask.lifetime))
    return refuse('not_narrower', `\`minutes\` should be a whole number from 1 to ${Math.floor(ask.lifetime / 60)}`)
  const same = changed.length === 0 && terms.uses === ask.uses && terms.lifetime === ask.lifetime
  return same ? refuse('not_narrower', 'nothing is less than what was asked for: approve it as it is') : ok(true)
}

const isPart = (part: number, of: number): boolean => Number.isSafeInteger(part) && part >= 1 && part <= of

const pick = (args: JsonObject, name: string): JsonObject => ({ [name]: args[name] ?? null })

/**
 * Whether an ask is of the same thing as another and gives no more of it. What its arguments may be is the catalogue's to
 * say (`isNarrower`); the rest holds whatever the catalogue says, and whoever asks.
 */
export const staysWithin = (ask: Ask, of: Ask): boolean =>
  ask.id === of.id &&
  ask.action === of.action &&
  ask.resource.type === of.resource.type &&
  ask.resource.id === of.resource.id &&
  ask.uses <= of.uses &&
  ask.lifetime <= of.lifetime &&
  ask.claimWithin <= of.claimWithin

/** An ask with other terms, and the digest of what it now is. */
export function withDigest(ask: Omit<Ask, 'digest'>): Ask {
  return { ...ask, digest: requestDigest(ask) }
}

/**
 * The stage of the rung that is now needed for which the narrower's approval counts: the one that they decided, where the
 * rung has it and the name under which they decided it may still decide it. Another stage was nobody's turn yet.
 */
export const keptStage = (stages: readonly Stage[], decided: string, as: string): Stage | undefined =>
  stages.find((stage) => stage.name === decided && namesOfTier({ stages: [stage] }).includes(as))

/** What a narrowing changed, for whoever reads of it. */
export function changesOf(before: Ask, after: Ask, by: PersonId, at: NumericDate): NarrowedOnce {
  const names = Object.keys(before.arguments).filter(
    (name) => canonicalForm(before.arguments[name] ?? null) !== canonicalForm(after.arguments[name] ?? null),
  )
  const change = <T>(from: T, to: T) => ({ from, to })
  return {
    by,
    at,
    arguments: Object.fromEntries(
      names.map((name) => [name, change(before.arguments[name] as Json, after.arguments[name] as Json)]),
    ) as NarrowedOnce['arguments'],
    ...(before.uses === after.uses ? {} : { uses: change(before.uses, after.uses) }),
    ...(before.lifetime === after.lifetime ? {} : { lifetime: change(before.lifetime, after.lifetime) }),
  }
}
