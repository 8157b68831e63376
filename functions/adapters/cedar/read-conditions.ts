// Rules: test/policies/explain.test.ts
import { type EntityUidJson, type Expr, type PolicyJson, policyToText } from '@cedar-policy/cedar-wasm/nodejs'
import { type Fact, type FactTest, type Literal, type OtherTest, opposites } from '../../domain/policy/condition.ts'
import { pathOf, pathsIn, plainUid } from './cedar-json.ts'

/** A condition by itself: its meaning, and the expression for Cedar. */
export type Part = { expression: Expr } & (
  | { test: FactTest | OtherTest }
  /** Alternatives: one must hold with all of its parts. */
  | { ways: readonly (readonly Part[])[] }
)

/** All parts that must hold for a policy to apply: its head, then `when` and `unless` split at conjunctions. */
export const partsOf = ({ principal, resource, conditions }: PolicyJson): readonly Part[] => [
  ...partsOfHead('principal', principal),
  ...partsOfHead('resource', resource),
  ...conditions.flatMap(({ kind, body }) => split(body, kind === 'unless')),
]

function partsOfHead(of: 'principal' | 'resource', head: PolicyJson['principal'] | PolicyJson['resource']): Part[] {
  const left: Expr = { Var: of }
  if (head.op === 'is') {
    const type = leaf({ is: { left, entity_type: head.entity_type } }, false)
    return head.in && 'entity' in head.in
      ? [type, leaf({ in: { left, right: entity(head.in.entity) } }, false)]
      : [type]
  }
  if (head.op === 'All' || !('entity' in head)) return []
  const right = entity(head.entity)
  return [leaf(head.op === '==' ? { '==': { left, right } } : { in: { left, right } }, false)]
}

const entity = (uid: EntityUidJson): Expr => ({ Value: { __entity: plainUid(uid) } })

function split(expression: Expr, not: boolean): readonly Part[] {
  if ('!' in expression) return split((expression as { '!': { arg: Expr } })['!'].arg, !not)
  const [both, either] = not ? (['||', '&&'] as const) : (['&&', '||'] as const)
  if (both in expression) return sidesOf(expression, both).flatMap((side) => split(side, not))
  if (either in expression)
    return [{ expression: signed(expression, not), ways: flat(expression, either).map((side) => split(side, not)) }]
  return [leaf(expression, not)]
}

type Sides = { left: Expr; right: Expr }
const sidesOf = (expression: Expr, operator: string): readonly Expr[] => {
  const { left, right } = (expression as { [operator: string]: unknown })[operator] as Sides
  return [left, right]
}

const flat = (expression: Expr, operator: '&&' | '||'): readonly Expr[] =>
  operator in expression ? sidesOf(expression, operator).flatMap((side) => flat(side, operator)) : [expression]

const signed = (expression: Expr, not: boolean): Expr => (not ? { '!': { arg: expression } } : expression)

function leaf(expression: Expr, not: boolean): Part {
  const own = signed(expression, not)
  return { expression: own, test: testOf(expression, not) ?? { kind: 'other', text: textOf(own), facts: factsIn(own) } }
}

function testOf(expression: Expr, not: boolean): FactTest | undefined {
  const own = pathOf(expression)
  if (own && own.length > 1) return { kind: 'true', fact: own, not }
  const [[operator = '', operands = {}] = []] = Object.entries(expression) as [string, Operands][]
  const { left, right } = operands
  if (operator in turned && left && right) return comparison(operator as keyof typeof turned, left, right, not)
  const fact = (left ?? operands.arg) && pathOf((left ?? operands.arg) as Expr)
  if (operator === 'contains' && left && right) return containing(left, right, not)
  if (!fact) return undefined
  if (operator === 'has' && operands.attr !== undefined)
    return { kind: 'present', fact: [...fact, ...[operands.attr].flat()], not }
  if (operator === 'isEmpty') return { kind: 'empty', fact, not }
  if (operator === 'like') return { kind: 'like', fact, pattern: patternOf(operands.pattern ?? []), not }
  if (operator === 'is' && operands.in === undefined)
    return { kind: 'entity', fact, by: 'is', to: (operands.entity_type ?? '').replace(/^.*::/, ''), not }
  const to = operator === 'in' && right ? idOf(right) : undefined
  return to === undefined ? undefined : { kind: 'entity', fact, by: 'in', to, not }
}

