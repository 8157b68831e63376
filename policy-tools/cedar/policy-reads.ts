// Rules: test/policies/changes/policy-reads.test.ts
import type { PolicyJson } from '@cedar-policy/cedar-wasm/nodejs'
import { parsePolicy, pathOf, pathOfHas, pathsIn } from '../../functions/adapters/cedar/cedar-json.ts'
import { partsOf } from '../../functions/adapters/cedar/read-conditions.ts'
import type { Fact } from '../../functions/domain/policy/condition.ts'
import type { Compared, Named, PolicyReads, Reads } from '../change/policy-reads.ts'

type Node = { readonly [operator: string]: unknown }
type Literals = { numbers: number[]; texts: string[]; named: Named[] }

const ofDecimals = ['lessThan', 'lessThanOrEqual', 'greaterThan', 'greaterThanOrEqual']
const ofSets = ['contains', 'containsAll', 'containsAny']
const comparisons = new Set(['==', '!=', '<', '<=', '>', '>=', 'in', ...ofSets, ...ofDecimals])

/** The facts that each policy of a bundle reads, and the values it compares them with. */
export function policyReads(policies: { readonly [action: string]: { readonly [id: string]: string } }): PolicyReads {
  const known = new Map<string, Reads>()
  const readOnce = (text: string) => {
    const reads = known.get(text) ?? readPolicy(text)
    known.set(text, reads)
    return reads
  }
  return Object.fromEntries(
    Object.entries(policies).map(([action, slice]) => [
      action,
      Object.fromEntries(Object.entries(slice).map(([id, text]) => [id, readOnce(text)])),
    ]),
  )
}

/** @throws if the text is no policy */
export function readPolicy(text: string): Reads {
  const policy = parsePolicy(text)
  const { principal, resource, conditions } = policy
  const found = new Found()
  for (const [variable, head] of Object.entries({ principal, resource })) {
    const { named } = literalsIn(head)
    if (named.length > 0) found.add(variable, { named })
  }
  for (const { body } of conditions) found.visit(body)
  const parts = partsOf(policy).map(({ expression }) => JSON.stringify(expression))
  return { ...found.reads(), shape: shapeOf(policy), parts }
}

const shapeOf = ({ annotations: _, ...policy }: PolicyJson) => JSON.stringify(policy)

class Found {
  readonly #paths = new Map<string, { numbers: Set<number>; texts: Set<string>; patterns: Set<string> }>()
  readonly #named = new Map<string, Named>()

  add(path: string, { numbers = [], texts = [], patterns = [], named = [] }: Partial<Compared & { named: Named[] }>) {
    const known = this.#paths.get(path) ?? { numbers: new Set(), texts: new Set(), patterns: new Set() }
    this.#paths.set(path, known)
    for (const each of numbers) known.numbers.add(each)
    for (const each of texts) known.texts.add(each)
    for (const each of patterns) known.patterns.add(each)
    for (const each of named) this.#named.set(`${each.type} ${each.id}`, each)
  }

  /** Each path that an expression reads takes all literals of the comparisons around it. */
  visit(expression: unknown): void {
    if (typeof expression !== 'object' || expression === null) return
    const path = pathOf(expression) ?? pathOfHas(expression)
    if (path !== undefined) {
      this.add(dotted(path), {})
      return
    }
    for (const [operator, operands] of Object.entries(expression)) {
      if (comparisons.has(operator)) {
        const literals = literalsIn(operands)
        for (const each of pathsIn(operands)) this.add(dotted(each), literals)
        for (const each of literals.named) this.#named.set(`${each.type} ${each.id}`, each)
      }
      if (operator === 'like') {
        const { left, pattern } = operands as { left: unknown; pattern: ('Wildcard' | { Literal: string })[] }
        const patterns = [pattern.map((part) => (part === 'Wildcard' ? '*' : part.Literal)).join('')]
        for (const each of pathsIn(left)) this.add(dotted(each), { patterns })
      }
      this.visit(operands)
    }
  }

  reads = (): Pick<Reads, 'paths' | 'named'> => ({
    paths: Object.fromEntries(
      [...this.#paths].map(([path, { numbers, texts, patterns }]) => [
        path,
        { numbers: [...numbers], texts: [...texts], patterns: [...patterns] },
      ]),
    ),
    named: [...this.#named.values()],
  })
}

/** Texts, numbers, times and entities in an expression, also in its sets. */
function literalsIn(expression: unknown): Literals {
  const found: Literals = { numbers: [], texts: [], named: [] }
  const visit = (node: unknown): void => {
    if (typeof node === 'number') found.numbers.push(node)
    else if (typeof node === 'string') found.texts.push(node)
    else if (Array.isArray(node)) node.forEach(visit)
    else if (typeof node === 'object' && node !== null) visitNode(node as Node)
  }
  const visitNode = (node: Node): void => {
    const { '.': _, Var: __, neg, __entity: entity, entity_type: ___, op: ____, ...rest } = node
    const time = timeOf(node)
    const decimal = decimalOf(node)
    if (time !== undefined || decimal !== undefined) found.numbers.push(time ?? (decimal as number))
    else if (isEntity(entity)) found.named.push(namedBy(entity))
    else if (isEntity(node)) found.named.push(namedBy(node))
    else if (neg !== undefined) found.numbers.push(...literalsIn(neg).numbers.map((each) => -each))
    else for (const value of Object.values(rest)) visit(value)
  }
  visit(expression)
  return found
}

const dotted = (path: Fact): string => path.join('.')

const isEntity = (node: unknown): node is { type: string; id: string } =>
  typeof node === 'object' && node !== null && 'type' in node && 'id' in node

const namedBy = ({ type, id }: { type: string; id: string }) => ({ type: type.replace(/^.*::/, ''), id }) as Named

/** `decimal("1.5")` */
function decimalOf(node: Node): number | undefined {
  const [text] = [node['decimal'] ?? []].flat() as [{ Value?: unknown }?]
  return typeof text?.Value === 'string' ? Number(text.Value) : undefined
}

/** `datetime("2026-12-24")` in seconds since 1970, `duration("1h30m")` in seconds. */
function timeOf(node: Node): number | undefined {
  const [text] = [node['datetime'] ?? node['duration'] ?? []].flat() as [{ Value?: unknown }?]
  if (typeof text?.Value !== 'string') return undefined
  if ('datetime' in node) {
    const at = Date.parse(text.Value)
    return Number.isNaN(at) ? undefined : Math.floor(at / 1000)
  }
  const units = { d: 86_400, h: 3600, m: 60, s: 1, ms: 0.001 }
  const parts = [...text.Value.matchAll(/(\d+)(ms|[dhms])/g)]
  return Math.floor(parts.reduce((sum, [, count, unit]) => sum + Number(count) * units[unit as keyof typeof units], 0))
}
