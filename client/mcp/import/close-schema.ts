// Rules: test/client/mcp/import/import.test.ts
import { isObject, type JsonObject, type Wish } from './wish.ts'

/** The catalogue's schema of one argument (docs/policies.md). */
type ArgumentSchema = { type?: string | string[]; maxLength?: number; [keyword: string]: unknown }

/** The result of closing the schema of one argument, or of all. */
type Closed<T> = {
  schema?: T
  /** Open questions for a person. Without answers the entry does not compile. */
  decide: string[]
  /** Notes for the person. */
  notes: string[]
  /** The reason why the catalogue cannot express it. */
  cannot?: string
}
export type ClosedArguments = {
  type: 'object'
  additionalProperties: false
  properties: { [name: string]: ArgumentSchema }
  required: string[]
}

const no = (cannot: string): Closed<never> => ({ decide: [], notes: [], cannot })
/** A schema without open questions. */
const whole = (schema: ArgumentSchema): Closed<ArgumentSchema> => ({ schema, decide: [], notes: [] })

/** Keywords that make one member's schema depend on another. */
const entangled = ['$ref', '$dynamicRef', 'oneOf', 'anyOf', 'allOf', 'not', 'if', 'dependentSchemas'] as const
const entangledIn = (schema: JsonObject) => entangled.find((keyword) => keyword in schema)

/**
 * A tool's input schema in the catalogue's form: closed, and with a bound on every value. It may be narrower than the
 * server's schema; the server also checks calls by its own schema.
 */
export function closeArguments(inputSchema: unknown, wish: Wish): Closed<ClosedArguments> {
  if (!isObject(inputSchema) || inputSchema['type'] !== 'object')
    return no('its input schema is not an object with named members')
  const hangsOn = entangledIn(inputSchema)
  if (hangsOn !== undefined) return no(`its input schema has \`${hangsOn}\`: the arguments depend on it`)
  const { $defs, definitions } = inputSchema
  const defs = { ...(isObject(definitions) ? definitions : {}), ...(isObject($defs) ? $defs : {}) }
  const closed = closeMembers(inputSchema, { name: '', level: 1, defs, wish })
  if (inputSchema['properties'] === undefined)
    closed.notes.push('the server names no arguments: a call with any is refused')
  return closed
}

/** The place of a schema: the path of its member, its level, and the definitions that `$ref` names. */
type Place = { name: string; level: number; defs: JsonObject; wish: Wish }
/** As in functions/domain/policy/argument-schema.ts, which no client imports: an argument is the first level. */
const deepest = 5
const mostItems = 100

function closeArgument(written: unknown, place: Place): Closed<ArgumentSchema> {
  const { name, level } = place
  if (level > deepest) return no(`it lies deeper than ${deepest} levels`)
  const { schema, isNullable } = withoutNull(resolved(written, place.defs))
  const own = resolved(schema, place.defs)
  if (!isObject(own)) return no('its type is not restricted')
  const closed = closeWritten(own, place)
  if (isNullable) closed.notes.push(`\`${name}\` may be null for the server; here it is left out instead`)
  return closed
}

function closeWritten(schema: JsonObject, place: Place): Closed<ArgumentSchema> {
  const branches = schema['oneOf'] ?? schema['anyOf']
  if (Array.isArray(branches) && branches.length > 0) return closeBranches(schema, branches, place)
  const hangsOn = entangledIn(schema)
  if (hangsOn !== undefined) return no(`its schema has \`${hangsOn}\``)
  const values = 'const' in schema ? [schema['const']] : schema['enum']
  return Array.isArray(values) ? closeEnum(place.name, values, schema, place.wish) : closeType(schema, place)
}

