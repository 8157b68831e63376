// Rules: test/policies/changes/diff-files.test.ts
import { type Json, type JsonObject, rfc3339 } from '../../functions/domain/values.ts'

/** One place in which two JSON values differ. Undefined means absent. */
export type Difference = {
  path: readonly string[]
  from?: Json | undefined
  to?: Json | undefined
  /** For a member of a list of plain values: both lists; `path` ends with the member. */
  lists?: { from: readonly string[]; to: readonly string[] }
}

/** The end of the path if a list has the same members in another order. */
export const order = 'order'

/**
 * The places that differ, each once. Lists are compared by members, objects in them by `id`, `name` or a similar key. A
 * missing object or list equals an empty one, unless its presence has a meaning.
 */
export function differencesOf(
  from: Json | undefined,
  to: Json | undefined,
  isWhole: (path: readonly string[]) => boolean,
  path: readonly string[] = [],
): Difference[] {
  if (same(from, to)) return []
  const [one, other] = isWhole(path) ? [from, to] : [from ?? emptyLike(to), to ?? emptyLike(from)]
  if (Array.isArray(one) && Array.isArray(other)) return differencesOfLists(one, other, isWhole, path)
  if (!isObject(one) || !isObject(other)) return [{ path, from, to }]
  const names = [...new Set([...Object.keys(one), ...Object.keys(other)])]
  return names.flatMap((name) => differencesOf(memberOf(one, name), memberOf(other, name), isWhole, [...path, name]))
}

const emptyLike = (value: Json | undefined): Json | undefined =>
  Array.isArray(value) ? [] : isObject(value) ? {} : undefined

function differencesOfLists(
  from: readonly Json[],
  to: readonly Json[],
  isWhole: (path: readonly string[]) => boolean,
  path: readonly string[],
): Difference[] {
  const [before, after] = [byKey(from), byKey(to)]
  const keys = [...new Set([...before.keys(), ...after.keys()])]
  const lists = [...from, ...to].some(isObject) ? {} : { lists: { from: [...before.keys()], to: [...after.keys()] } }
  const members = keys.flatMap((key) =>
    differencesOf(before.get(key), after.get(key), isWhole, [...path, key]).map((found) => ({ ...found, ...lists })),
  )
  const kept = [...before.keys()].filter((key) => after.has(key))
  const keptThen = [...after.keys()].filter((key) => before.has(key))
  const isMoved = kept.some((key, at) => key !== keptThen[at])
  return isMoved ? [...members, { path: [...path, order], from: kept, to: keptThen }] : members
}

function byKey(list: readonly Json[]): ReadonlyMap<string, Json> {
  const keyed = new Map<string, Json>()
  for (const each of list) {
    const key = keyOf(each)
    let free = key
    for (let again = 2; keyed.has(free); again++) free = `${key} (${again})`
    keyed.set(free, each)
  }
  return keyed
}

/** The name of a member in its list; for a period of a freeze, its beginning. */
function keyOf(value: Json): string {
  if (!isObject(value)) return typeof value === 'string' ? value : JSON.stringify(value)
  const { issuer, subject, claims, from, id, tier, name, action } = value
  if (issuer !== undefined)
    return [issuer, subject, claims && JSON.stringify(claims)].filter((part) => part !== undefined).join(' ')
  if (typeof from === 'number') return rfc3339(from)
  return String(id ?? tier ?? name ?? action ?? JSON.stringify(value))
}

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const memberOf = (of: JsonObject, name: string): Json | undefined => (Object.hasOwn(of, name) ? of[name] : undefined)

/** Members may be in any order, and an undefined member counts as missing. */
export function same(one: Json | undefined, other: Json | undefined): boolean {
  if (one === other) return true
  if (Array.isArray(one) && Array.isArray(other))
    return one.length === other.length && one.every((each, at) => same(each, other[at]))
  if (!isObject(one) || !isObject(other)) return false
  return (
    Object.entries(one).every(([name, each]) => same(each, memberOf(other, name))) &&
    Object.entries(other).every(([name, each]) => each === undefined || memberOf(one, name) !== undefined)
  )
}
