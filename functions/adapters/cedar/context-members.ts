import type { CedarValueJson, PolicyJson } from '@cedar-policy/cedar-wasm/nodejs'

type Context = Record<string, CedarValueJson>

/**
 * Which members of the context the policies of a slice can read. Handing a value to Cedar costs more than a policy does,
 * and at a use, without the schema, what no policy reads need not be handed over. Gives undefined where a policy takes
 * the context or one of its records as a whole, so that nothing may be left out.
 *
 * @returns names of members, and of members of members, that the policies mention anywhere
 */
export function membersRead(policies: readonly PolicyJson[]): ReadonlySet<string> | undefined {
  const names = new Set<string>()
  return policies.every(({ conditions }) => collect(conditions, names)) ? names : undefined
}

/** The context with only those members. A record that is read is kept, with those of its members that are. */
export function onlyMembers(context: Context, names: ReadonlySet<string>): Context {
  const kept: Context = {}
  for (const name in context) {
    if (!names.has(name)) continue
    const value = context[name] as CedarValueJson
    kept[name] = records.has(name) ? onlyNamed(value as Context, names) : value
  }
  return kept
}

/** The records of the context. Deeper ones, such as an open map among the arguments, are kept as they are. */
const records = new Set(['agent', 'resource', 'arguments', 'approval'])

function onlyNamed(record: Context, names: ReadonlySet<string>): Context {
  const kept: Context = {}
  for (const name in record) if (names.has(name)) kept[name] = record[name] as CedarValueJson
  return kept
}

/** Collects every attribute name; false when the context or a record of it stands anywhere but before a dot or a `has`. */
function collect(node: unknown, names: Set<string>): boolean {
  if (typeof node !== 'object' || node === null) return true
  if (Array.isArray(node)) return node.every((it) => collect(it, names))
  if (isWhole(node)) return false
  return Object.entries(node).every(([operator, value]) => {
    if (operator !== '.' && operator !== 'has') return collect(value, names)
    const { left, attr } = value as { left: object; attr: string | string[] }
    for (const name of [attr].flat()) names.add(name)
    if (isContext(left)) return true
    return recordOf(left) === undefined ? collect(left, names) : collectRecord(left, names)
  })
}

/** The record itself is read too: its name counts. */
function collectRecord(node: object, names: Set<string>): boolean {
  const name = recordOf(node)
  if (name !== undefined) names.add(name)
  return true
}

const isContext = (node: object) => 'Var' in node && node.Var === 'context'

/** `context.agent` and its like, by name. */
function recordOf(node: object): string | undefined {
  if (!('.' in node)) return undefined
  const { left, attr } = node['.'] as { left: object; attr: string }
  return isContext(left) && records.has(attr) ? attr : undefined
}

const isWhole = (node: object) => isContext(node) || recordOf(node) !== undefined
