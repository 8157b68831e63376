// Rules: test/policies/askable.test.ts
import type { Condition, Fact, WeighedPolicy } from './condition.ts'

/**
 * Parts of a question that each have several values. A policy is weighed once for each value of a part.
 * `fixed`: facts that all questions share.
 */
export type Part = 'fixed' | 'place' | 'tier' | 'purpose'
export type Each<T> = { readonly [P in Part]: T }
/** The part that has a fact; undefined for a fact that is unknown, and so may have any value. */
export type PartOf = (fact: Fact) => Part | undefined

/** The common answer to questions with different unknown facts. `left`: the conditions on which it depends. */
export type Verdict = { permit: 'always' | 'sometimes' | 'never'; left: string }

/** `true` and `false` hold for all unknown facts; a text has the open conditions. */
type Left = boolean | string

/** An error counts as open: it refuses, and only if Cedar reaches it. */
export function verdictOf(weighed: Each<readonly WeighedPolicy[]>, partOf: PartOf): Verdict {
  const left = (effect: WeighedPolicy['effect']) =>
    weighed.fixed.flatMap((policy, at) => {
      if (policy.effect !== effect) return []
      return [
        all(
          policy.conditions.map((_, index) =>
            leftOf(
              each(weighed, (of) => of[at]?.conditions[index]),
              partOf,
            ),
          ),
        ),
      ]
    })
  const [permit, forbid] = [either(left('permit')), either(left('forbid'))]
  if (permit === false || forbid === true) return { permit: 'never', left: '' }
  return {
    permit: permit === true && forbid === false ? 'always' : 'sometimes',
    left: JSON.stringify([permit, forbid]),
  }
}

function leftOf(seen: Each<Condition | undefined>, partOf: PartOf): Left {
  const { fixed } = seen
  if (!fixed) return openly(fixed)
  if (fixed.kind === 'either')
    return either(
      fixed.ways.map((way, at) =>
        all(
          way.map((_, index) =>
            leftOf(
              each(seen, (of) => (of as typeof fixed | undefined)?.ways[at]?.[index]),
              partOf,
            ),
          ),
        ),
      ),
    )
  // A test of the resource's type is always known.
  const found = fixed.kind === 'entity' && fixed.by === 'is' ? [] : fixed.met.map(({ fact }) => partOf(fact))
  const [part = 'fixed', ...more] = new Set(found.filter((each) => each !== 'fixed'))
  const holds = found.includes(undefined) || more.length > 0 ? undefined : seen[part]?.holds
  return holds === 'yes' || holds === 'no' ? holds === 'yes' : openly(fixed)
}

const openly = (condition: Condition | undefined): string => {
  const { holds: _, met: _1, error: _2, ...test } = condition ?? ({} as Condition)
  return JSON.stringify(test)
}

const all = (of: readonly Left[]): Left => (of.includes(false) ? false : joined(of, ' && '))
const either = (of: readonly Left[]): Left =>
  of.includes(true) ? true : of.every((one) => one === false) ? false : `(${joined(of, ' || ')})`
const joined = (of: readonly Left[], by: string): Left => {
  const texts = of.filter((one) => typeof one === 'string').toSorted()
  return texts.length === 0 ? true : texts.join(by)
}

const each = <T, U>(of: Each<T>, to: (one: T) => U): Each<U> => ({
  fixed: to(of.fixed),
  place: to(of.place),
  tier: to(of.tier),
  purpose: to(of.purpose),
})

/** The texts with which conditions compare a fact; undefined if one tests it differently. */
export function textsComparedWith(fact: string, policies: readonly WeighedPolicy[]): readonly string[] | undefined {
  const found: string[] = []
  const isPlain = (condition: Condition): boolean => {
    if (condition.kind === 'either') return condition.ways.flat().every(isPlain)
    if (!condition.met.some((met) => met.fact.join('.') === fact)) return true
    const values = condition.kind === 'compared' ? [condition.to] : condition.kind === 'among' ? condition.values : []
    found.push(...values.map(String))
    return condition.kind === 'among' || (condition.kind === 'compared' && /^[=!]=$/.test(condition.by))
  }
  return policies.flatMap(({ conditions }) => conditions).every(isPlain) ? [...new Set(found)].toSorted() : undefined
}