/** A local definition in place of `$ref`, and the one part of an `allOf`. A definition in itself ends at the last level. */
function resolved(written: unknown, defs: JsonObject, left = 16): unknown {
  if (!isObject(written) || left === 0) return written
  const { $ref: ref, allOf, ...rest } = written
  const [, definition = ''] = typeof ref === 'string' ? (/^#\/(?:\$defs|definitions)\/([^/]+)$/.exec(ref) ?? []) : []
  const [only] = Array.isArray(allOf) && allOf.length === 1 ? allOf : []
  const named = Object.hasOwn(defs, definition) ? defs[definition] : only
  return isObject(named) ? resolved({ ...rest, ...named }, defs, left - 1) : written
}

function closeType(schema: JsonObject, place: Place): Closed<ArgumentSchema> {
  const { name, wish } = place
  const { type } = schema
  if (Array.isArray(type)) return closeScalar(name, type.map(String), schema, wish)
  switch (type) {
    case 'boolean':
      return whole({ type: 'boolean' })
    case 'string':
      return closeText(name, schema, wish)
    case 'integer':
    case 'number':
      return closeNumber(name, schema, wish)
    case 'array':
      return closeList(schema, place)
    case 'object':
      return closeObject(schema, place)
    default:
      return no('its schema says no type')
  }
}

function closeList(schema: JsonObject, { name, level, ...rest }: Place): Closed<ArgumentSchema> {
  const { items, prefixItems, minItems, maxItems, uniqueItems } = schema
  if (prefixItems !== undefined || !isObject(items)) return no('it is a list of anything')
  const { schema: item, cannot, decide, notes } = closeArgument(items, { ...rest, name: `${name}[]`, level: level + 1 })
  if (!item) return no(`it is a list, and of each item ${cannot}`)
  const most = isCount(maxItems) && maxItems > 0 && maxItems <= mostItems ? maxItems : mostItems
  const least = isCount(minItems) && minItems > 0 ? minItems : 0
  if (least > most) return no(`it is a list of at least ${least} items`)
  const bounds = { ...(least > 0 ? { minItems: least } : {}), maxItems: most }
  return {
    schema: { type: 'array', items: item, ...bounds, ...(uniqueItems === true ? { uniqueItems } : {}) },
    decide,
    notes: maxItems === most ? notes : [...notes, `\`${name}\` takes ${most} items at most`],
  }
}

function closeObject(schema: JsonObject, { name, level, ...rest }: Place): Closed<ArgumentSchema> {
  if (!isObject(schema['properties']) || Object.keys(schema['properties']).length === 0)
    return no('it is an object of any members; an open map (docs/policies.md) can only be written by hand')
  const { schema: members, ...closed } = closeMembers(schema, { ...rest, name: `${name}.`, level: level + 1 })
  return members ? { ...closed, schema: members } : closed
}

function closeMembers(schema: JsonObject, { name: above, ...rest }: Place): Closed<ClosedArguments> {
  const given = isObject(schema['properties']) ? schema['properties'] : {}
  const required = (Array.isArray(schema['required']) ? schema['required'] : []).map(String)
  const closed: ClosedArguments = { type: 'object', additionalProperties: false, properties: {}, required }
  const decide: string[] = []
  const notes: string[] = []
  for (const [own, member] of Object.entries(given)) {
    const name = `${above}${own}`
    const isName = /^[A-Za-z]\w{0,63}$/.test(own) && !(own in Object.prototype)
    const one = isName ? closeArgument(member, { ...rest, name }) : no('its name is not one that the catalogue takes')
    if (one.schema) {
      closed.properties[own] = one.schema
      decide.push(...one.decide)
      notes.push(...one.notes)
    } else if (required.includes(own)) return no(`\`${name}\` is required, and ${one.cannot}`)
    else notes.push(`\`${name}\` is left out, so no call may have it: ${one.cannot}`)
  }
  const unnamed = required.find((own) => !Object.hasOwn(given, own))
  if (unnamed !== undefined) return no(`it requires \`${above}${unnamed}\`, which it does not name`)
  return { schema: closed, decide, notes }
}

const simple = ['string', 'integer', 'number', 'boolean']

/** Several simple types are one argument; closed objects are one where a `const` member tells them apart. */
function closeBranches(schema: JsonObject, written: readonly unknown[], place: Place): Closed<ArgumentSchema> {
  const hangsOn = `its schema has \`${'oneOf' in schema ? 'oneOf' : 'anyOf'}\``
  const branches = written.map((each) => resolved(each, place.defs)).filter(isObject)
  if (branches.length < written.length) return no(hangsOn)
  const types = branches.map(({ type }) => type)
  if (
    types.every((type) => simple.includes(String(type))) &&
    !branches.some((each) => 'enum' in each || 'const' in each)
  )
    return closeScalar(place.name, types.map(String), longest(branches), place.wish)
  const tag = tagOf(branches)
  if (branches.length > 16) return no(hangsOn)
  if (tag === undefined) return ('anyOf' in schema ? closeFirst(branches, place) : undefined) ?? no(hangsOn)
  const closed = branches.map((branch) =>
    closeMembers(branch, { ...place, name: `${place.name}.`, level: place.level + 1 }),
  )
  const made = closed.flatMap(({ schema: each }, at) =>
    each ? [{ ...each, properties: { ...each.properties, [tag]: { const: onlyText(branches[at], tag) } } }] : [],
  )
  const kinds = new Map<string, Set<string>>()
  for (const [name, each] of made.flatMap(({ properties }) => Object.entries(properties)))
    kinds.set(name, (kinds.get(name) ?? new Set()).add(kindOf(each)))
  const mixed = [...kinds].find(([, all]) => all.size > 1)
  if (mixed) return no(`${hangsOn}, in whose branches \`${mixed[0]}\` has several types`)
  const [cannot] = closed.flatMap((each) => each.cannot ?? [])
  if (cannot !== undefined) return no(cannot)
  const [decide, notes] = [closed.flatMap((each) => each.decide), closed.flatMap((each) => each.notes)]
  return { schema: { oneOf: made } as unknown as ArgumentSchema, decide, notes }
}

/** The first of several forms that can be closed: an entry may be narrower than the server's schema. */
function closeFirst(branches: readonly JsonObject[], place: Place): Closed<ArgumentSchema> | undefined {
  // A level deeper, so that a form in itself ends.
  const closed = branches.map((branch) => closeArgument(branch, { ...place, level: place.level + 1 }))
  const at = closed.findIndex(({ schema }) => schema)
  const first = closed[at]
  const note = `\`${place.name}\` takes form ${at + 1} of the server's ${branches.length} alone`
  return first && { ...first, notes: [...first.notes, note] }
}

/** The longest text that a branch takes, if each text is bounded. */
function longest(branches: readonly JsonObject[]): JsonObject {
  const bounds = branches.filter(({ type }) => type === 'string').map(({ maxLength }) => maxLength)
  return bounds.every(isCount) && bounds.length > 0 ? { maxLength: Math.max(...bounds) } : {}
}

/** The only text that a member of a branch may have. */
function onlyText(branch: JsonObject | undefined, name: string): string | undefined {
  const member = isObject(branch?.['properties']) ? branch['properties'][name] : undefined
  if (!isObject(member)) return undefined
  const [value, ...more] = 'const' in member ? [member['const']] : Array.isArray(member['enum']) ? member['enum'] : []
  return typeof value === 'string' && value !== '' && value.length <= 256 && more.length === 0 ? value : undefined
}

function tagOf(branches: readonly JsonObject[]): string | undefined {
  const [first] = branches
  const names = Object.keys(isObject(first?.['properties']) ? first['properties'] : {})
  const tags = names.filter((name) => {
    const values = branches.map((branch) => onlyText(branch, name))
    const isRequired = ({ required }: JsonObject) => Array.isArray(required) && required.includes(name)
    const isEach = values.every((value) => value !== undefined) && branches.every(isRequired)
    return /^[A-Za-z]\w{0,63}$/.test(name) && isEach && new Set(values).size === branches.length
  })
  return branches.length > 1 && tags.length === 1 ? tags[0] : undefined
}

/** The type in policies of a schema's values. */
function kindOf(schema: ArgumentSchema): string {
  const { type, items, properties, required } = schema as { [keyword: string]: unknown }
  if ('const' in schema) return 'string'
  const members = Object.entries(isObject(properties) ? properties : {}).map(([name, each]) => [
    name,
    kindOf(each as ArgumentSchema),
  ])
  const of = isObject(items) ? kindOf(items as ArgumentSchema) : ''
  return JSON.stringify(Array.isArray(type) ? 'several' : [type, of, members, required ?? []])
}

function closeText(name: string, schema: JsonObject, wish: Wish): Closed<ArgumentSchema> {
  const { maxLength: own, minLength } = schema
  const maxLength = isCount(own) && own > 0 ? own : wish.maxLength
  const least = isCount(minLength) && minLength > 0 && minLength <= (maxLength ?? minLength) ? { minLength } : {}
  // Leaves out the server's pattern, which could take exponential time. The server checks it.
  const notes = 'pattern' in schema ? [`the pattern of \`${name}\` is left to the server to enforce`] : []
  return {
    schema: { type: 'string', ...least, ...(maxLength === undefined ? {} : { maxLength }) },
    decide: maxLength === undefined ? [`\`${name}\`: how long it may be (\`maxLength\`)`] : [],
    notes,
  }
}

function closeNumber(name: string, schema: JsonObject, wish: Wish): Closed<ArgumentSchema> {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum } = schema
  const isDecimal = schema['type'] === 'number'
  const by = isDecimal ? 10_000 : 1
  const low = isNumber(minimum) ? Math.ceil(minimum * by) / by : above(exclusiveMinimum, by)
  const high = isNumber(maximum) ? Math.floor(maximum * by) / by : below(exclusiveMaximum, by)
  const [from, to] = [low ?? wish.integers?.[0], high ?? wish.integers?.[1]]
  const missing = [...(from === undefined ? ['`minimum`'] : []), ...(to === undefined ? ['`maximum`'] : [])]
  return {
    schema: {
      type: isDecimal ? 'number' : 'integer',
      ...(from === undefined ? {} : { minimum: from }),
      ...(to === undefined ? {} : { maximum: to }),
    },
    decide: missing.length > 0 ? [`\`${name}\`: between which numbers (${missing.join(', ')})`] : [],
    notes: isDecimal ? [`\`${name}\` takes 4 decimals at most`] : [],
  }
}

