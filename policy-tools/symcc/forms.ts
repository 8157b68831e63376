// Rules: test/policies/changes/prove.test.ts
import { type Expr, type PolicyJson, policyToJson, policyToText, type Type } from '@cedar-policy/cedar-wasm/nodejs'
import { parseSchema } from '../../functions/adapters/cedar/cedar-json.ts'

/** Policies changed for a proof: with a constant fact, or with an argument read from a second copy of the arguments. */

/** The second copy: the arguments of the call, while policies judge the request's. */
const called = 'called'

export class CannotBeProved extends Error {
  override readonly name = 'CannotBeProved'
}

/** @throws CannotBeProved if it does not parse, which compiled policies always do */
export function parse(text: string): PolicyJson {
  const parsed = policyToJson(text)
  if (parsed.type === 'failure') throw new CannotBeProved(parsed.errors.map(({ message }) => message).join('; '))
  return parsed.json
}

export function print(policy: PolicyJson): string {
  const printed = policyToText(policy)
  if (printed.type === 'failure') throw new CannotBeProved(printed.errors.map(({ message }) => message).join('; '))
  return printed.text
}

const context: Expr = { Var: 'context' }
const fact = (name: string): Expr => ({ '.': { left: context, attr: name } })
const isSame = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other)

/** Replaces each node for which `by` returns a different one. */
function replace<T>(node: T, by: (node: object) => unknown): T {
  if (typeof node !== 'object' || node === null) return node
  const other = by(node)
  if (other !== undefined) return other as T
  if (Array.isArray(node)) return node.map((each) => replace(each, by)) as T
  return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, replace(value, by)])) as T
}

/** The policy with this approval instead of any other. */
export function withApproval(text: string, { tier, opening }: { tier: number; opening?: boolean }): string {
  const approval = fact('approval')
  const fixed: Expr = {
    Record: {
      tier: { Value: tier },
      breakGlass: opening === undefined ? { '.': { left: approval, attr: 'breakGlass' } } : { Value: opening },
    },
  }
  const policy = parse(text)
  const conditions = replace(policy.conditions, (node) => {
    if (isSame(node, approval)) return fixed
    if (isSame(node, context)) throw new CannotBeProved('a policy reads the context as a whole')
    return isAboutContext(node) ? node : undefined
  })
  return print({ ...policy, conditions })
}

/** `context.x`, or `context has x`. */
const isAboutContext = (node: object): boolean =>
  ('.' in node && isSame((node['.'] as { left: Expr }).left, context)) ||
  ('has' in node && isSame((node.has as { left: Expr }).left, context))

/** The policy with this argument as called, instead of as requested. */
export function withCalled(text: string, argument: string): string {
  const asked = fact('arguments')
  const policy = parse(text)
  const conditions = replace(policy.conditions, (node) => {
    if ('.' in node) {
      const { left, attr } = node['.'] as { left: Expr; attr: string }
      if (isSame(left, asked)) return attr === argument ? { '.': { left: fact(called), attr } } : node
      if (isSame(left, context) && attr !== 'arguments') return node
    }
    if ('has' in node) {
      const { left, attr } = node.has as { left: Expr; attr: string | string[] }
      const [first, second, ...more] = [attr].flat()
      if (isSame(left, asked)) return first === argument ? { has: { left: fact(called), attr } } : node
      if (isSame(left, context))
        return first === 'arguments' && second === argument
          ? { has: { left: context, attr: [called, second, ...more] } }
          : node
    }
    if (isSame(node, asked) || isSame(node, context))
      throw new CannotBeProved('a policy reads the arguments, or the context, as a whole')
    return undefined
  })
  return print({ ...policy, conditions })
}

/** One policy that errs if one of these errs: each is evaluated, and their answers are not used. */
export function evaluatingAll(texts: readonly string[], given: string): string {
  const always: Expr = { Value: true }
  const evaluated = texts.map((text): Expr => ({ '||': { left: wholeConditionOf(parse(text)), right: always } }))
  const all = evaluated.reduce((left, right): Expr => ({ '&&': { left, right } }), always)
  const base = parse(`permit (principal, action, resource) when { ${given} };`)
  return print({ ...base, conditions: [...base.conditions, { kind: 'when', body: all }] })
}

/** The head, then each condition, in Cedar's order of evaluation. */
function wholeConditionOf({ principal, resource, conditions }: PolicyJson): Expr {
  const heads = [headCondition('principal', principal), headCondition('resource', resource)].flat()
  const bodies = conditions.map(({ kind, body }): Expr => (kind === 'when' ? body : { '!': { arg: body } }))
  return [...heads, ...bodies].reduce((left, right): Expr => ({ '&&': { left, right } }), { Value: true })
}

function headCondition(name: 'principal' | 'resource', head: PolicyJson['principal'] | PolicyJson['resource']): Expr[] {
  const variable: Expr = { Var: name }
  const entity = 'entity' in head ? ({ Value: { __entity: plain(head.entity) } } as Expr) : undefined
  switch (head.op) {
    case 'All':
      return []
    case '==':
      return entity ? [{ '==': { left: variable, right: entity } }] : []
    case 'in':
      return entity ? [{ in: { left: variable, right: entity } }] : []
    case 'is':
      return [
        { is: { left: variable, entity_type: head.entity_type } },
        ...(head.in && 'entity' in head.in
          ? [{ in: { left: variable, right: { Value: { __entity: plain(head.in.entity) } } } } as Expr]
          : []),
      ]
    default:
      return head satisfies never
  }
}

const plain = <T extends object>(uid: T) => ('__entity' in uid ? uid.__entity : uid)

export type RequestType = { action: string; principal: string; resource: string }

/** The types of an action's principals and resources. Each pair needs its own proof. */
export function requestTypes(schema: string, action: string): readonly RequestType[] {
  const { principalTypes = [], resourceTypes = [] } = schemaOf(schema)['Hotwork']?.actions[action]?.appliesTo ?? {}
  return principalTypes.flatMap((principal) =>
    resourceTypes.map((resource) => ({ action, principal: qualified(principal), resource: qualified(resource) })),
  )
}

const qualified = (name: string) => (name.includes('::') ? name : `Hotwork::${name}`)

/** The schema with a second copy of the arguments of this action. */
export function withSecondArguments(schema: string, action: string): string {
  const json = structuredClone(schemaOf(schema))
  const context = json['Hotwork']?.actions[action]?.appliesTo?.context as Type<string> | undefined
  if (!context || !('attributes' in context)) throw new CannotBeProved(`the schema has no context of ${action}`)
  const { arguments: asked } = context.attributes
  if (!asked) throw new CannotBeProved(`the schema has no arguments of ${action}`)
  context.attributes[called] = asked
  return JSON.stringify(json)
}

function schemaOf(schema: string) {
  const json = parseSchema(schema)
  if (json.type === 'failure') throw new CannotBeProved(json.errors.map(({ message }) => message).join('; '))
  return json.json
}
