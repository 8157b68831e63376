// Rules: test/policies/explain.test.ts
import { type CedarValueJson, preparsePolicySet, statefulIsAuthorized } from '@cedar-policy/cedar-wasm/nodejs'
import type { Bundle } from '../../domain/policy/bundle.ts'
import type { Condition, Fact, Holds, WeighedPolicy } from '../../domain/policy/condition.ts'
import { defined, type Json } from '../../domain/values.ts'
import { parsePolicy, plainUid } from './cedar-json.ts'
import type { CedarQuestion } from './cedar-question.ts'
import { type Part, partsOf, policyOf } from './read-conditions.ts'

type Policies = { readonly [id: string]: string }
type Weighable = { id: string; effect: WeighedPolicy['effect']; parts: readonly Part[] }
/** Parsed policies by name. `of` is their source, since a name may move to other policies. */
const prepared = new Map<string, { of: Policies; all: readonly Weighable[] }>()

/**
 * Finds which conditions of each policy of an action hold. Each condition is a permit of its own, so that one answer of
 * Cedar names the conditions that hold (its reasons) and those that err (its errors).
 * @throws for whole numbers beyond 2^53, which Cedar's JSON cannot express
 */
export function weigh({ hash, policies }: Pick<Bundle, 'hash' | 'policies'>, action: string, question: CedarQuestion) {
  const name = `${hash} ${action} conditions`
  const of = policies[action] ?? none
  const known = prepared.get(name)
  const all = known?.of === of ? known.all : prepare(name, of)
  const answer = statefulIsAuthorized({ ...question, preparsedPolicySetId: name })
  if (answer.type !== 'success') throw new TypeError('a question that Cedar refuses')
  const { reason, errors } = answer.response.diagnostics
  const held = new Set(reason)
  const wrong = new Map(errors.map(({ policyId, error }) => [policyId, error.message]))
  const holds = (id: string): { holds: Holds; error?: string } =>
    wrong.has(id) ? { holds: 'error', ...defined({ error: wrong.get(id) }) } : { holds: held.has(id) ? 'yes' : 'no' }
  return all.map(({ id, effect, parts }): WeighedPolicy => {
    const conditions = parts.map((part, at) => conditionOf(part, `${id}/${at}`, holds, question))
    return { id, effect, conditions: reached(conditions) }
  })
}

const none: Policies = {}

function prepare(name: string, of: Policies): readonly Weighable[] {
  const all = Object.entries(of).map(([id, text]): Weighable => {
    const policy = parsePolicy(text)
    return { id, effect: policy.effect, parts: partsOf(policy) }
  })
  const expressions = all.flatMap(({ id, parts }) => parts.flatMap((part, at) => numbered(part, `${id}/${at}`)))
  const staticPolicies = Object.fromEntries(expressions.map(([id, { expression }]) => [id, policyOf(expression)]))
  const parsed = preparsePolicySet(name, { staticPolicies })
  if (parsed.type === 'failure') throw new TypeError(`conditions that do not parse: ${parsed.errors[0]?.message}`)
  prepared.set(name, { of, all })
  return all
}

const numbered = (part: Part, id: string): readonly (readonly [id: string, part: Part])[] => [
  [id, part],
  ...('ways' in part
    ? part.ways.flatMap((way, at) => way.flatMap((each, index) => numbered(each, `${id}/${at}.${index}`)))
    : []),
]

function conditionOf(
  part: Part,
  id: string,
  holds: (id: string) => { holds: Holds; error?: string },
  question: CedarQuestion,
): Condition {
  const own = holds(id)
  if ('ways' in part) {
    const ways = part.ways.map((way, at) =>
      way.map((each, index) => conditionOf(each, `${id}/${at}.${index}`, holds, question)),
    )
    // An error in one way does not matter if another way decides the condition.
    const settled = own.holds === 'yes' || own.holds === 'no'
    return { kind: 'either', ways: settled ? ways.map(unasked) : ways.map(reached), met: [], ...own }
  }
  const facts = part.test.kind === 'other' ? part.test.facts : [part.test.fact]
  return { ...part.test, ...own, met: facts.map((fact) => ({ fact, value: readValue(fact, question) })) }
}

const unasked = (conditions: readonly Condition[]): readonly Condition[] =>
  conditions.map((each) => {
    const { error: _, ...rest } = each
    return each.holds === 'error' ? ({ ...rest, holds: 'unreached' } as Condition) : each
  })

/** The evaluated part of a conjunction: Cedar reads it from the left, up to the first failed condition. */
function reached(conditions: readonly Condition[]): readonly Condition[] {
  const first = conditions.findIndex(({ holds }) => holds !== 'yes')
  return first < 0 ? conditions : [...conditions.slice(0, first + 1), ...unasked(conditions.slice(first + 1))]
}

function readValue([root = '', ...path]: Fact, { context, entities, ...heads }: CedarQuestion): Json | undefined {
  if (root === 'context') return plain(path.reduce<unknown>(memberOf, context) as CedarValueJson | undefined)
  const uid = root === 'principal' ? heads.principal : root === 'resource' ? heads.resource : heads.action
  const { type, id } = plainUid(uid)
  if (path.length === 0) return id
  const found = entities.find((each) => 'type' in each.uid && each.uid.type === type && each.uid.id === id)
  return plain(path.reduce<unknown>(memberOf, found?.attrs) as CedarValueJson | undefined)
}

const memberOf = (of: unknown, name: string): unknown =>
  typeof of === 'object' && of !== null && Object.hasOwn(of, name)
    ? (of as { [name: string]: unknown })[name]
    : undefined

/** A value without Cedar's wrapping: an entity is its id, and a time is its text. */
function plain(value: CedarValueJson | undefined): Json | undefined {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((each) => plain(each) ?? null)
  if ('__entity' in value) return (value.__entity as { id: string }).id
  if ('__extn' in value) return (value.__extn as { arg: string }).arg
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, plain(each) ?? null]))
}