function closeScalar(name: string, types: string[], schema: JsonObject, wish: Wish): Closed<ArgumentSchema> {
  // A whole number is a number.
  const known = [...new Set(types)].filter((type) => type !== 'integer' || !types.includes('number'))
  const other = known.find((type) => !simple.includes(type))
  if (other !== undefined) return no(`it may be of type \`${other}\``)
  if (known[0] === 'boolean' && known.length === 1) return whole({ type: 'boolean' })
  if (known.length === 1)
    return (known[0] === 'string' ? closeText : closeNumber)(name, { ...schema, type: known[0] }, wish)
  const { schema: text, decide } = closeText(name, schema, wish)
  return {
    schema: { type: known, ...(text?.maxLength === undefined ? {} : { maxLength: text.maxLength }) },
    decide,
    notes: [],
  }
}

function closeEnum(name: string, values: unknown[], schema: JsonObject, wish: Wish): Closed<ArgumentSchema> {
  if (values.length > mostValues) return no(`it is one of more than ${mostValues} values`)
  const texts = values.filter((value) => typeof value === 'string')
  if (texts.length === values.length && texts.length > 0)
    return whole({ type: 'string', maxLength: Math.max(1, ...texts.map(({ length }) => length)), enum: texts })
  const numbers = values.filter((value) => Number.isInteger(value)) as number[]
  const isRange = numbers.length === values.length && Math.max(...numbers) - Math.min(...numbers) < numbers.length
  if (numbers.length > 0 && isRange)
    return closeNumber(name, { minimum: Math.min(...numbers), maximum: Math.max(...numbers) }, wish)
  if (values.every((value) => typeof value === 'boolean') && schema['type'] === 'boolean' && values.length > 1)
    return whole({ type: 'boolean' })
  return no('it is one of several values that are not all text')
}

