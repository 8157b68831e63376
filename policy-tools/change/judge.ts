// Rules: test/policies/changes/diff-files.test.ts

import { type Bundle, ownClassification } from '../../functions/domain/policy/bundle.ts'
import { textWithin } from '../../functions/domain/policy/patterns.ts'
import { levelOf } from '../../functions/domain/previews/mask.ts'
import { ShowLevel } from '../../functions/domain/previews/preview-source.ts'
import type { Direction } from './change.ts'
import type { Difference } from './compare.ts'
import { textsApart } from './texts-apart.ts'

/** The two bundles that differ. */
type Bundles = readonly [old: Bundle, next: Bundle]

/** The direction of a difference. `both` is told twice. */
export type Judge = (difference: Difference, bundles: Bundles) => Direction | 'both'

const flip = { widened: 'narrowed', narrowed: 'widened', other: 'other', both: 'both' } as const

const reversed =
  (judge: Judge): Judge =>
  (difference, bundles) =>
    flip[judge(difference, bundles)]

/** A difference without an order: people judge it. */
export const unordered: Judge = () => 'other'

/** A value that permits when present; two different values have no order. */
export const permits: Judge = ({ from, to }) => {
  if ((from === undefined) === (to === undefined)) return 'other'
  return from === undefined ? 'widened' : 'narrowed'
}

/** A value that permits when present; replacing it permits others and no longer these. */
export const permitsOthers: Judge = (difference, bundles) =>
  difference.from === undefined || difference.to === undefined ? permits(difference, bundles) : 'both'

/** @param nothing the value that permits nothing */
export const permitsBut =
  (nothing: unknown): Judge =>
  ({ from, to, path }, bundles) => {
    const some = (value: Difference['from']) => (JSON.stringify(value) === JSON.stringify(nothing) ? undefined : value)
    return permits({ path, from: some(from), to: some(to) }, bundles)
  }

/** A value that demands something when present. */
export const demands: Judge = reversed(permits)

export const sized =
  (absent: number): Judge =>
  ({ from, to }) => {
    const [before, after] = [Number(from ?? absent), Number(to ?? absent)]
    return after > before ? 'widened' : after < before ? 'narrowed' : 'other'
  }
export const more: Judge = sized(0)
export const less: Judge = reversed(more)
/** A length or an end of time; absent means infinite. */
export const longer: Judge = sized(Number.POSITIVE_INFINITY)

/**
 * Values from the one that permits least.
 * @param absent the rank of an absent value
 */
export const ranked =
  (ranks: readonly string[], absent?: string): Judge =>
  ({ from, to }) => {
    const [before, after] = [from, to].map((value) => ranks.indexOf(String(value ?? absent))) as [number, number]
    if (before < 0 || after < 0 || before === after) return 'other'
    return after > before ? 'widened' : 'narrowed'
  }

/** Patterns. A pattern within a wider one of the other side has no effect. `{places}` stand for themselves. */
export const patterns: Judge = (difference, bundles) => {
  const { from, path, lists = { from: [], to: [] } } = difference
  const others = from === undefined ? lists.from : lists.to
  const isCovered = others.some((wide) => textWithin([path.at(-1) ?? ''], [wide]) === undefined)
  return isCovered ? 'other' : permits(difference, bundles)
}

/** The values of a condition, under an operator that lists allowed or forbidden ones. */
export const conditionValues: Judge = (difference, bundles) => {
  const operator = difference.path.find((part) => /^[A-Za-z:]+ /.test(part)) ?? ''
  return (/^(?:For\w+:)?\w*Not/.test(operator) ? demands : permits)(difference, bundles)
}

/** The pattern of a text. Patterns are compared by texts that match one of the two. */
export const textPattern: Judge = (difference, bundles) => {
  const { from, to } = difference
  if (typeof from !== 'string' || typeof to !== 'string') return demands(difference, bundles)
  const { gained, lost } = textsApart(from, to)
  if (gained !== undefined && lost !== undefined) return 'both'
  if (gained === undefined && lost === undefined) return 'other'
  return gained === undefined ? 'narrowed' : 'widened'
}

/** A freeze that policies never name forbids nothing. */
export const ofFreeze =
  (judge: Judge): Judge =>
  (difference, bundles) => {
    const name = `"${difference.path[2]}"`
    const slices = bundles.flatMap(({ policies }) => Object.values(policies))
    const isNamed = slices.some((slice) => Object.values(slice).some((text) => text.includes(name)))
    return isNamed ? judge(difference, bundles) : 'other'
  }

/** The folder orders its classes by how much of a value people see. Hotwork's own class is always the highest. */
export const lowerClass: Judge = ({ from, to }, bundles) => {
  const levels = ShowLevel.options.toReversed()
  const rank = (name: string, { show }: Bundle) =>
    name === ownClassification ? -1 : levels.indexOf(levelOf(show, name))
  const orders = bundles.map((bundle) => Math.sign(rank(String(to), bundle) - rank(String(from), bundle)))
  if (orders.every((order) => order > 0)) return 'widened'
  return orders.every((order) => order < 0) ? 'narrowed' : 'other'
}
