import type { Expr, PolicyJson } from '@cedar-policy/cedar-wasm/nodejs'

/** What a policy reads of the arguments (`all` where it takes them as a whole), and whether it asks which are unpinned. */
export type Reads = { arguments: readonly string[] | 'all'; unpinned: boolean }

/** Also what stands behind a `has`, in an `unless`, or deep inside an expression. */
export function readsOf({ conditions }: PolicyJson): Reads {
  const paths = pathsIn(conditions)
  const isWhole = ([fact, name]: readonly string[]) =>
    fact === undefined || (fact === 'arguments' && name === undefined)
  const named = paths.flatMap(([fact, name]) => (fact === 'arguments' && name !== undefined ? [name] : []))
  return {
    arguments: paths.some(isWhole) ? 'all' : [...new Set(named)],
    unpinned: paths.some(([fact]) => fact === 'unpinned'),
  }
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
