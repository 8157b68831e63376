// Rules: test/client/mcp/import/import.test.ts
import { isObject, type JsonObject, type Wish } from './wish.ts'

/** The catalogue's schema of one argument (docs/policies.md). */
type ArgumentSchema = { type: string | string[]; maxLength?: number; [keyword: string]: unknown }

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

const no = (cannot: string) => ({ decide: [], notes: [], cannot })
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
  const given = isObject(inputSchema['properties']) ? inputSchema['properties'] : {}
  const required = (Array.isArray(inputSchema['required']) ? inputSchema['required'] : []).map(String)
  const closed: ClosedArguments = { type: 'object', additionalProperties: false, properties: {}, required }
  const decide: string[] = []
  const notes: string[] = []
  if (inputSchema['properties'] === undefined) notes.push('the server names no arguments: a call with any is refused')
  for (const [name, schema] of Object.entries(given)) {
    const one = closeArgument(name, schema, wish)
    if (one.schema) {
      closed.properties[name] = one.schema
      decide.push(...one.decide)
      notes.push(...one.notes)
    } else if (required.includes(name)) {
      return no(`\`${name}\` is required, and ${one.cannot}`)
    } else notes.push(`\`${name}\` is left out, so no call may have it: ${one.cannot}`)
  }
  const unnamed = required.find((name) => !Object.hasOwn(given, name))
  if (unnamed !== undefined) return no(`it requires \`${unnamed}\`, which it does not name`)
  return { schema: closed, decide, notes }
}

function closeArgument(name: string, written: unknown, wish: Wish): Closed<ArgumentSchema> {
  if (!/^[A-Za-z]\w{0,63}$/.test(name)) return no('its name is not of letters, digits and `_`')
  const { schema, isNullable } = withoutNull(written)
  if (!schema) return no('its type is not restricted')
  const hangsOn = entangledIn(schema)
  if (hangsOn !== undefined) return no(`its schema has \`${hangsOn}\``)
  const values = 'const' in schema ? [schema['const']] : schema['enum']
  const closed = Array.isArray(values) ? closeEnum(name, values, schema, wish) : closeType(name, schema, wish)
  if (isNullable) closed.notes.push(`\`${name}\` may be null for the server; here it is left out instead`)
  return closed
}

function closeType(name: string, schema: JsonObject, wish: Wish): Closed<ArgumentSchema> {
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
      return no('it is a list, for which the catalogue has no form')
    case 'object':
      return no('it is an object; an open map (docs/policies.md) can only be written by hand')
    default:
      return no('its schema says no type')
  }
}

function closeText(name: string, schema: JsonObject, wish: Wish): Closed<ArgumentSchema> {
  const { maxLength: own, minLength } = schema
  const maxLength = isCount(own) && own > 0 ? own : wish.maxLength
  const least = isCount(minLength) && minLength > 0 && minLength <= (maxLength ?? minLength) ? { minLength } : {}
  // The server's pattern is not copied: a regular expression could take exponential time here. The server checks it.
  const notes = 'pattern' in schema ? [`the pattern of \`${name}\` is left to the server to enforce`] : []
  return {
    schema: { type: 'string', ...least, ...(maxLength === undefined ? {} : { maxLength }) },
    decide: maxLength === undefined ? [`\`${name}\`: how long it may be (\`maxLength\`)`] : [],
    notes,
  }
}

function closeNumber(name: string, schema: JsonObject, wish: Wish): Closed<ArgumentSchema> {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, type } = schema
  const low = isNumber(minimum) ? Math.ceil(minimum) : above(exclusiveMinimum)
  const high = isNumber(maximum) ? Math.floor(maximum) : below(exclusiveMaximum)
  const [from, to] = [low ?? wish.integers?.[0], high ?? wish.integers?.[1]]
  const missing = [...(from === undefined ? ['`minimum`'] : []), ...(to === undefined ? ['`maximum`'] : [])]
  return {
    schema: {
      type: 'integer',
      ...(from === undefined ? {} : { minimum: from }),
      ...(to === undefined ? {} : { maximum: to }),
    },
    decide: missing.length > 0 ? [`\`${name}\`: between which numbers (${missing.join(', ')})`] : [],
    notes: type === 'number' ? [`\`${name}\` takes whole numbers alone, and the server fractions too`] : [],
  }
}

function closeScalar(name: string, types: string[], schema: JsonObject, wish: Wish): Closed<ArgumentSchema> {
  const known = [...new Set(types.map((type) => (type === 'number' ? 'integer' : type)))]
  const other = known.find((type) => !['string', 'integer', 'boolean'].includes(type))
  if (other !== undefined) return no(`it may be of type \`${other}\``)
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
  }
  const { type } = written
  if (Array.isArray(type) && type.includes('null')) {
    const others = type.filter((each) => each !== 'null')
    return { schema: { ...written, type: others.length === 1 ? others[0] : others }, isNullable: true }
  }
  return { schema: written, isNullable: false }
}

/** A longer list would not be read by people. */
const mostValues = 1000

const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value)
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0
const above = (bound: unknown) => (isNumber(bound) ? Math.floor(bound) + 1 : undefined)
const below = (bound: unknown) => (isNumber(bound) ? Math.ceil(bound) - 1 : undefined)
