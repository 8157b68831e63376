import { type CedarValueJson, policyToJson } from '@cedar-policy/cedar-wasm/nodejs'

type Context = Record<string, CedarValueJson>

/**
 * Which members of the context the policies of a slice can read. Handing a value to Cedar costs more than a policy does,
 * and at a use, without the schema, what no policy reads need not be handed over. Gives undefined where a policy takes
 * the context or one of its records as a whole, so that nothing may be left out.
 *
 * @returns names of members, and of members of members, that the policies mention anywhere
 */
export function membersRead(policies: readonly string[]): ReadonlySet<string> | undefined {
  const names = new Set<string>()
  for (const text of policies) {
    const parsed = policyToJson(text)
    if (parsed.type === 'failure' || !collect(parsed.json.conditions, names)) return undefined
  }
  return names
}

/** The context with only those members. A record that is read is kept, with those of its members that are. */
export function onlyMembers(context: Context, names: ReadonlySet<string>): Context {
  const kept = Object.entries(context).filter(([name]) => names.has(name))
  return Object.fromEntries(
    kept.map(([name, value]) => [name, records.has(name) ? onlyNamed(value as Context, names) : value]),
  )
}

/** The records of the context. Deeper ones, such as an open map among the arguments, are kept as they are. */
const records = new Set(['agent', 'resource', 'arguments', 'approval'])

const onlyNamed = (record: Context, names: ReadonlySet<string>): Context =>
  Object.fromEntries(Object.entries(record).filter(([name]) => names.has(name)))

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
