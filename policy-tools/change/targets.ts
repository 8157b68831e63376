// Rules: test/policies/changes/weakenings.test.ts
import { ruleOf } from '../../functions/domain/people/organisation.ts'
import { type ArgumentSchema, isScalar, takesArgument, textWithin } from '../../functions/domain/policy/arguments.ts'
import { findActionFacts } from '../../functions/domain/policy/assess.ts'
import { type Bundle, settingsOf } from '../../functions/domain/policy/bundle.ts'
import { type CatalogueEntry, factsOf, parseArguments } from '../../functions/domain/policy/catalogue.ts'
import { argumentIn, partsOf } from '../../functions/domain/policy/templates.ts'
import type { Json, JsonObject } from '../../functions/domain/values.ts'
import { parseJson } from '../../functions/domain/values.ts'
import { eachOnce } from './change.ts'
import { type Compared, type Reads, unread } from './policy-reads.ts'

const words = ['example', 'sample', 'anything', 'x1', 'example/example'] as const
/** Tried in turn for an argument with a pattern of its own. */
const texts = [...words, '1', '/example', 'example/1', 'example:1', 'example@example.com', '#a', ':a', 'A', '00000000']

/** Texts that match a `like` or a rule of resources.json, one for each way of filling its `*`. */
const filledOut = (pattern: string): readonly string[] =>
  pattern.includes('*')
    ? [
        ...words.map((word) => pattern.replaceAll('*', word)),
        ...words.map((word) => pattern.replace(/\*$/, word)),
        pattern,
      ]
    : [pattern]

/** A value that the schema accepts. */
export function someArgument(schema: ArgumentSchema, { texts: literals }: Compared = unread): Json | undefined {
  if (isScalar(schema)) return schema.type.includes('string') ? 'example' : 1
  switch (schema.type) {
    case 'string':
      return [...(schema.enum ?? []), ...texts, ...literals].find((text) => takesArgument(schema, text))
    case 'integer':
      return Math.max(schema.minimum, Math.min(1, schema.maximum))
    case 'boolean':
      return true
    case 'object': {
      const { minProperties = 0, propertyNames } = schema
      const key = ['example', '#a', ':a', 'A', '/a', 'key'].find((each) =>
        takesArgument({ type: 'string', ...propertyNames }, each),
      )
      return minProperties === 0 || key === undefined ? {} : { [key]: { S: 'example' } }
    }
    default:
      return schema satisfies never
  }
}

/** Valid arguments: those of a known ask, or made up. */
export function someArguments(entry: CatalogueEntry, known: readonly JsonObject[]): JsonObject | undefined {
  const asked = known.find((args) => parseArguments(entry, args).ok)
  if (asked) return asked
  const made = entry.arguments.required.map(
    (name) => [name, someArgument(entry.arguments.properties[name] as ArgumentSchema)] as const,
  )
  const args = Object.fromEntries(made) as JsonObject
  return parseArguments(entry, args).ok ? args : undefined
}

/** The names of arguments that form the resource's id. */
export const targetArguments = (entry: CatalogueEntry): readonly string[] => [
  ...new Set(partsOf(entry.resource.id).flatMap((part, at) => (at % 2 === 0 ? [] : (argumentIn(part) ?? [])))),
]

/** The resource's id with its places: account places are filled, argument places are `*` and groups. */
function shapeOf(entry: CatalogueEntry, bundle: Bundle) {
  const places = factsOf(entry, settingsOf(bundle, entry))
  const parts = partsOf(entry.resource.id).map((part, at) => {
    const filled = at % 2 === 0 ? part : places[part]
    return filled === undefined ? { argument: argumentIn(part) ?? '' } : { text: filled }
  })
  const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  return {
    pattern: parts.map(({ text = '*' }) => text).join(''),
    names: parts.flatMap(({ argument = [] }) => argument),
    regex: new RegExp(`^${parts.map(({ text }) => (text === undefined ? '(.+?)' : escaped(text))).join('')}$`, 'u'),
  }
}

/** Cached by patterns: two compared folders share most of them. */
const textsWithin = new Map<string, string | undefined>()

function textOf(patterns: readonly string[]): string | undefined {
  const key = JSON.stringify(patterns)
  if (!textsWithin.has(key)) textsWithin.set(key, textWithin(patterns))
  return textsWithin.get(key)
}

