// Rules: test/policies/explain.test.ts
import type { Alternative } from '../policy/alternatives.ts'
import { type Condition, isTier, type WeighedPolicy } from '../policy/condition.ts'
import type { Explanation } from '../policy/explain.ts'
import { conditionWords, joined, wishWords } from './condition-words.ts'
import type { Sentence } from './sentence.ts'

/** A line of an explanation, and the sentences under it. */
export type ExplainedLine = { said: Sentence; under: readonly Sentence[] }

export function explanationLines(explanation: Explanation): readonly ExplainedLine[] {
  const { tier, against, permits, forbids, near, further, outweighed, erring } = explanation
  if (erring.length > 0)
    return [
      { said: ['A policy errs, and that is a no, no matter what the others say:'], under: erring.map(erringLine) },
    ]
  const at = tier === undefined ? 'no approval helps' : against === undefined ? '' : `tier ${against} is not enough`
  return [
    ...(permits.length > 0 && tier !== undefined
      ? [
          {
            said: [tier === 0 ? 'Permitted without approval:' : `Permitted at tier ${tier}:`],
            under: permits.map(permitLine),
          },
        ]
      : []),
    ...(forbids.length > 0 ? [{ said: [`Why ${at}: it is forbidden.`], under: forbids.map(forbidLine) }] : []),
    ...(forbids.length > 0 && outweighed.length > 0
      ? [{ said: [...ids(outweighed), ' would permit it, and a forbid outweighs every permit.'], under: [] }]
      : []),
    ...(outweighed.length === 0 && against !== undefined ? [nearLine(at, near, further, forbids.length > 0)] : []),
    ...alternativeLines(explanation),
  ]
}

/**
 * The heading of a step's explanation. `proposal`: the deciding question is whether the planner may propose the step.
 */
export const stepWords = (step: number, { tier }: Explanation, proposal = false): string =>
  `Step ${step}: ${tier === undefined ? 'refused' : `tier ${tier}`}${proposal ? ', for the agent that proposes it' : ''}`

function nearLine(at: string, near: readonly WeighedPolicy[], further: number, isForbidden: boolean): ExplainedLine {
  const start = isForbidden ? 'Nor does any policy permit it' : `Why ${at}: no policy permits it`
  if (near.length === 0) return { said: [`${start}, and none is near.`], under: [] }
  const under = near.map(lackLine)
  const rest =
    further === 0
      ? []
      : [[`${further} more ${further === 1 ? 'policy is' : 'policies are'} as far or farther`] satisfies Sentence]
  return { said: [`${start}. What is nearest lacks:`], under: [...under, ...rest] }
}

const id = ({ id: name }: WeighedPolicy): Sentence => [{ value: name }]
const ids = (policies: readonly WeighedPolicy[]): Sentence => joined(policies.map(id))

const permitLine = (policy: WeighedPolicy): Sentence => withReasons(policy, '', tellable(policy, 'yes'))

function forbidLine(policy: WeighedPolicy): Sentence {
  const bound = policy.conditions.find(isBound)
  const until = !bound ? '' : bound.by === '<' ? ` below tier ${bound.to}` : ` up to tier ${bound.to}`
  return withReasons(policy, until, tellable(policy, 'yes'))
}

function lackLine(policy: WeighedPolicy): Sentence {
  const wanted = policy.conditions.find((each) => isBound(each) && each.holds !== 'yes')
  const tier: readonly Sentence[] =
    wanted?.kind === 'compared' ? [[`it takes tier ${wanted.by === '>' ? Number(wanted.to) + 1 : wanted.to}`]] : []
  return withReasons(policy, '', [...tellable(policy, 'no'), ...tier])
}

/** Whether the condition compares the tier: it permits from a tier, or forbids up to one. */
const isBound = (condition: Condition): condition is Condition & { kind: 'compared' } =>
  condition.kind === 'compared' && isTier(condition)

const withReasons = (policy: WeighedPolicy, after: string, reasons: readonly Sentence[]): Sentence => [
  ...id(policy),
  after,
  ...(reasons.length === 0 ? [after === '' ? ': in every case' : ', in every case'] : [': ', ...listed(reasons)]),
]

/** Separated by semicolons, since reasons contain commas. */
const listed = (reasons: readonly Sentence[]): Sentence => joined(reasons, '; ', '; ')

/** The conditions worth telling. `principal is Agent` is always true. */
const tellable = ({ conditions }: WeighedPolicy, holds: Condition['holds']): readonly Sentence[] =>
  conditions
    .filter((each) => each.holds === holds && !isTier(each) && !(each.kind === 'entity' && each.by === 'is'))
    .flatMap(conditionWords)

const erringLine = (policy: WeighedPolicy): Sentence => [
  ...id(policy),
  ': ',
  ...listed(policy.conditions.filter(({ holds }) => holds === 'error').flatMap(conditionWords)),
]

function alternativeLines({ tier, alternatives }: Explanation): readonly ExplainedLine[] {
  if (alternatives.length === 0) return []
  const said = tier === undefined ? 'What would have to differ:' : 'What would have to differ for less:'
  return [{ said: [said], under: alternatives.map(alternativeWords) }]
}

const alternativeWords = ({ tier, facts }: Alternative): Sentence => [
  tier === 0 ? 'it would need no approval if ' : `tier ${tier} would do if `,
  ...joined(facts.map(wishWords)),
]
