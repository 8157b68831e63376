// Rules: test/policies/explain.test.ts
import type { Json } from '../values.ts'
import {
  type Change,
  type Condition,
  type Fact,
  type FactTest,
  isSameFact,
  isTier,
  type Literal,
  opposite,
  type WeighedPolicy,
} from './condition.ts'
import type { Answer } from './question.ts'

/** Facts that together would make a lower tier enough. */
export type Alternative = { tier: number; facts: readonly FactTest[] }

type Known = {
  /** Permits that fail, those with the fewest failed conditions first. */
  near: readonly WeighedPolicy[]
  forbids: readonly WeighedPolicy[]
  /** Every policy of the action. */
  all: readonly WeighedPolicy[]
  /** The lower tiers, lowest first. */
  rungs: readonly number[]
  askIf: (tier: number, changes: readonly Change[]) => Answer
}

/** A set of facts that would have to differ, each with its present value. */
type Wish = readonly { test: FactTest; now: Json | undefined }[]

const mostTold = 3
/** The most questions to Cedar, at about half a millisecond each. */
const mostAsked = 32
const mostFacts = 3

/**
 * The changes that would lower the tier: facts that meet a failed condition, or that no longer meet a forbidding one,
 * alone and in pairs. Policy is asked about each, and changes that do not help are dropped. Fewer facts come first,
 * then facts that the agent can choose.
 */
export function alternatives({ near, forbids, all, rungs, askIf }: Known): readonly Alternative[] {
  const literals = literalsOf(all)
  const single = [
    ...near.flatMap(({ conditions }) =>
      meeting(
        conditions.filter(({ holds }) => holds === 'no'),
        literals,
      ),
    ),
    ...forbids.flatMap(({ conditions }) => conditions.flatMap((each) => failing(each, literals))),
  ].filter(isPossible)
  const pairs = single.flatMap((one, at) => single.slice(at + 1).map((other) => [...one, ...other]))
  const wishes = unique([...single, ...pairs.filter(isPossible)]).toSorted((a, b) => costOf(a) - costOf(b))
  const told: Alternative[] = []
  for (const wish of wishes.slice(0, mostAsked)) {
    const facts = wish.map(({ test }) => test)
    if (told.some((each) => each.facts.every((fact) => facts.some((other) => isSame(other, fact))))) continue
    const tier = tierIf(changesOf(wish), rungs, askIf)
    if (tier !== undefined && !told.some((each) => each.tier <= tier && isPartOf(each.facts, facts)))
      told.push({ tier, facts })
  }
  return told.reduce<readonly Alternative[]>(withOne, []).slice(0, mostTold)
}

/** Whether the changes are a subset of the others. */
const isPartOf = (fewer: readonly FactTest[], more: readonly FactTest[]): boolean =>
  fewer.length < more.length && fewer.every(({ fact }) => more.some((each) => isSameFact(each.fact, fact)))

/** Values of one fact that lead to the same tier are told together. */
function withOne(all: readonly Alternative[], next: Alternative): readonly Alternative[] {
  const at = all.findIndex((each) => together(each, next))
  const both = all[at] && together(all[at], next)
  return both ? all.with(at, both) : [...all, next]
}

function together(one: Alternative, other: Alternative): Alternative | undefined {
  if (one.tier !== other.tier || one.facts.length !== other.facts.length) return undefined
  const [before, ...more] = one.facts.filter((fact) => !other.facts.some((each) => isSame(each, fact)))
  const after = other.facts.find((fact) => !one.facts.some((each) => isSame(each, fact)))
  if (!before || !after || more.length > 0 || !isSameFact(before.fact, after.fact)) return undefined
  const values = [...valuesOf(before), ...valuesOf(after)]
  if (valuesOf(before).length === 0 || valuesOf(after).length === 0) return undefined
  const either: FactTest = { kind: 'among', fact: before.fact, values, not: false }
  return { tier: one.tier, facts: one.facts.map((fact) => (fact === before ? either : fact)) }
}

const valuesOf = (test: FactTest): readonly Literal[] =>
  test.kind === 'among' && !test.not ? test.values : test.kind === 'compared' && test.by === '==' ? [test.to] : []

/** The tier after these changes. If the highest rung is too low, all are, since more approval never permits less. */
function tierIf(changes: readonly Change[], rungs: readonly number[], askIf: Known['askIf']): number | undefined {
  const highest = rungs.at(-1)
  if (highest === undefined || !askIf(highest, changes).permit) return undefined
  return rungs.find((tier) => askIf(tier, changes).permit)
}

/** The ways in which all of these conditions could hold, one for each value that a fact might have. */
const meeting = (conditions: readonly Condition[], literals: Literals): readonly Wish[] =>
  product(conditions.filter((each) => !isTier(each)).map((each) => waysToMeet(each, literals)))

/** All combinations with one item of each list. */
const product = (all: readonly (readonly Wish[])[]): readonly Wish[] =>
  all.reduce<readonly Wish[]>(
    (found, next) => found.flatMap((one) => next.map((other) => [...one, ...other])).slice(0, mostAsked),
    [[]],
  )

function waysToMeet(condition: Condition, literals: Literals): readonly Wish[] {
  if (condition.kind === 'other') return []
  if (condition.kind === 'either')
    return condition.ways.flatMap((way) =>
      meeting(
        way.filter(({ holds }) => holds === 'no'),
        literals,
      ),
    )
  return valued(plain(condition), condition.met[0]?.value, literals)
}

