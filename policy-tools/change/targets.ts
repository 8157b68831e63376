// Rules: test/policies/changes/weakenings.test.ts
import { ruleOf } from '../../functions/domain/people/organisation.ts'
import { isNullable } from '../../functions/domain/policy/absent.ts'
import {
  type ArgumentSchema,
  branchesOf,
  formOf,
  forSchema,
  type ListSchema,
  type Members,
  type NumberSchema,
  sampleOf,
  takesArgument,
} from '../../functions/domain/policy/arguments.ts'
import { findActionFacts } from '../../functions/domain/policy/assess.ts'
import { type Bundle, settingsOf } from '../../functions/domain/policy/bundle.ts'
import { type CatalogueEntry, factsOf, parseArguments } from '../../functions/domain/policy/catalogue.ts'
import { escaped, textWithin } from '../../functions/domain/policy/patterns.ts'
import { argumentIn, partsOf } from '../../functions/domain/policy/templates.ts'
import type { Json, JsonObject } from '../../functions/domain/values.ts'
import { parseJson } from '../../functions/domain/values.ts'
import { eachOnce } from './change.ts'
import { type Compared, type Reads, unread } from './policy-reads.ts'

const uuid = '00000000-0000-4000-8000-000000000000'
const words = ['example', 'sample', 'anything', 'x1', 'example/example'] as const
/** Tried in turn for an argument with a pattern of its own. */
const texts = [
  ...words,
  '1',
  '/example',
  'example/1',
  'example:1',
  'example@example.com',
  '#a',
  ':a',
  'A',
  '00000000',
  uuid,
]

/** Texts that match a `like` or a rule of resources.json, one for each way of filling its `*`. */
const filledOut = (pattern: string): readonly string[] =>
  pattern.includes('*')
    ? [
        ...words.map((word) => pattern.replaceAll('*', word)),
        ...words.map((word) => pattern.replace(/\*$/, word)),
        pattern,
      ]
    : [pattern]

const keys = ['#a', ':a', 'A', '/a', 'key']

/** A value that the schema accepts. */
export const someArgument = (schema: ArgumentSchema, { texts: literals }: Compared = unread): Json | undefined =>
  sampleOf(schema, (text) =>
    [...(text.enum ?? []), ...texts, ...literals, ...keys].find((each) => takesArgument(text, each)),
  )

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
    // A `*` of a rule stands for an id too, which has a form of its own.
    const argumentFor = (name: string, value = '') => {
      const schema = entry.arguments.properties[name]
      return schema && !takesArgument(schema, value) ? (base[name] ?? value) : value
    }
    const args = { ...base, ...Object.fromEntries(names.map((name, at) => [name, argumentFor(name, values[at])])) }
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
  reads: Pick<Reads, 'paths'>,
): readonly (Json | undefined)[] {
  const schemas = entries.flatMap((entry) => entry.arguments.properties[name] ?? [])
  const values = schemas.flatMap((schema) => valuesAround(schema, `context.arguments.${name}`, reads, schemas))
  const isOptional = entries.some((entry) => !entry.arguments.required.includes(name))
  return eachOnce([...(isOptional ? [undefined] : []), ...values])
}

/** The most values of a list or object, each with one item or member changed. */
const mostNested = 64

/** @param path where policies read it @param schemas those of all sides */
function valuesAround(
  schema: ArgumentSchema,
  path: string,
  reads: Pick<Reads, 'paths'>,
  schemas: readonly ArgumentSchema[],
): readonly Json[] {
  const { numbers, texts: literals, patterns } = reads.paths[path] ?? unread
  const around = (by: number, { minimum, maximum }: NumberSchema) =>
    [...numbers.flatMap((each) => [each - by, each, each + by]), minimum, maximum]
      .map((each) => Number(each.toFixed(4)))
      .filter((each) => schemas.some((other) => takesArgument(other, each)))
  const some = someArgument(schema)
  const members = (own: Members): readonly Json[] => {
    const base = (some ?? {}) as JsonObject
    return Object.entries(own.properties).flatMap(([name, member]) => {
      const { [name]: _, ...without } = base
      const varied = valuesAround(member, `${path}.${name}`, reads, [member])
      return [...(own.required.includes(name) ? [] : [without]), ...varied.map((each) => ({ ...base, [name]: each }))]
    })
  }
  const made = forSchema<readonly Json[]>(schema, {
    scalar: () => [...(literals.map(parseJson).filter((value) => value !== undefined) as Json[]), true, 1, 'example'],
    integer: (own) => around(1, own),
    number: (own) => around(0.0001, own),
    boolean: () => [true, false],
    string: (own) => [
      ...literals,
      ...patterns.flatMap((each) => filledOut(each).slice(0, 1)),
      ...(some === undefined ? [] : [some]),
      ...(own.enum ?? []),
    ],
    map: () => [{}, ...literals.map((key) => ({ [key]: { S: 'example' } })), ...(some === undefined ? [] : [some])],
    list: (own) => listsAround(own, path, reads),
    object: (own) => [...(some === undefined ? [] : [some]), ...members(own)],
    oneOf: (own) => branchesOf(own).flatMap(({ schema: branch }) => valuesAround(branch, path, reads, [branch])),
  })
  const all = isNullable(schema) ? [...made, null] : made
  return ['list', 'object', 'oneOf'].includes(formOf(schema))
    ? all.filter((each) => takesArgument(schema, each)).slice(0, mostNested)
    : all
}

/** Lists of the lengths and with the items that policies compare with, the shortest and the longest. */
function listsAround(
  { items, minItems = 0, maxItems }: ListSchema,
  path: string,
  { paths }: Pick<Reads, 'paths'>,
): readonly Json[] {
  const found = valuesAround(items, `${path}.items`, { paths }, [items])
  const counts = (paths[`${path}.count`]?.numbers ?? []).flatMap((each) => [each - 1, each, each + 1])
  const written = (paths[`${path}.canonical`]?.texts ?? []).flatMap((each) => (parseJson(each) as Json) ?? [])
  const ofLength = (length: number, first: readonly Json[]): readonly Json[] =>
    Array.from({ length }, (_, at) => first[at] ?? found[at % Math.max(1, found.length)] ?? null)
  return [
    ...[minItems, ...counts, maxItems]
      .filter((each) => each >= 0 && each <= maxItems)
      .map((each) => ofLength(each, [])),
    ...found.map((each) => ofLength(Math.max(1, minItems), [each])),
    ofLength(Math.min(found.length, maxItems), found),
    ...written,
  ]
}
