// Rules: test/policies/bad-folder.test.ts
import type { PolicyJson } from '@cedar-policy/cedar-wasm/nodejs'
import type { Fact } from '../../domain/policy/condition.ts'
import { pathOf, pathOfHas, pathsIn } from './cedar-json.ts'

/**
 * The arguments that a policy reads (`all` if it takes them as a whole), and whether it asks for the unpinned ones and
 * the source of the task.
 */
type Reads = { arguments: readonly string[] | 'all'; unpinned: boolean; taskSource: boolean }

/** Includes reads behind a `has`, in an `unless`, or deep inside an expression. */
export function argumentsReadBy({ conditions }: Pick<PolicyJson, 'conditions'>): Reads {
  const paths = pathsIn(conditions, pathRead).filter(([root]) => root === 'context')
  const isWhole = ([, fact, name]: Fact) => fact === undefined || (fact === 'arguments' && name === undefined)
  const named = paths.flatMap(([, fact, name]) => (fact === 'arguments' && name !== undefined ? [name] : []))
  return {
    arguments: paths.some(isWhole) ? 'all' : [...new Set(named)],
    unpinned: paths.some(([, fact]) => fact === 'unpinned'),
    taskSource: paths.some(([, fact]) => fact === undefined || fact === 'task_source'),
  }
}

function pathRead(node: object): Fact | undefined {
  const has = pathOfHas(node)
  // A test that the context has a fact does not read the fact's value.
  return has?.length === 2 ? [] : (has ?? pathOf(node))
}

/** The reads of a policy for the index, with the windows that it names, each with its line. */
export function indexedReads(json: Pick<PolicyJson, 'conditions'>, lineOf: (window: string) => number) {
  const { names, whole } = windowsIn(json)
  return { ...argumentsReadBy(json), windows: { named: names.map((name) => ({ name, line: lineOf(name) })), whole } }
}

/** The windows and freezes that a policy names; `whole` if it also reads the set in another way. */
function windowsIn({ conditions }: Pick<PolicyJson, 'conditions'>): {
  names: readonly string[]
  whole: boolean
} {
  const names = new Set<string>()
  const whole = visit(conditions, names)
  return { names: [...names], whole }
}

function visit(node: unknown, names: Set<string>): boolean {
  if (typeof node !== 'object' || node === null) return false
  if (isWindows(node)) return true
  const { left, right } = node as { left?: unknown; right?: unknown }
  const other = isWindows(left) ? right : isWindows(right) ? left : undefined
  const literals = textsIn(other)
  if (other === undefined || literals.length === 0)
    return Object.values(node).reduce((whole, each) => visit(each, names) || whole, false)
  for (const name of literals) names.add(name)
  return false
}

const isWindows = (node: unknown): boolean => JSON.stringify(node) === windows
const windows = JSON.stringify({ '.': { left: { Var: 'context' }, attr: 'windows' } })

function textsIn(node: unknown): readonly string[] {
  if (typeof node !== 'object' || node === null) return []
  if ('Value' in node) return typeof node.Value === 'string' ? [node.Value] : []
  return Object.values(node).flatMap(textsIn)
}