/** Unwraps `anyOf: [X, null]` and `type: [x, "null"]`, the form of optional members in Python's servers. */
function withoutNull(written: unknown): { schema?: JsonObject; isNullable: boolean } {
  if (!isObject(written)) return { isNullable: false }
  const { anyOf, ...rest } = written
  if (Array.isArray(anyOf)) {
    const others = anyOf.filter((each) => !(isObject(each) && each['type'] === 'null'))
    if (others.length === 1 && others.length < anyOf.length && isObject(others[0]))
      return { schema: { ...rest, ...others[0] }, isNullable: true }
    if (others.length < anyOf.length) return { schema: { ...rest, anyOf: others }, isNullable: true }
  }
  const { type } = written
  if (Array.isArray(type) && type.includes('null')) {
    const others = type.filter((each) => each !== 'null')
    return { schema: { ...written, type: others.length === 1 ? others[0] : others }, isNullable: true }
  }
  return { schema: written, isNullable: false }
}

/** People would not read a longer list. */
const mostValues = 1000

const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value)
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0
const above = (bound: unknown, by: number) => (isNumber(bound) ? (Math.floor(bound * by) + 1) / by : undefined)
const below = (bound: unknown, by: number) => (isNumber(bound) ? (Math.ceil(bound * by) - 1) / by : undefined)
