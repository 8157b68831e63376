import type { ResourceFacts, ResourceRule } from '../../functions/domain/people/organisation.ts'
import { textWithin } from '../../functions/domain/policy/arguments.ts'
import { type Bundle, ownClassification, settingsOf } from '../../functions/domain/policy/bundle.ts'
import { factsOf } from '../../functions/domain/policy/catalogue.ts'
import { fill, placesOf } from '../../functions/domain/policy/templates.ts'
import { levelOf } from '../../functions/domain/previews/mask.ts'
import { ShowLevel } from '../../functions/domain/previews/preview-source.ts'
import type { Direction } from './change.ts'
import { same } from './compare.ts'
import type { Judged } from './judge.ts'

const file = 'resources.json'
/** More rules than people keep; each pair is looked into once. */
const mostPairs = 5000

/**
 * What the rules say of a resource before and after. The first rule that matches holds, so each pair of an old rule and a
 * new one is asked for a resource that both decide: none is missed.
 */
export function diffResources(old: Bundle, next: Bundle): readonly Judged[] {
  if (same(asJson(old.resources), asJson(next.resources))) return []
  const types = [...new Set([...old.resources, ...next.resources].map(({ type }) => type))]
  const found = types.flatMap((type) => diffType(old, next, type))
  return found.length > 0 ? found : [rewritten('the rules')]
}

const rewritten = (rules: string): Judged => ({
  direction: 'other',
  change: { kind: 'resource_rules', file, from: rules, to: 'written otherwise: no resource is another for it' },
  difference: { path: ['resources'] },
})

const asJson = (rules: readonly ResourceRule[]) => rules as unknown as readonly { readonly [member: string]: string }[]

type Pair = { before: ResourceRule | undefined; after: ResourceRule | undefined; id: string; isReached: boolean }

function diffType(old: Bundle, next: Bundle, type: string): Judged[] {
  const [before, after] = [old, next].map(({ resources }) => resources.filter((rule) => rule.type === type)) as [
    ResourceRule[],
    ResourceRule[],
  ]
  if (same(asJson(before), asJson(after))) return []
  const reach = [...new Set([...patternsOf(old, type), ...patternsOf(next, type)])]
  const pairs = pairsOf(before, after)
  if (pairs.length > mostPairs) return [tooMany(type)]
  const changes = pairs.flatMap(([i, j]) => {
    const found = resourceOf(before, after, [i, j], reach)
    return found ? changesOf({ before: before[i], after: after[j], ...found }, { old, next, type }) : []
  })
  return changes.length > 0 ? changes : [rewritten(`\`${type}\`: rules`)]
}

const tooMany = (type: string): Judged => ({
  direction: 'widened',
  change: {
    kind: 'resource_rules',
    file,
    from: `\`${type}\`: rules`,
    to: 'too many changed at once: change fewer rules',
  },
  difference: { path: ['resources'] },
})

/** Where no rule matches stands behind the last one. Of rules that neither side changed only the pairs with changed ones. */
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

/** A resource that the old rule `i` and the new rule `j` decide; one that an action can name, if there is one. */
function resourceOf(
  before: readonly ResourceRule[],
  after: readonly ResourceRule[],
  [i, j]: readonly [number, number],
  reach: readonly string[],
): { id: string; isReached: boolean } | undefined {
  const idsOf = (rules: readonly (ResourceRule | undefined)[]) => rules.flatMap((rule) => (rule ? [rule.id] : []))
  const all = idsOf([before[i], after[j]])
  const none = idsOf([...before.slice(0, i), ...after.slice(0, j)])
  if (none.some((pattern) => all.includes(pattern))) return undefined
  for (const pattern of reach) {
    const id = textWithin([...all, pattern], none)
    if (id !== undefined) return { id, isReached: true }
  }
  const id = textWithin(all, none)
  return id === undefined ? undefined : { id, isReached: false }
}

/** What an action's arguments can name, first with no argument empty. */
function patternsOf(bundle: Bundle, type: string): readonly string[] {
  return Object.values(bundle.actions).flatMap((entry) => {
    if (entry.resource.type !== type) return []
    const places = factsOf(entry, settingsOf(bundle, entry))
    const filledBy = (argument: string) => fill(entry.resource.id, (path) => places[path] ?? argument)
    return placesOf(entry.resource.id).length === 0 ? [filledBy('')] : [filledBy('*a'), filledBy('*')]
  })
}

type Sides = { old: Bundle; next: Bundle; type: string }

function changesOf({ before, after, id, isReached }: Pair, sides: Sides): Judged[] {
  const which = `\`${sides.type}\` such as \`${id}\``
  const difference = { path: ['resources', sides.type, id] }
  const change = (kind: string, direction: Direction, from: string, to: string): Judged => ({
    // What no action names is not acted on, now.
    direction: isReached ? direction : 'other',
    change: { kind, file, from: `${which}: ${from}`, to },
    difference,
  })
  if (!before || !after) {
    const say = (rule: ResourceRule | undefined) =>
      rule
        ? `${rule.environment}, ${rule.classification}, of \`${rule.group}\` (by \`${rule.id}\`)`
        : 'no rule knows it'
    return [change('resource_known', before ? 'narrowed' : 'widened', say(before), say(after))]
  }
  const differing = (name: 'environment' | 'classification', direction: () => Direction) =>
    before[name] === after[name]
      ? []
      : [
          change(
            `resource_${name}`,
            direction(),
            `${name} \`${before[name]}\``,
            `\`${after[name]}\` (by \`${after.id}\`)`,
          ),
        ]
  return [
    ...differing('environment', () => 'other'),
    ...differing('classification', () => orderOfClasses(before.classification, after.classification, sides)),
    ...(before.group === after.group ? [] : changesOfOwners(before.group, after.group, sides, change)),
  ]
}

/** The folder orders its classes by how much of a value people are shown. Of Hotwork itself is always the highest. */
function orderOfClasses(before: string, after: string, { old, next }: Sides): Direction {
  const levels = ShowLevel.options.toReversed()
  const rank = (name: string, { show }: Bundle) =>
    name === ownClassification ? -1 : levels.indexOf(levelOf(show, name))
  const orders = [old, next].map((bundle) => Math.sign(rank(after, bundle) - rank(before, bundle)))
  if (orders.every((order) => order > 0)) return 'widened'
  return orders.every((order) => order < 0) ? 'narrowed' : 'other'
}

type Make = (kind: string, direction: Direction, from: string, to: string) => Judged

/** Who decides as its owners: the people who come, and those who go. */
function changesOfOwners(before: string, after: string, { old, next }: Sides, make: Make): readonly Judged[] {
  const [were, are] = [membersOf(before, old), membersOf(after, next)]
  const kind = 'resource_group'
  const [come, gone] = [are.filter((each) => !were.includes(each)), were.filter((each) => !are.includes(each))]
  const from = `of \`${before}\``
  return [
    ...(come.length > 0 ? [make(kind, 'widened', from, `of \`${after}\`, and so also of ${list(come)}`)] : []),
    ...(gone.length > 0 ? [make(kind, 'narrowed', from, `of \`${after}\`, and so no longer of ${list(gone)}`)] : []),
    ...(come.length + gone.length === 0 ? [make(kind, 'other', from, `of \`${after}\`: the same people`)] : []),
  ]
}

/** The people that a source names are known when they decide. */
const membersOf = (group: string, { directory: { groups, sources } }: Bundle): readonly string[] => [
  ...(groups[group] ?? []),
  ...(sources?.[group] ? [`the source of ${group}`] : []),
]

const list = (names: readonly string[]) => names.map((name) => `\`${name}\``).join(', ')
