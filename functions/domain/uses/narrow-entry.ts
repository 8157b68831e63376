// Rules: test/policies/usage.test.ts
import { isNullable } from '../policy/absent.ts'
import { type ArgumentSchema, forSchema, type NumberSchema } from '../policy/arguments.ts'
import { type CatalogueEntry, parseArguments, pinnedBy, startsRun } from '../policy/catalogue.ts'
import type { Json, JsonObject } from '../values.ts'

/**
 * A place where an entry can be narrower: the keyword of the argument's schema, with its present and its narrower
 * value.
 */
export type Bound = {
  argument: string
  keyword: 'minimum' | 'maximum' | 'maxLength' | 'maxItems' | 'enum' | 'pattern'
  from: Json | null
  to: Json
}

/** The most listed names; more are replaced by their common beginning. */
const mostNames = 20

/** The entry with bounds that still fit all these arguments. It narrows only those bounds. */
export function narrowEntry(
  entry: CatalogueEntry,
  used: readonly JsonObject[],
): { entry: CatalogueEntry; bounds: readonly Bound[] } {
  const pinned = pinnedBy(entry)
  const bounds: Bound[] = []
  const properties = Object.entries(entry.arguments.properties).map(([name, schema]) => {
    const values = used.flatMap((args) => (args[name] === undefined ? [] : [args[name]]))
    if (values.length === 0) return [name, schema]
    const narrower = narrowSchema(schema, values, pinned.includes(name))
    const [before, after] = [schema, narrower] as unknown as readonly { [keyword: string]: Json }[]
    for (const [keyword, to] of Object.entries(after ?? {}))
      if (JSON.stringify(before?.[keyword]) !== JSON.stringify(to))
        bounds.push({ argument: name, keyword: keyword as Bound['keyword'], from: before?.[keyword] ?? null, to })
    return [name, narrower]
  })
  const { example, preview, ...rest } = entry
  // The compiler gives a run its preview.
  const own = { ...rest, ...(preview && !startsRun(entry) && { preview }) }
  const narrower = { ...own, arguments: { ...entry.arguments, properties: Object.fromEntries(properties) } }
  const isTaken = example && parseArguments(narrower, example.arguments).ok
  return { entry: isTaken ? { ...narrower, example } : narrower, bounds }
}

/** The schema with bounds that the values still fit. Members of lists and objects keep theirs. */
function narrowSchema(schema: ArgumentSchema, values: readonly Json[], isPinned: boolean): ArgumentSchema {
  const texts = [...new Set(values.filter((value) => typeof value === 'string'))].sort()
  const longest = Math.max(1, ...texts.map((text) => text.length))
  const numbers = values.filter((value) => typeof value === 'number')
  const between = <Schema extends NumberSchema>(own: Schema) =>
    numbers.length === 0 ? schema : { ...own, minimum: Math.min(...numbers), maximum: Math.max(...numbers) }
  const same = () => schema
  // Null has no bound to narrow.
  if (isNullable(schema)) return schema
  return forSchema<ArgumentSchema>(schema, {
    integer: between,
    number: between,
    scalar: (own) => (texts.length === values.length ? { ...own, maxLength: longest } : schema),
    string: (own) => {
      const shorter = { ...own, maxLength: Math.max(longest, own.minLength ?? 0) }
      // For other arguments a list of seen values is no useful bound.
      if (!isPinned && own.enum === undefined) return shorter
      if (texts.length <= mostNames) return { ...shorter, enum: texts }
      const prefix = sharedBeginning(texts)
      return prefix === '' ? shorter : { ...shorter, pattern: beginningWith(prefix, own.pattern) }
    },
    list: (own) => {
      const most = Math.max(1, own.minItems ?? 0, ...values.map((value) => (Array.isArray(value) ? value.length : 0)))
      return { ...own, maxItems: most }
    },
    boolean: same,
    map: same,
    object: same,
    oneOf: same,
  })
}

/** The common beginning, up to the last separator. */
function sharedBeginning([first = '', ...others]: readonly string[]): string {
  let length = first.length
  for (const other of others) while (!other.startsWith(first.slice(0, length))) length -= 1
  return /^.*[/:._-]/.exec(first.slice(0, length))?.[0] ?? ''
}

const beginningWith = (prefix: string, pattern = '^.*$'): string =>
  `^(?=${prefix.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&')})${pattern.slice(1)}`
