import type { Expr, PolicyJson } from '@cedar-policy/cedar-wasm/nodejs'

/** What a policy reads of the arguments (`all` where it takes them as a whole), and whether it asks which are unpinned. */
type Reads = { arguments: readonly string[] | 'all'; unpinned: boolean }

/** Also what stands behind a `has`, in an `unless`, or deep inside an expression. */
function argumentsReadBy({ conditions }: Pick<PolicyJson, 'conditions'>): Reads {
  const paths = pathsIn(conditions)
  const isWhole = ([fact, name]: readonly string[]) =>
    fact === undefined || (fact === 'arguments' && name === undefined)
  const named = paths.flatMap(([fact, name]) => (fact === 'arguments' && name !== undefined ? [name] : []))
  return {
    arguments: paths.some(isWhole) ? 'all' : [...new Set(named)],
    unpinned: paths.some(([fact]) => fact === 'unpinned'),
  }
}

/** With the windows that it names, each with its line. */
export function readsOf(json: Pick<PolicyJson, 'conditions'>, lineOf: (window: string) => number) {
  const { names, whole } = windowsIn(json)
  return { ...argumentsReadBy(json), windows: { named: names.map((name) => ({ name, line: lineOf(name) })), whole } }
}

/** Every path from the context that an expression mentions, each as long as it goes. */
function pathsIn(node: unknown): readonly (readonly string[])[] {
  if (typeof node !== 'object' || node === null) return []
  const path = namesIn(node) ?? pathOfHas(node)
  if (!path) return Object.values(node).flatMap(pathsIn)
  // That the context has a fact says nothing of it.
  return 'has' in node && path.length === 1 ? [] : [path]
}

/** `context.arguments has Overwrite`; and `context has arguments.Overwrite`, whose names are a list. */
function pathOfHas(node: object): readonly string[] | undefined {
  if (!('has' in node)) return undefined
  const { left, attr } = node.has as { left: object; attr: string | readonly string[] }
  const before = namesIn(left)
  return before && [...before, ...[attr].flat()]
}

function namesIn(expression: object): readonly string[] | undefined {
  if ('Var' in expression) return expression.Var === 'context' ? [] : undefined
  if (!('.' in expression)) return undefined
  const { left, attr } = expression['.'] as { left: Expr; attr: string }
  const before = namesIn(left)
  return before && [...before, attr]
}

/** The windows and freezes that a policy names; `whole` where it also reads the set in another way. */
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
