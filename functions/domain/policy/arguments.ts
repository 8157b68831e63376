import * as z from 'zod'
import type { JsonObject } from '../values.ts'

/**
 * The JSON Schema (draft 2020-12) for arguments: a subset in which every value has a type in Cedar. An unknown keyword
 * is a build error, since ignoring it would drop a limit.
 */
const described = { description: z.string().max(256).optional() }
const pattern = z.string().refine(isAnchored, 'a pattern begins with ^ and ends with $, and is a regular expression')

const StringSchema = z.strictObject({
  ...described,
  type: z.literal('string'),
  minLength: z.int().nonnegative().optional(),
  maxLength: z.int().positive(),
  pattern: pattern.optional(),
  enum: z.array(z.string()).min(1).optional(),
})
const IntegerSchema = z.strictObject({
  ...described,
  type: z.literal('integer'),
  minimum: z.int(),
  maximum: z.int(),
})
const BooleanSchema = z.strictObject({ ...described, type: z.literal('boolean') })
/** Members with any names and any JSON. Opaque to policy. */
const OpenMapSchema = z.strictObject({
  ...described,
  type: z.literal('object'),
  additionalProperties: z.literal(true),
  minProperties: z.int().nonnegative().optional(),
  maxProperties: z.int().positive(),
  propertyNames: z.strictObject({ maxLength: z.int().positive(), pattern: pattern.optional() }),
})
/** A scalar: a flag's value may be `true`, 10 or `dark`. */
const ScalarSchema = z.strictObject({
  ...described,
  type: z.array(z.enum(['string', 'integer', 'boolean'])).min(2),
  maxLength: z.int().positive(),
})
export const ArgumentSchema = z.union([StringSchema, IntegerSchema, BooleanSchema, ScalarSchema, OpenMapSchema])
export type ArgumentSchema = z.infer<typeof ArgumentSchema>

export const ArgumentsSchema = z.strictObject({
  type: z.literal('object'),
  additionalProperties: z.literal(false),
  properties: z.record(z.string().regex(/^[A-Za-z][A-Za-z0-9_]{0,63}$/), ArgumentSchema),
  required: z.array(z.string()),
})
export type ArgumentsSchema = z.infer<typeof ArgumentsSchema>

/** Takes exactly the named members; nothing is coerced or added. */
export function argumentsParser({ properties, required }: ArgumentsSchema): z.ZodType<JsonObject> {
  const shape = Object.entries(properties).map(([name, schema]) => {
    const parser = argumentParser(schema)
    return [name, required.includes(name) ? parser : parser.optional()] as const
  })
  return z.strictObject(Object.fromEntries(shape)) as unknown as z.ZodType<JsonObject>
}

export const takesArgument = (schema: ArgumentSchema, value: unknown): boolean =>
  argumentParser(schema).safeParse(value).success

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

type StringRules = Omit<z.infer<typeof StringSchema>, 'type' | 'description'>

function stringParser({ minLength = 0, maxLength, pattern: source, enum: values }: StringRules): z.ZodType<string> {
  const bounded = z.string().min(minLength).max(maxLength)
  const shaped = source === undefined ? bounded : bounded.regex(new RegExp(source, 'u'))
  return values === undefined ? shaped : shaped.refine((value) => values.includes(value), `one of ${values.join(', ')}`)
}

function isAnchored(source: string): boolean {
  try {
    new RegExp(source, 'u')
  } catch {
    return false
  }
  return source.startsWith('^') && source.endsWith('$') && !/\\\$$/.test(source) && !hasTopLevelAlternative(source)
}

/** Whether the pattern has an alternative outside of brackets: `^a|b$` is anchored at neither end. */
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

/** Whether one text can match both patterns, in which only `*` stands for any characters. */
export const overlap = (one: string, other: string): boolean => textWithin([one, other]) !== undefined

/** A shortest text that matches all of these patterns and none of the others. */
export function textWithin(all: readonly string[], none: readonly string[] = []): string | undefined {
  const patterns = [...all, ...none]
  const other = unusedIn(patterns.join(''))
  const seen = new Set<string>()
  let found = [{ text: '', reached: patterns.map((pattern) => onward(pattern, [0])) }]
  while (found.length > 0) {
    const longer: typeof found = []
    for (const { text, reached } of found) {
      const fits = reached.map((places, at) => places.includes(patterns[at]?.length ?? 0))
      if (fits.every((fit, at) => fit === at < all.length)) return text
      const awaited = reached.flatMap((places, at) => places.map((place) => patterns[at]?.[place] ?? '*'))
      for (const character of new Set(awaited.map((each) => (each === '*' ? other : each)))) {
        const next = reached.map((places, at) => step(patterns[at] ?? '', places, character))
        const key = next.join(';')
        if (next.slice(0, all.length).some((places) => places.length === 0) || seen.has(key)) continue
        seen.add(key)
        longer.push({ text: text + character, reached: next })
      }
    }
    found = longer
  }
  return undefined
}

const step = (pattern: string, places: readonly number[], character: string): readonly number[] =>
  onward(
    pattern,
    places.flatMap((place) => (pattern[place] === '*' ? [place] : pattern[place] === character ? [place + 1] : [])),
  )

/**
 * Adds the place after each `*`, which may match nothing, and drops places before the last `*`, which takes their
 * characters.
 * @param places ascending, as the result is
 */
function onward(pattern: string, places: readonly number[]): readonly number[] {
  let all: number[] = []
  for (const from of places)
    for (let place = from; ; place += 1) {
      const isAny = pattern[place] === '*'
      if (isAny) all = [place]
      else if (!all.includes(place)) all.push(place)
      if (!isAny) break
    }
  return all
}

function unusedIn(text: string): string {
  let code = 'a'.charCodeAt(0)
  while (text.includes(String.fromCharCode(code))) code += 1
  return String.fromCharCode(code)
}

/** Whether two patterns can match one resource. Parts of an ARN are compared one by one, as in IAM. */
export function resourcesOverlap(one: string, other: string): boolean {
  const [a, b] = [partsOf(one), partsOf(other)]
  return a.length === b.length && a.every((part, at) => overlap(part, b[at] ?? ''))
}

/** A place in a template may have any value. */
function partsOf(pattern: string): readonly string[] {
  const parts = pattern.replace(/\{[A-Za-z.]+\}/g, '*').split(':')
  return parts[0] === 'arn' && parts.length >= 6 ? [...parts.slice(0, 5), parts.slice(5).join(':')] : [parts.join(':')]
}