/** The arguments of an id that matches all of these patterns, if one can be found. */
export function argumentsNaming(
  entry: CatalogueEntry,
  bundle: Bundle,
  base: JsonObject,
  patterns: readonly string[],
): readonly JsonObject[] {
  const { pattern, names, regex } = shapeOf(entry, bundle)
  const [first = '*', ...others] = patterns
  const found = filledOut(first).flatMap((filled) => {
    const id = textOf([pattern, filled, ...others])
    const values = id === undefined ? undefined : regex.exec(id)?.slice(1)
    if (!values) return []
    const args = { ...base, ...Object.fromEntries(names.map((name, at) => [name, values[at] ?? ''])) }
    return findActionFacts(bundle, { action: entry.name, arguments: args }).ok ? [args] : []
  })
  return found
}

/** Examples by arguments: at least one for each rule, and for each pattern that the policies compare an id with. */
export function targetsOf(
  entry: CatalogueEntry,
  bundle: Bundle,
  reads: Reads,
  known: readonly JsonObject[],
): readonly JsonObject[] {
  const base = someArguments(entry, known)
  if (!base) return []
  const rules = bundle.resources.filter(({ type }) => type === entry.resource.type)
  const ids = [reads.paths['context.resource.id'], reads.paths['resource']].flatMap((compared = unread) => [
    ...compared.patterns,
    ...compared.texts,
  ])
  const named = reads.named.flatMap(({ type, id }) => (type === 'Resource' ? [id] : []))
  const sought = [
    ...rules.map(({ id }) => [id]),
    ...[...ids, ...named].flatMap((id) => [[id], ...rules.map((rule) => [id, rule.id])]),
  ]
  const made = sought.flatMap((patterns): readonly JsonObject[] => {
    const all = argumentsNaming(entry, bundle, base, patterns)
    const rule = patterns.at(-1)
    const one = all.find((args) => ruleFor(bundle, entry, args)?.id === rule) ?? all[0]
    return one ? [one] : []
  })
  const byArgument = targetArguments(entry).flatMap((name) => {
    const { texts = [], patterns = [] } = reads.paths[`context.arguments.${name}`] ?? unread
    return [...texts, ...patterns.flatMap(filledOut)].map((text) => ({ ...base, [name]: text }))
  })
  const all = [...known, base, ...made, ...byArgument]
  return all.filter((args) => findActionFacts(bundle, { action: entry.name, arguments: args }).ok)
}

function ruleFor(bundle: Bundle, entry: CatalogueEntry, args: JsonObject) {
  const found = findActionFacts(bundle, { action: entry.name, arguments: args })
  return found.ok ? ruleOf(bundle.resources, found.value.resource) : undefined
}

/** Values of one argument at its bounds and around every value that it is compared with. Undefined leaves it out. */
export function argumentValues(
  name: string,
  entries: readonly CatalogueEntry[],
  { numbers, texts: literals, patterns }: Compared,
): readonly (Json | undefined)[] {
  const schemas = entries.flatMap((entry) => entry.arguments.properties[name] ?? [])
  const values = schemas.flatMap((schema): readonly (Json | undefined)[] => {
    if (isScalar(schema)) {
      const canonical = literals.map(parseJson).filter((value) => value !== undefined) as Json[]
      return [...canonical, true, 1, 'example']
    }
    switch (schema.type) {
      case 'integer': {
        const around = numbers.flatMap((each) => [each - 1, each, each + 1])
        return [...around, schema.minimum, schema.maximum].filter((each) =>
          schemas.some((schema) => takesArgument(schema, each)),
        )
      }
      case 'boolean':
        return [true, false]
      case 'string':
        return [
          ...literals,
          ...patterns.flatMap((each) => filledOut(each).slice(0, 1)),
          someArgument(schema),
          ...(schema.enum ?? []),
        ]
      case 'object':
        return [{}, ...literals.map((key) => ({ [key]: { S: 'example' } })), someArgument(schema)]
      default:
        return schema satisfies never
    }
  })
  const isOptional = entries.some((entry) => !entry.arguments.required.includes(name))
  return eachOnce([...(isOptional ? [undefined] : []), ...values])
}