/** The ways in which this condition could fail. */
function failing(condition: Condition, literals: Literals): readonly Wish[] {
  if (condition.kind === 'other' || isTier(condition) || condition.holds !== 'yes') return []
  if (condition.kind !== 'either') return valued(opposite(plain(condition)), condition.met[0]?.value, literals)
  // To fail, each way that holds must fail, by any one of its conditions.
  const ways = condition.ways.filter((way) => way.every(({ holds }) => holds === 'yes'))
  return product(ways.map((way) => way.flatMap((each) => failing(each, literals))))
}

/** The values come from the policies; without one, any different value will do. */
function valued(test: FactTest, now: Json | undefined, literals: Literals): readonly Wish[] {
  const values =
    test.kind === 'among' && !test.not
      ? test.values
      : (test.kind === 'compared' && test.by === '!=') || test.kind === 'among'
        ? (literals.get(test.fact.join('.')) ?? []).filter((to) => to !== now && !excluded(test).includes(to))
        : []
  if (values.length === 0) return [[{ test, now }]]
  return values.map((to) => [{ test: { kind: 'compared', fact: test.fact, by: '==', to }, now }])
}

const excluded = (test: Extract<FactTest, { kind: 'among' | 'compared' }>): readonly Literal[] =>
  test.kind === 'among' ? test.values : [test.to]

function plain(condition: Condition & FactTest): FactTest {
  const { holds: _, met: _1, error: _2, ...test } = condition
  return test as FactTest
}

type Literals = ReadonlyMap<string, readonly Literal[]>

/** The texts with which policies of the action compare each fact. */
function literalsOf(policies: readonly WeighedPolicy[]): Literals {
  const found = new Map<string, Literal[]>()
  const look = (condition: Condition): void => {
    if (condition.kind === 'either') for (const each of condition.ways.flat()) look(each)
    const values = condition.kind === 'compared' ? [condition.to] : condition.kind === 'among' ? condition.values : []
    if (condition.kind !== 'compared' && condition.kind !== 'among') return
    const key = condition.fact.join('.')
    const texts = values.filter((each) => typeof each === 'string')
    found.set(key, [...new Set([...(found.get(key) ?? []), ...texts])])
  }
  for (const { conditions } of policies) for (const each of conditions) look(each)
  return found
}

/** The facts of the context that can change, ones that an agent can choose first. */
const cost: readonly (readonly [pattern: RegExp, cost: number])[] = [
  // A claim never lowers scrutiny.
  [/^context\.(?:approval|moment|now|task_source)\b/, Number.POSITIVE_INFINITY],
  [/^context\.(?:arguments|unpinned|credential)\b/, 1],
  [/^context\.(?:purpose|justified|task|recent|windows)\b/, 1.1],
  [/^context\.resource\b/, 1.2],
  [/^context\.agent\b/, 1.4],
  [/^context\./, 1.3],
]

const costOfFact = (fact: Fact): number =>
  cost.find(([pattern]) => pattern.test(fact.join('.')))?.[1] ?? Number.POSITIVE_INFINITY

const costOf = (wish: Wish): number => wish.reduce((all, { test }) => all + costOfFact(test.fact), 0)

/** Whether each fact occurs once, with a type that has a value for the test. */
const isPossible = (wish: Wish): boolean =>
  wish.length > 0 &&
  wish.length <= mostFacts &&
  Number.isFinite(costOf(wish)) &&
  wish.every(
    ({ test, now }, at) =>
      valueFor(test, now) !== 'none' &&
      wish.every(
        (other, index) => index === at || !isSameFact(other.test.fact, test.fact) || areMembers(test, other.test),
      ),
  )

/** Whether both are members of one set, several of which may change at once. */
const areMembers = (one: FactTest, other: FactTest): boolean =>
  one.kind === 'contains' && other.kind === 'contains' && one.value !== other.value

const isSame = (one: FactTest, other: FactTest): boolean => JSON.stringify(one) === JSON.stringify(other)

const unique = (wishes: readonly Wish[]): readonly Wish[] => [
  ...new Map(
    wishes.map((wish) => [
      wish
        .map(({ test }) => JSON.stringify(test))
        .toSorted()
        .join(),
      wish,
    ]),
  ).values(),
]

function changesOf(wish: Wish): readonly Change[] {
  const changes = new Map<string, Change>()
  for (const { test, now } of wish) {
    const key = test.fact.join('.')
    const value = valueFor(test, changes.has(key) ? changes.get(key)?.value : now)
    if (value !== 'none') changes.set(key, { fact: test.fact, value: value.of })
  }
  return [...changes.values()]
}

/** A text outside of all policies. */
const anotherText = 'another'

/** The nearest value that meets the test. */
function valueFor(test: FactTest, now: Json | undefined): { of: Json | undefined } | 'none' {
  switch (test.kind) {
    case 'compared':
      return compared(test)
    case 'true':
      return { of: !test.not }
    case 'contains': {
      const all = Array.isArray(now) ? now : []
      return { of: test.not ? all.filter((each) => each !== test.value) : [...all, test.value] }
    }
    case 'among':
    case 'like':
      return test.not ? { of: anotherText } : 'none'
    case 'empty':
      return test.not ? 'none' : { of: [] }
    case 'present':
      return test.not ? { of: undefined } : 'none'
    case 'entity':
      return 'none'
    default:
      return test satisfies never
  }
}

function compared({ by, to }: Extract<FactTest, { kind: 'compared' }>): { of: Json } | 'none' {
  if (by === '==' || by === '<=' || by === '>=') return { of: to }
  if (typeof to === 'number') return { of: by === '<' ? to - 1 : to + 1 }
  return by === '!=' && typeof to === 'string' ? { of: anotherText } : 'none'
}
