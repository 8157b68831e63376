import * as z from 'zod'
import type { JsonObject } from './values.ts'

/**
 * The JSON Schema (draft 2020-12) that a catalogue entry may use for its arguments: a subset that says everything
 * about a value, so that each argument can also be typed in Cedar. A keyword outside it is a build error, since one that
 * a reader skips is one that does not hold.
 */
const described = { description: z.string().max(256).optional() }
const pattern = z.string().refine(isAnchored, 'a pattern begins with ^ and ends with $, and is a regular expression')

export const StringSchema = z.strictObject({
  ...described,
  type: z.literal('string'),
  minLength: z.int().nonnegative().optional(),
  maxLength: z.int().positive(),
  pattern: pattern.optional(),
  enum: z.array(z.string()).min(1).optional(),
})
export const IntegerSchema = z.strictObject({
  ...described,
  type: z.literal('integer'),
  minimum: z.int(),
  maximum: z.int(),
})
export const BooleanSchema = z.strictObject({ ...described, type: z.literal('boolean') })
/** Members named by the caller, with any JSON inside: a DynamoDB key, an environment. Opaque to everything but a person. */
export const OpenMapSchema = z.strictObject({
  ...described,
  type: z.literal('object'),
  additionalProperties: z.literal(true),
  minProperties: z.int().nonnegative().optional(),
  maxProperties: z.int().positive(),
  propertyNames: z.strictObject({ maxLength: z.int().positive(), pattern: pattern.optional() }),
})
/** A value of one of several simple types: a flag is on, or 10, or `dark`. */
export const ScalarSchema = z.strictObject({
  ...described,
  type: z.array(z.enum(['string', 'integer', 'boolean'])).min(2),
  maxLength: z.int().positive(),
})
export const ArgumentSchema = z.union([StringSchema, IntegerSchema, BooleanSchema, ScalarSchema, OpenMapSchema])
export type ArgumentSchema = z.infer<typeof ArgumentSchema>

export const ArgumentsSchema = z.strictObject({
  type: z.literal('object'),
  additionalProperties: z.literal(false),
  properties: z.record(z.string().regex(/^[A-Za-z][A-Za-z0-9]{0,63}$/), ArgumentSchema),
  required: z.array(z.string()),
})
export type ArgumentsSchema = z.infer<typeof ArgumentsSchema>

/** The parser of an action's arguments. Exactly the members it names, each by its schema; nothing is coerced or added. */
export function argumentsParser({ properties, required }: ArgumentsSchema): z.ZodType<JsonObject> {
  const shape = Object.entries(properties).map(([name, schema]) => {
    const parser = argumentParser(schema)
    return [name, required.includes(name) ? parser : parser.optional()] as const
  })
  return z.strictObject(Object.fromEntries(shape)) as unknown as z.ZodType<JsonObject>
}

function argumentParser(schema: ArgumentSchema): z.ZodType {
  if (isScalar(schema)) {
    const { type, maxLength } = schema
    const parsers = { string: z.string().max(maxLength), integer: z.int(), boolean: z.boolean() }
    return z.union(type.map((name) => parsers[name]))
  }
  switch (schema.type) {
    case 'string':
      return stringParser(schema)
    case 'integer':
      return z.int().min(schema.minimum).max(schema.maximum)
    case 'boolean':
      return z.boolean()
    case 'object': {
      const { minProperties = 0, maxProperties, propertyNames } = schema
      const count = (map: object) => Object.keys(map).length
      return z
        .record(stringParser(propertyNames), z.json())
        .refine((map) => count(map) >= minProperties, `at least ${minProperties} members`)
        .refine((map) => count(map) <= maxProperties, `at most ${maxProperties} members`)
    }
    default:
      return schema satisfies never
  }
}

export const isScalar = (schema: ArgumentSchema): schema is z.infer<typeof ScalarSchema> => Array.isArray(schema.type)

type StringRules = {
  minLength?: number | undefined
  maxLength: number
  pattern?: string | undefined
  enum?: string[] | undefined
}

function stringParser({ minLength = 0, maxLength, pattern: source, enum: values }: StringRules): z.ZodType<string> {
  const bounded = z.string().min(minLength).max(maxLength)
  const shaped = source === undefined ? bounded : bounded.regex(new RegExp(source, 'u'))
  return values === undefined ? shaped : shaped.refine((value) => values.includes(value), `one of ${values.join(', ')}`)
}

/** Unanchored, a pattern only asks that something like it be somewhere inside. */
function isAnchored(source: string): boolean {
  try {
    new RegExp(source, 'u')
  } catch {
    return false
  }
  return source.startsWith('^') && source.endsWith('$') && !/\\\$$/.test(source) && !hasTopLevelAlternative(source)
}

/** `^a|b$` is anchored at neither end of what it may be. */
export function hasTopLevelAlternative(source: string): boolean {
  let depth = 0
  let inClass = false
  for (let at = 0; at < source.length; at++) {
    const char = source[at]
    if (char === '\\') at++
    else if (inClass) inClass = char !== ']'
    else if (char === '[') inClass = true
    else if (char === '(') depth++
    else if (char === ')') depth--
    else if (char === '|' && depth === 0) return true
  }
  return false
}
