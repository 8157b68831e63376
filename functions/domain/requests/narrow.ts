import { argumentsWithin } from '../delegation/attenuation.ts'
import { argumentsDigest } from '../digest.ts'
import { fillingOf } from '../policy/filling.ts'
import type { Stage } from '../policy/ladder.ts'
import { stepsOf } from '../record/plan-step.ts'
import type { Ask } from '../record/request.ts'
import { requestDigest } from '../record/request-digest.ts'
import { defined, type Json, type JsonObject, ok, type Result, refuse } from '../values.ts'

/** The most narrowings, since each asks all others again. */
export const mostNarrowings = 3

export type Narrow = {
  arguments?: JsonObject | undefined
  /** By the name of a list: the places, from 0, of the items that it loses. */
  without?: Without | undefined
  uses?: number | undefined
  minutes?: number | undefined
  /** For a plan, its steps and no other member. */
  steps?: readonly NarrowStep[] | undefined
}

/** `step` counts from 1. */
export type NarrowStep = Pick<Narrow, 'arguments' | 'without'> & { step: number; strike?: true | undefined }

type Without = { readonly [name: string]: readonly number[] }

/** A number in a step that a form lowers; or an item of a list, by its place, that it takes out. */
export type Lowered = { step: number; name: string; value: number; isItem?: boolean }

/** The narrowings in a plan's form, one for each changed step in order; undefined if there is none. */
export function narrowSteps(struck: readonly number[], lowered: readonly Lowered[]): Narrow['steps'] {
  const numbers = [...new Set([...struck, ...lowered.map(({ step }) => step)])].sort((one, other) => one - other)
  if (numbers.length === 0) return undefined
  return numbers.map((step) => {
    const own = lowered.filter((each) => each.step === step)
    const args = own.filter(({ isItem }) => !isItem).map(({ name, value }) => [name, value])
    return {
      step,
      ...(args.length === 0 ? {} : { arguments: Object.fromEntries(args) }),
      ...defined({ without: itemsOut(own.filter(({ isItem }) => isItem)) }),
      ...(struck.includes(step) ? { strike: true as const } : {}),
    }
  })
}

/** The places of items that a form takes out, by list. Undefined if there are none. */
export function itemsOut(items: readonly { name: string; value: number }[]): Without | undefined {
  const byName = Map.groupBy(items, ({ name }) => name)
  if (byName.size === 0) return undefined
  return Object.fromEntries([...byName].map(([name, own]) => [name, own.map(({ value }) => value)]))
}

/** The lists without these items. `isNarrower` refuses names that are unknown or not of a list. */
function listsWithout(args: JsonObject, without: Without = {}): JsonObject {
  const lists = Object.entries(without).map(([name, places]): [string, Json] => {
    const list = Object.hasOwn(args, name) ? args[name] : undefined
    return [name, Array.isArray(list) ? list.filter((_, at) => !places.includes(at)) : null]
  })
  return Object.fromEntries(lists)
}

/** The terms after a narrowing. `isNarrower` checks that they are less. */
export const narrowedTerms = (
  { arguments: args, uses, lifetime }: Pick<Ask, 'arguments' | 'uses' | 'lifetime'>,
  narrow: Narrow,
) => ({
  arguments: { ...args, ...listsWithout(args, narrow.without), ...narrow.arguments },
  uses: narrow.uses ?? uses,
  lifetime: narrow.minutes === undefined ? lifetime : narrow.minutes * 60,
})

/** Whether only narrowable terms differ, none is more, and at least one is less. */
export function isNarrower(
  ask: Pick<Ask, 'arguments' | 'uses' | 'lifetime'>,
  terms: ReturnType<typeof narrowedTerms>,
  narrowable: readonly string[],
): Result<true, 'not_narrower'> {
  const no = (detail: string) => refuse('not_narrower', detail)
  const names = Object.keys(terms.arguments)
  const isWithin = (name: string, rules: readonly string[]) =>
    argumentsWithin(pick(terms.arguments, name), pick(ask.arguments, name), rules)
  const added = names.find((name) => !Object.hasOwn(ask.arguments, name))
  if (added !== undefined) return no(`\`${added}\` was not asked for, so it cannot be narrowed`)
  const changed = names.filter((name) => !isWithin(name, []))
  const fixed = changed.find((name) => !narrowable.includes(name))
  if (fixed !== undefined) return no(`\`${fixed}\` cannot be narrowed: deny the request instead, with a comment`)
  const wider = changed.find((name) => !isWithin(name, narrowable))
  if (wider !== undefined) return no(`\`${wider}\` should be less than what was asked for`)
  if (!isPart(terms.uses, ask.uses)) return no(`\`uses\` should be a whole number from 1 to ${ask.uses}`)
  if (!isPart(terms.lifetime, ask.lifetime))
    return no(`\`minutes\` should be a whole number from 1 to ${Math.floor(ask.lifetime / 60)}`)
  const same = changed.length === 0 && terms.uses === ask.uses && terms.lifetime === ask.lifetime
  return same ? no('nothing is narrower than the request: approve it unchanged') : ok(true)
}

const isPart = (part: number, of: number): boolean => Number.isSafeInteger(part) && part >= 1 && part <= of

const pick = (args: JsonObject, name: string): JsonObject => ({ [name]: args[name] ?? null })

/** Whether an ask is for the same as another ask, and at most as much. */
export const staysWithin = (ask: Ask, of: Ask): boolean =>
  ask.id === of.id &&
  ask.action === of.action &&
  ask.resource.type === of.resource.type &&
  ask.resource.id === of.resource.id &&
  ask.uses <= of.uses &&
  ask.lifetime <= of.lifetime &&
  ask.claimWithin <= of.claimWithin &&
  stepsOf({ ask }).length === stepsOf({ ask: of }).length &&
  stepsOf({ ask: of }).every(({ request, agent, struck }, index) => {
    const step = stepsOf({ ask })[index]
    return step?.request === request && step.agent === agent && (!struck || step.struck === true)
  })

/** An ask with its digests computed; earlier digests are replaced. */
export const withDigests = (ask: Omit<Ask, 'digest' | 'argumentsDigest'>): Ask => ({
  ...ask,
  digest: requestDigest(ask),
  argumentsDigest: argumentsDigest(ask.action, ask.arguments, ask.resource),
})

/** The stage of the new rung for which the narrower's approval counts, if the rung has that stage. */
export const keptStage = (stages: readonly Stage[], decided: string, as: string): Stage | undefined =>
  stages.find((stage) => stage.name === decided && fillingOf({ terms: stage }).allNames.includes(as))
