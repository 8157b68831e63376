import { canonicalForm } from '../digest.ts'
import { defined, type Json, type JsonObject } from '../values.ts'
import type { ShowLevel } from './preview-source.ts'

/** One argument as people see it: its present and future value. An absent value is left out. */
type Shown = { before?: Json; after: Json; masked: boolean }
type Pair = { before?: Json | undefined; after: Json }

const order = ['whole', 'part', 'compared'] as const satisfies readonly ShowLevel[]

/** The level that shows less of the two. */
export const lesserOf = (one: ShowLevel, other: ShowLevel | undefined): ShowLevel =>
  other !== undefined && order.indexOf(other) > order.indexOf(one) ? other : one

/** The level of a class; the lowest if the deployer did not name the class. */
export const levelOf = (
  show: { readonly [classification: string]: ShowLevel } | undefined,
  classification: string,
): ShowLevel => (show && Object.hasOwn(show, classification) ? (show[classification] as ShowLevel) : 'compared')

/** The shown characters at each end of a masked text longer than `shortest`. */
const first = 4
const shortest = 12

/**
 * A hidden value shows only whether it stays, which people need to decide.
 * @param most the most characters of one value
 */
export function maskPair({ before, after }: Pair, level: ShowLevel, most: number): Shown {
  if (level === 'whole') return cutPair({ before, after }, most)
  if (level === 'part')
    return {
      ...cutPair(
        { before: before === undefined ? undefined : glimpseLeaves(before), after: glimpseLeaves(after, before) },
        most,
      ),
      masked: true,
    }
  const was = before === undefined ? undefined : hidden
  return { ...defined({ before: was }), after: said(hidden, before, after), masked: true }
}

/** Shown for a value that is only compared. */
export const hidden = 'hidden'
/** Shown after a masked value that stays. */
export const staying = ', as before'
/** Shown after a masked value that changes. */
export const changing = ', another value'

/** @param before the value to compare with; undefined if absent */
const said = (words: string, before: Json | undefined, after: Json): string =>
  before === undefined ? words : `${words}${same(before, after) ? staying : changing}`

const same = (one: Json, other: Json): boolean => canonicalForm(one) === canonicalForm(other)

/** Keeps names and cuts values to a few characters. @param before the value to compare with */
function glimpseLeaves(value: Json, before?: Json): Json {
  if (typeof value !== 'object' || value === null) return said(glimpse(value), before, value)
  const leafOf = (name: string | number, each: Json) => glimpseLeaves(each, memberOf(before, name))
  if (Array.isArray(value)) return (value as readonly Json[]).map((each, at) => leafOf(at, each))
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, leafOf(name, each)]))
}

const memberOf = (value: Json | undefined, name: string | number): Json | undefined =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as JsonObject)[String(name)]
    : undefined

function glimpse(value: Json): string {
  if (typeof value !== 'string') return value === null ? 'nothing' : `a ${typeof value}`
  const characters = [...value]
  const start = characters.length > shortest ? `${characters.slice(0, first).join('')}... ` : ''
  return `${start}(${counted(characters.length)})`
}

function cutPair({ before, after }: Pair, most: number): Shown {
  const [now, then] = [before === undefined ? undefined : cut(before, most), cut(after, most)]
  const masked = now?.isCut || then.isCut
  const words = then.isCut ? said(String(then.shown), before, after) : then.shown
  return { ...defined({ before: now?.shown }), after: words, masked: masked === true }
}

function cut(value: Json, most: number): { shown: Json; isCut: boolean } {
  const characters = [...(typeof value === 'string' ? value : JSON.stringify(value))]
  if (characters.length <= most) return { shown: value, isCut: false }
  return { shown: `${characters.slice(0, most).join('')}... (${counted(characters.length)})`, isCut: true }
}

const counted = (characters: number): string => `${characters} character${characters === 1 ? '' : 's'}`
