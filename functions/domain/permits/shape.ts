// Rules: test/domain/permits/shape.test.ts
import * as z from 'zod'
import { canonicalForm } from '../digest.ts'
import { formOf } from '../policy/arguments.ts'
import type { CatalogueEntry } from '../policy/catalogue.ts'
import { type Json, type JsonObject, ok, type Result, refuse } from '../values.ts'

/** One argument of a shape: an exact value, a pattern for text, or the least and the greatest number. */
const Part = z.union([
  z.strictObject({ is: z.json() }),
  z.strictObject({ like: z.string() }),
  z.strictObject({ min: z.number(), max: z.number() }),
])
type Part = z.infer<typeof Part>

/** The asks that a standing permit covers, by argument. It is stored with its kinds named, so that a later catalogue changes none. */
export const Shape = z.record(z.string(), Part)
export type Shape = z.infer<typeof Shape>

const leastFixed = 4
const range = z.strictObject({ min: z.number(), max: z.number() })

/**
 * Reads a shape as a person writes it. The approved value itself is exact. A different text with `*` is a pattern, and
 * `{ "min", "max" }` of an argument that takes numbers is a range. The approved request has the shape.
 */
export function readShape(
  entry: CatalogueEntry,
  written: JsonObject,
  approved: JsonObject,
): Result<Shape, 'invalid_shape'> {
  const shape: Shape = {}
  for (const [name, value] of Object.entries(written)) {
    const part = readPart(entry, name, value, approved)
    if (typeof part === 'string') return refuse('invalid_shape', `\`shape.${name}\` ${part}`)
    if (!Object.hasOwn(approved, name))
      return refuse('invalid_shape', `\`shape.${name}\` is absent in the approved request: leave it out`)
    if (!fitsPart(part, approved[name] as Json))
      return refuse('invalid_shape', `\`shape.${name}\` should fit the value in the approved request`)
    shape[name] = part
  }
  const lacking = Object.keys(approved).find((name) => !Object.hasOwn(shape, name))
  return lacking === undefined
    ? ok(shape)
    : refuse('invalid_shape', `\`shape.${lacking}\` is missing: the approved request has this argument`)
}

function readPart(
  { arguments: schema }: CatalogueEntry,
  name: string,
  value: Json,
  approved: JsonObject,
): Part | string {
  // The `*` in an approved value itself is literal.
  if (Object.hasOwn(approved, name) && canonicalForm(approved[name] as Json) === canonicalForm(value))
    return exactly(value)
  const own = Object.hasOwn(schema.properties, name) ? schema.properties[name] : undefined
  if (!own) return 'is not an argument of the action: leave it out'
  const form = formOf(own)
  if (typeof value === 'string' && value.includes('*')) return readPattern(value, form)
  const takesNumbers = form === 'integer' || form === 'number' || form === 'scalar'
  const isRange = Object(value) === value && !Array.isArray(value) && ('min' in Object(value) || 'max' in Object(value))
  if (!takesNumbers || !isRange) return exactly(value)
  const read = range.safeParse(value)
  if (!read.success) return 'should have two numbers, `min` and `max`, and nothing else'
  return read.data.min <= read.data.max ? read.data : 'should have a `min` that is at most its `max`'
}

const exactly = (value: Json): Part => ({ is: z.json().parse(value) })

/** The shape of one ask alone. */
export const shapeOf = (args: JsonObject): Shape =>
  Object.fromEntries(Object.entries(args).map(([name, value]) => [name, exactly(value)]))

function readPattern(like: string, form: ReturnType<typeof formOf>): Part | string {
  if (form !== 'string' && form !== 'scalar') return 'has a pattern, and the argument is no text: write an exact value'
  const [before = '', ...others] = like.split('*')
  if (others.length !== 1) return 'should have one `*`'
  if ([...before].length < leastFixed) return `should have at least ${leastFixed} characters before its \`*\``
  return { like }
}

/** Whether the arguments of an ask have exactly the members of the shape, each as it says. */
export function fits(shape: Shape, args: JsonObject): boolean {
  const asked = Object.entries(args)
  return (
    asked.length === Object.keys(shape).length &&
    asked.every(([name, value]) => Object.hasOwn(shape, name) && fitsPart(shape[name] as Part, value as Json))
  )
}

function fitsPart(part: Part, value: Json): boolean {
  if ('is' in part) return canonicalForm(part.is) === canonicalForm(value)
  if ('like' in part) return typeof value === 'string' && matches(part.like, value)
  return typeof value === 'number' && part.min <= value && value <= part.max
}

/**
 * Whether a text matches the pattern. Its `*` stands for visible ASCII and spaces except `/`, `:`, `\`, `%` and `*`, so
 * that it excludes separators in any spelling, and never makes a segment `.` or `..`.
 */
function matches(like: string, text: string): boolean {
  const [before = '', after = ''] = like.split('*')
  if (text.length < before.length + after.length || !text.startsWith(before) || !text.endsWith(after)) return false
  const free = text.slice(before.length, text.length - after.length)
  const isPlain = /^[ -~]*$/.test(free) && !/[/:\\%*]/.test(free)
  return isPlain && !text.split(/[/:]/).some((segment) => segment === '.' || segment === '..')
}

/** The shape as a person wrote it. */
export const shapeWritten = (shape: Shape): JsonObject =>
  Object.fromEntries(
    Object.entries(shape).map(([name, part]) => [name, 'is' in part ? part.is : 'like' in part ? part.like : part]),
  )
