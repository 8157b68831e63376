// Rules: test/policies/explain.test.ts
import { defined } from '../values.ts'
import { type Alternative, alternatives } from './alternatives.ts'
import { type Change, type Condition, type Explainer, isTier, type WeighedPolicy } from './condition.ts'
import type { ActionQuestion, Answer, Ask } from './question.ts'

/** The reasons why a request needs its tier, or why no tier is enough. */
export type Explanation = {
  /** Absent if people cannot approve it. */
  tier?: number
  /** The insufficient rung: the one below, or the highest. Absent at the lowest tier. */
  against?: number
  /** The policies that permit at `tier`. */
  permits: readonly WeighedPolicy[]
  /** The policies that forbid at `against`, with all of their conditions met. */
  forbids: readonly WeighedPolicy[]
  /** The policies that permit at `against` and are outweighed by a forbid. */
  outweighed: readonly WeighedPolicy[]
  /** Permits that fail at `against`, those with the fewest failed conditions first. */
  near: readonly WeighedPolicy[]
  /** The number of further permits that fail. */
  further: number
  /** Policies with an error, which make the answer a denial. */
  erring: readonly WeighedPolicy[]
  /** The changes that would lower the tier, by policy's own answer. */
  alternatives: readonly Alternative[]
}

export type Explaining = {
  question: (tier: number) => ActionQuestion
  /** The tiers of the ladder, the lowest first. */
  rungs: readonly number[]
  ask: Ask
  explainer: Explainer
}

/** The most near policies that are listed for a person. */
const mostNear = 3

/** Undefined if policy cannot be weighed. */
export function explain({ question, rungs, ask, explainer }: Explaining): Explanation | undefined {
  const found = search(rungs, (tier) => ask(question(tier)))
  const weighed = (tier: number | undefined) => (tier === undefined ? [] : explainer.weigh(question(tier)))
  if (found.failed !== undefined) {
    const erring = weighed(found.failed)?.filter(({ conditions }) => conditions.some(hasError))
    return erring && { ...nothing, against: found.failed, erring }
  }
  const { tier, against } = found
  const [at, below] = [weighed(tier), weighed(against)]
  if (!at || !below) return undefined
  const of = (effect: WeighedPolicy['effect']) => below.filter((each) => each.effect === effect)
  const lacking = of('permit')
    .filter((each) => !applies(each))
    .toSorted((one, other) => lacks(one) - lacks(other))
  const forbids = of('forbid').filter(applies)
  const rest = tier === undefined ? rungs : rungs.filter((each) => each < tier)
  const askIf = (rung: number, changes: readonly Change[]) => explainer.askIf(question(rung), changes)
  return {
    ...defined({ tier, against }),
    permits: at.filter((each) => each.effect === 'permit' && applies(each)),
    forbids,
    outweighed: of('permit').filter(applies),
    near: lacking.slice(0, mostNear),
    further: Math.max(0, lacking.length - mostNear),
    erring: [],
    alternatives: alternatives({ near: lacking, forbids, all: below, rungs: rest, askIf }),
  }
}

const nothing = { permits: [], forbids: [], outweighed: [], near: [], further: 0, erring: [], alternatives: [] }

/** The lowest sufficient tier; one above the ladder if none is. */
export const lowestTier = ({ question, rungs, ask }: Explaining): number =>
  search(rungs, (tier) => ask(question(tier))).tier ?? Number.POSITIVE_INFINITY

type Search = { tier?: number; against?: number; failed?: number }

function search(rungs: readonly number[], ask: (tier: number) => Answer): Search {
  let against: number | undefined
  for (const tier of rungs) {
    const answer = ask(tier)
    if (answer.error) return { failed: tier }
    if (answer.permit) return { tier, ...defined({ against }) }
    against = tier
  }
  return defined({ against })
}

const applies = ({ conditions }: WeighedPolicy): boolean => conditions.every(({ holds }) => holds === 'yes')

const hasError = (condition: Condition): boolean =>
  condition.holds === 'error' || (condition.kind === 'either' && condition.ways.flat().some(hasError))

/** The number of failed conditions, without the tier, which more approval always meets. */
const lacks = ({ conditions }: WeighedPolicy): number =>
  conditions.filter((each) => each.holds !== 'yes' && !isTier(each)).length +
  (conditions.some((each) => each.holds !== 'yes' && isTier(each)) ? 0.5 : 0)