type Operands = {
  left?: Expr
  right?: Expr
  arg?: Expr
  attr?: string | readonly string[]
  pattern?: readonly ('Wildcard' | { Literal: string })[]
  entity_type?: string
  in?: Expr
}

/** Each operator for exchanged sides. */
const turned = { '==': '==', '!=': '!=', '<': '>', '<=': '>=', '>': '<', '>=': '<=' } as const

function comparison(written: keyof typeof turned, left: Expr, right: Expr, not: boolean): FactTest | undefined {
  const straight = pathOf(left)
  const fact = straight ?? pathOf(right)
  const side = straight ? right : left
  if (!fact) return undefined
  const operator = straight ? written : turned[written]
  const by = not ? opposites[operator] : operator
  const [to, id] = [literalOf(side), idOf(side)]
  if (id !== undefined && (by === '==' || by === '!='))
    return { kind: 'entity', fact, by: '==', to: id, not: by === '!=' }
  if (to === undefined) return undefined
  return typeof to === 'boolean' && (by === '==' || by === '!=')
    ? { kind: 'true', fact, not: (by === '==') !== to }
    : { kind: 'compared', fact, by, to }
}

/** The test in `context.unpinned.contains("Value")` or `["staging", "test"].contains(context.resource.environment)`. */
function containing(left: Expr, right: Expr, not: boolean): FactTest | undefined {
  const [of, value] = [pathOf(left), literalOf(right)]
  if (of && value !== undefined) return { kind: 'contains', fact: of, value, not }
  const [fact, values] = [pathOf(right), literalsOf(left)]
  return fact && values ? { kind: 'among', fact, values, not } : undefined
}

function literalOf(expression: Expr): Literal | undefined {
  const value = 'Value' in expression ? (expression as { Value: unknown }).Value : undefined
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : undefined
}

function literalsOf(expression: Expr): readonly Literal[] | undefined {
  if (!('Set' in expression)) return undefined
  const found = (expression as { Set: Expr[] }).Set.map(literalOf)
  return found.every((each) => each !== undefined) ? found : undefined
}

function idOf(expression: Expr): string | undefined {
  const value = 'Value' in expression ? (expression as { Value: unknown }).Value : undefined
  if (typeof value !== 'object' || value === null || !('__entity' in value)) return undefined
  return (value.__entity as { id: string }).id
}

const patternOf = (pattern: readonly ('Wildcard' | { Literal: string })[]): string =>
  pattern.map((each) => (each === 'Wildcard' ? '*' : each.Literal === '*' ? '\\*' : each.Literal)).join('')

/** The distinct paths in an expression. */
const factsIn = (expression: Expr): readonly Fact[] => [
  ...new Map(pathsIn(expression).map((fact) => [fact.join('.'), fact])).values(),
]

/** An expression as Cedar prints it, on one line. */
function textOf(body: Expr): string {
  const printed = policyToText(policyOf(body))
  const [, text = ''] = (printed.type === 'success' && /when\s*\{([\s\S]*)\}\s*;\s*$/.exec(printed.text)) || []
  return text.replace(/\s+/g, ' ').trim()
}

/** A permit that holds if the expression does. */
export const policyOf = (body: Expr): PolicyJson => ({
  effect: 'permit',
  principal: { op: 'All' },
  action: { op: 'All' },
  resource: { op: 'All' },
  conditions: [{ kind: 'when', body }],
})
