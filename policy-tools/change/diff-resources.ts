// Rules: test/policies/changes/diff-files.test.ts
import type { ResourceFacts, ResourceRule } from '../../functions/domain/people/organisation.ts'
import { type Bundle, settingsOf } from '../../functions/domain/policy/bundle.ts'
import { factsOf } from '../../functions/domain/policy/catalogue.ts'
import { textWithin } from '../../functions/domain/policy/patterns.ts'
import { fill, placesOf } from '../../functions/domain/policy/templates.ts'
import type { Json, JsonObject } from '../../functions/domain/values.ts'
import { same } from './compare.ts'

/** More pairs than people's rules make; each pair is examined once. */
const mostPairs = 5000

type Apart = { before: JsonObject; after: JsonObject }

/** Facts of resources before and after, by type and id. Undefined if the rules are equal. */
export function resourcesApart(old: Bundle, next: Bundle): Apart | undefined {
  if (same(asJson(old.resources), asJson(next.resources))) return undefined
  const types = [...new Set([...old.resources, ...next.resources].map(({ type }) => type))]
  const found = types.flatMap((type) => {
    const apart = apartOfType(old, next, type)
    return apart ? [{ type, ...apart }] : []
  })
  if (found.length === 0) return rewritten
  const side = (of: keyof Apart) => Object.fromEntries(found.map(({ type, [of]: each }) => [type, each]))
  return { before: side('before'), after: side('after') }
}

const rewritten: Apart = {
  before: { '(rules)': 'as in OLD' },
  after: { '(rules)': 'written otherwise: no resource that an action names is another for it' },
}
const tooMany: Apart = { before: {}, after: { '(too many rules)': 'changed at once: change fewer' } }

/**
 * The first matching rule decides a resource. Each pair of an old and a new rule is asked about a resource that both
 * decide and an action can name, so no difference is missed.
 */
function apartOfType(old: Bundle, next: Bundle, type: string): Apart | undefined {
  const [before = [], after = []] = [old, next].map(({ resources }) => resources.filter((rule) => rule.type === type))
  if (same(asJson(before), asJson(after))) return undefined
  const reach = [...new Set([...patternsOf(old, type), ...patternsOf(next, type)])]
  const pairs = pairsOf(before, after)
  if (pairs.length > mostPairs) return tooMany
  const found = pairs.flatMap(([i, j]) => {
    const id = resourceOf(before, after, [i, j], reach)
    return id === undefined ? [] : [{ id, was: before[i], is: after[j] }]
  })
  if (found.length === 0) return rewritten
  return {
    before: Object.fromEntries(found.flatMap(({ id, was }) => (was ? [[id, factsBy(was, old)]] : []))),
    after: Object.fromEntries(found.flatMap(({ id, is }) => (is ? [[id, factsBy(is, next)]] : []))),
  }
}

const asJson = (rules: readonly ResourceRule[]) => rules as unknown as Json

/** The people of a group's source are only known at a decision. */
const factsBy = ({ environment, classification, group }: ResourceRule, { directory }: Bundle): JsonObject => ({
  ...{ environment, classification, group },
  owners: [...(directory.groups[group] ?? []), ...(directory.sources?.[group] ? [`the source of ${group}`] : [])],
})

/** The missing rule stands behind the last one. Unchanged rules are paired only with changed ones. */
function pairsOf(before: readonly ResourceRule[], after: readonly ResourceRule[]): readonly [number, number][] {
  const shorter = Math.min(before.length, after.length)
  const sameAt = (i: number, j: number) => same(asJson([before[i] as ResourceRule]), asJson([after[j] as ResourceRule]))
  let head = 0
  while (head < shorter && sameAt(head, head)) head += 1
  let tail = 0
  while (tail < shorter - head && sameAt(before.length - 1 - tail, after.length - 1 - tail)) tail += 1
  const isChanged = (at: number, { length }: readonly ResourceRule[]) => at < length - tail
  const pairs: [number, number][] = []
  for (let i = head; i <= before.length; i++)
    for (let j = head; j <= after.length; j++)
      if ((isChanged(i, before) || isChanged(j, after)) && !sameFacts(before[i], after[j])) pairs.push([i, j])
  return pairs
}

const sameFacts = (one: ResourceFacts | undefined, other: ResourceFacts | undefined): boolean =>
  one?.environment === other?.environment &&
  one?.classification === other?.classification &&
  one?.group === other?.group

/** A resource that the old rule `i` and the new rule `j` both decide, and that an action can name. */
function resourceOf(
  before: readonly ResourceRule[],
  after: readonly ResourceRule[],
  [i, j]: readonly [number, number],
  reach: readonly string[],
): string | undefined {
  const idsOf = (rules: readonly (ResourceRule | undefined)[]) => rules.flatMap((rule) => (rule ? [rule.id] : []))
  const all = idsOf([before[i], after[j]])
  const none = idsOf([...before.slice(0, i), ...after.slice(0, j)])
  if (none.some((pattern) => all.includes(pattern))) return undefined
  for (const pattern of reach) {
    const id = textWithin([...all, pattern], none)
    if (id !== undefined) return id
  }
  return undefined
}

/** The patterns of resources that an action's arguments can name, beginning with non-empty arguments. */
function patternsOf(bundle: Bundle, type: string): readonly string[] {
  return Object.values(bundle.actions).flatMap((entry) => {
    if (entry.resource.type !== type) return []
    const places = factsOf(entry, settingsOf(bundle, entry))
    const filledBy = (argument: string) => fill(entry.resource.id, (path) => places[path] ?? argument)
    return placesOf(entry.resource.id).length === 0 ? [filledBy('')] : [filledBy('*a'), filledBy('*')]
  })
}
