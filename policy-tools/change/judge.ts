import { textWithin } from '../../functions/domain/policy/arguments.ts'
import type { Json } from '../../functions/domain/values.ts'
import type { CaseExample, Change, Direction } from './change.ts'
import type { Difference } from './compare.ts'
import { textsApart } from './texts-apart.ts'

/** A change, and the difference of the bundles that it tells. */
export type Judged = { direction: Direction; change: Change; difference: Difference }

/** A case of the new folder in which a difference shows, where a case can. */
export type ExampleOfFile = (judged: Judged) => CaseExample | undefined

/** Which way a difference goes. `both`: it is told twice. */
export type Judge = { order(difference: Difference): Direction | 'both' }

const flip = { widened: 'narrowed', narrowed: 'widened', other: 'other', both: 'both' } as const

const reversed = ({ order }: Judge): Judge => ({ order: (difference) => flip[order(difference)] })

/** It has no order: people judge it. */
export const unordered: Judge = { order: () => 'other' }

/** What is there permits; another in its place cannot be ordered. */
export const permits: Judge = {
  order: ({ from, to }) => {
    if ((from === undefined) === (to === undefined)) return 'other'
    return from === undefined ? 'widened' : 'narrowed'
  },
}

/** What is there permits, and another in its place permits others and no longer these. */
export const permitsOthers: Judge = {
  order: (difference) =>
    difference.from === undefined || difference.to === undefined ? permits.order(difference) : 'both',
}

/** A list that permits nothing while it is empty. */
export const permitsIfAny: Judge = {
  order: ({ from, to }) => permits.order({ path: [], from: some(from), to: some(to) }),
}
const some = (list: Json | undefined) => (Array.isArray(list) && list.length > 0 ? list : undefined)

/** What is there demands something. */
export const demands: Judge = reversed(permits)

/** @param absent what it counts as where it is not written */
export const more = (absent = 0): Judge => ({
  order({ from, to }) {
    const [before, after] = [Number(from ?? absent), Number(to ?? absent)]
    return after > before ? 'widened' : after < before ? 'narrowed' : 'other'
  },
})
export const less = (absent = 0): Judge => reversed(more(absent))

const forever = Number.POSITIVE_INFINITY
/** A length or an end of time, for ever where none is written. */
export const longer: Judge = more(forever)

/** From the one that permits least. @param absent what it counts as where it is not written */
export const ranked = (ranks: readonly string[], absent?: string): Judge => ({
  order({ from, to }) {
    const [before, after] = [from, to].map((value) => ranks.indexOf(String(value ?? absent))) as [number, number]
    if (before < 0 || after < 0 || before === after) return 'other'
    return after > before ? 'widened' : 'narrowed'
  },
})

/** Patterns: one that the other side has already, in a wider one, changes nothing. */
export const patterns: Judge = {
  order(difference) {
    const { from, path, lists = { from: [], to: [] } } = difference
    const others = from === undefined ? lists.from : lists.to
    return others.some((wide) => covers(wide, path.at(-1) ?? '')) ? 'other' : permits.order(difference)
  },
}

/** Whether each text of the narrow pattern fits the wide one. `{places}` stand for themselves. */
const covers = (wide: string, narrow: string): boolean => textWithin([narrow], [wide]) === undefined

/** The values of a condition, under an operator that lists what is not allowed or what is. */
export const conditionValues: Judge = {
  order(difference) {
    const operator = difference.path.find((part) => /^[A-Za-z:]+ /.test(part)) ?? ''
    return /^(?:For\w+:)?\w*Not/.test(operator) ? demands.order(difference) : permits.order(difference)
  },
}

/** What a text must be. Patterns are compared by texts that fit one of them. */
export const textPattern: Judge = {
  order(difference) {
    const { from, to } = difference
    if (typeof from !== 'string' || typeof to !== 'string') return demands.order(difference)
    const { gained, lost } = textsApart(from, to)
    if (gained !== undefined && lost !== undefined) return 'both'
    if (gained === undefined && lost === undefined) return 'other'
    return gained === undefined ? 'narrowed' : 'widened'
  },
}
