import * as z from 'zod'
import { canonicalForm } from '../digest.ts'
import type { Json, JsonObject } from '../values.ts'
import { isNullable } from './absent.ts'

/**
 * The JSON Schema (draft 2020-12) for arguments: a subset in which every value has a type in Cedar. An unknown keyword
 * is a build error, since ignoring it would drop a limit. Readers of a schema are folds by `forSchema`.
 */
type Described = { description?: string | undefined }
export type TextSchema = Described & {
  type: 'string'
  minLength?: number | undefined
  maxLength: number
  pattern?: string | undefined
  enum?: readonly string[] | undefined
}
export type NumberSchema<Type extends 'integer' | 'number' = 'integer' | 'number'> = Described & {
  type: Type
  minimum: number
  maximum: number
}
type TruthSchema = Described & { type: 'boolean' }
const simple = ['string', 'integer', 'number', 'boolean'] as const
/** A value of several simple types: a flag's may be `true`, 10 or `dark`. */
type ScalarSchema = Described & { type: readonly (typeof simple)[number][]; maxLength: number }
/** Members with any names and any JSON. Opaque to policy. */
export type MapSchema = Described & {
  type: 'object'
  additionalProperties: true
  minProperties?: number | undefined
  maxProperties: number
  propertyNames: { maxLength: number; pattern?: string | undefined }
}
export interface ListSchema extends Described {
  type: 'array'
  items: ArgumentSchema
  minItems?: number | undefined
  maxItems: number
  uniqueItems?: boolean | undefined
}
/** The closed form of an object. */
export interface Members<Member = ArgumentSchema> {
  type: 'object'
  additionalProperties: false
  properties: { [name: string]: Member }
  required: string[]
}
/** `Members`, written out, since the type would refer to itself. */
export interface ObjectSchema extends Described {
  type: 'object'
  additionalProperties: false
  properties: { [name: string]: ArgumentSchema }
  required: string[]
}
type ConstSchema = Described & { type?: 'string' | undefined; const: string }
/** Closed objects, which one `const` member tells apart. */
export type OneOfSchema = Described & { oneOf: readonly (Described & Members<ArgumentSchema | ConstSchema>)[] }

type PlainSchema =
  | TextSchema
  | NumberSchema<'integer'>
  | NumberSchema<'number'>
  | TruthSchema
  | ScalarSchema
  | MapSchema
  | ListSchema
  | ObjectSchema
  | OneOfSchema
type OrNull<Schema> = Omit<Schema, 'type' | 'enum'> & {
  type: readonly string[]
  enum?: readonly (string | null)[] | undefined
}
type NullableSchema =
  | OrNull<TextSchema>
  | OrNull<NumberSchema>
  | OrNull<TruthSchema>
  | OrNull<ScalarSchema>
  | OrNull<MapSchema>
  | OrNull<ListSchema>
  | OrNull<ObjectSchema>
export type ArgumentSchema = PlainSchema | NullableSchema
export type ArgumentsSchema = Members

type Cases<T> = {
  string(schema: TextSchema): T
  integer(schema: NumberSchema<'integer'>): T
  number(schema: NumberSchema<'number'>): T
  boolean(schema: TruthSchema): T
  scalar(schema: ScalarSchema): T
  map(schema: MapSchema): T
  list(schema: ListSchema): T
  object(schema: ObjectSchema): T
  oneOf(schema: OneOfSchema): T
}

const plainForm = (schema: PlainSchema): keyof Cases<unknown> => {
  if ('oneOf' in schema) return 'oneOf'
  if (typeof schema.type !== 'string') return 'scalar'
  if (schema.type === 'array') return 'list'
  return schema.type === 'object' && schema.additionalProperties ? 'map' : schema.type
}

export const formOf = (schema: ArgumentSchema) => plainForm(withoutNull(schema))

/** Runs the case for a schema's form. Cases see the schema without null, for which `isNullable` asks. */
export function forSchema<T>(schema: ArgumentSchema, cases: Cases<T>): T {
  const plain = withoutNull(schema)
  return (cases[plainForm(plain)] as (schema: PlainSchema) => T)(plain)
}

function withoutNull(schema: ArgumentSchema): PlainSchema {
  if (!isNullable(schema)) return schema as PlainSchema
  const { type, enum: values, ...rest } = schema as NullableSchema
  const types = type.filter((each) => each !== 'null')
  const named = values && { enum: values.filter((each) => each !== null) }
  return { ...rest, ...named, type: types.length === 1 ? types[0] : types } as unknown as PlainSchema
}

/** The schema of text that is always there. */
export const textIn = (schema: ArgumentSchema): TextSchema | undefined =>
  formOf(schema) === 'string' && !isNullable(schema) ? (schema as TextSchema) : undefined

/** The arguments whose members have paths: closed objects, and lists of them. Undefined if there are none. */
export function nestedIn({ properties }: ArgumentsSchema): readonly string[] | undefined {
  const isNested = (schema: ArgumentSchema): boolean => {
    const none = () => false
    return forSchema(schema, {
      ...{ string: none, integer: none, number: none, boolean: none, scalar: none, map: none },
      list: ({ items }) => isNested(items),
      object: () => true,
      oneOf: () => true,
    })
  }
  const names = Object.keys(properties).filter((name) => isNested(properties[name] as ArgumentSchema))
  return names.length === 0 ? undefined : names
}

/** Whether policies can read the items of a list of such values. */
export const isSimple = (schema: ArgumentSchema): boolean =>
  ['string', 'integer', 'number', 'boolean', 'scalar'].includes(formOf(schema))

type Branch = OneOfSchema['oneOf'][number]
export const isConst = (member: ArgumentSchema | ConstSchema): member is ConstSchema => 'const' in member

/** The name of the required `const` member that tells the branches apart, if there is one. */
export function tagOf(branches: readonly Branch[]): string | undefined {
  const tags = branches.map(({ properties, required }) =>
    Object.entries(properties).flatMap(([name, member]) => (isConst(member) && required.includes(name) ? name : [])),
  )
  const [[name = '', ...more] = []] = tags
  const values = branches.map(({ properties }) => (properties[name] as ConstSchema | undefined)?.const)
  const isTag = more.length === 0 && name !== '' && tags.every((own) => own.join() === name)
  return isTag && new Set(values).size === branches.length ? name : undefined
}

/** Each branch with its tag's value. `const` members become texts with one value. */
export function branchesOf({ oneOf }: OneOfSchema) {
  const tag = tagOf(oneOf) ?? ''
  return oneOf.map((branch) => {
    const members = Object.entries(branch.properties).map(([name, member]): [string, ArgumentSchema] => [
      name,
      isConst(member) ? { type: 'string', maxLength: member.const.length, enum: [member.const] } : member,
    ])
    const schema: ObjectSchema = { ...branch, properties: Object.fromEntries(members) }
    return { tag, value: (branch.properties[tag] as ConstSchema).const, schema }
  })
}

/** The schema of a value's branch. */
export const branchOf = (schema: OneOfSchema, given: Json): ObjectSchema | undefined =>
  branchesOf(schema).find(({ tag, value }) => (given as JsonObject | null)?.[tag] === value)?.schema

/** `always` is false if a branch may lack the member, or have null. */
export function membersOf(branches: readonly Members[]) {
  const names = [...new Set(branches.flatMap(({ properties }) => Object.keys(properties)))]
  return names.map((name) => {
    const schemas = branches.flatMap(({ properties }) => properties[name] ?? [])
    const always = branches.every(({ properties, required }) => {
      const schema = properties[name]
      return schema !== undefined && required.includes(name) && !isNullable(schema)
    })
    return { name, schemas, always }
  })
}

/** The type of its values in Cedar. */
export const cedarTypeOf = (schema: ArgumentSchema): string =>
  forSchema(schema, {
    string: () => 'String',
    integer: () => 'Long',
    number: () => 'decimal',
    boolean: () => 'Bool',
    scalar: () => 'Scalar',
    map: () => 'OpenMap',
    list: ({ items }) =>
      isSimple(items)
        ? `{ items: Set<${cedarTypeOf(items)}>, count: Long, canonical: String }`
        : '{ count: Long, canonical: String }',
    object: (own) => `{ ${cedarMembersOf([own]).join(', ')} }`,
    oneOf: (own) => `{ ${cedarMembersOf(branchesOf(own).map(({ schema }) => schema)).join(', ')} }`,
  })

/** The members of a record in Cedar, whose own words stand in quotes. */
export const cedarMembersOf = (branches: readonly Members[]): readonly string[] =>
  membersOf(branches).map(({ name, schemas: [schema], always }) => {
    const attribute = /^(?:true|false|if|then|else|in|is|like|has)$/.test(name) ? JSON.stringify(name) : name
    return `${attribute}${always ? '' : '?'}: ${cedarTypeOf(schema as ArgumentSchema)}`
  })

/** Cedar's `decimal`, times 10,000. */
const [leastDecimal, mostDecimal] = [-(2n ** 63n), 2n ** 63n - 1n]

/** Whether RFC 8785 writes the number without an exponent, with at most 4 decimals, in Cedar's range. */
export function isDecimal(value: number): boolean {
  const text = Number.isFinite(value) ? canonicalForm(value) : ''
  const [, whole, places = ''] = /^(-?\d+)(?:\.(\d{1,4}))?$/.exec(text) ?? []
  if (whole === undefined) return false
  const scaled = BigInt(`${whole}${places.padEnd(4, '0')}`)
  return scaled >= leastDecimal && scaled <= mostDecimal
}

/** As Cedar writes a `decimal`. */
export function decimalText(value: number): string {
  const canonical = canonicalForm(value)
  return canonical.includes('.') ? canonical : `${canonical}.0`
}

/** Takes exactly the named members; nothing is coerced or added. */
export const argumentsParser = (schema: ArgumentsSchema): z.ZodType<JsonObject> => objectParser(schema)

export const takesArgument = (schema: ArgumentSchema, value: unknown): boolean =>
  parserOf(schema).safeParse(value).success

const decimal = z.number().refine(isDecimal, 'a number with at most 4 decimals and no exponent')

function parserOf(schema: ArgumentSchema): z.ZodType {
  const parser = forSchema<z.ZodType>(schema, {
    string: textParser,
    integer: ({ minimum, maximum }) => z.int().min(minimum).max(maximum),
    number: ({ minimum, maximum }) => decimal.min(minimum).max(maximum),
    boolean: () => z.boolean(),
    scalar: ({ type, maxLength }) => {
      const parsers = { string: z.string().max(maxLength), integer: z.int(), number: decimal, boolean: z.boolean() }
      return z.union(type.map((name) => parsers[name]))
    },
    map: ({ minProperties = 0, maxProperties, propertyNames }) => {
      const count = (map: object) => Object.keys(map).length
      return z
        .record(textParser(propertyNames), z.json())
        .refine((map) => count(map) >= minProperties, `at least ${minProperties} members`)
        .refine((map) => count(map) <= maxProperties, `at most ${maxProperties} members`)
    },
    list: ({ items, minItems = 0, maxItems, uniqueItems = false }) =>
      z
        .array(parserOf(items))
        .min(minItems, `${minItems} or more items`)
        .max(maxItems, `${maxItems} or fewer items`)
        .refine((list) => !uniqueItems || isUnique(list as Json[]), 'each item once'),
    object: objectParser,
    oneOf: oneOfParser,
  })
  return isNullable(schema) ? parser.nullable() : parser
}

function objectParser({ properties, required }: Members): z.ZodType<JsonObject> {
  const shape = Object.entries(properties).map(([name, member]) => {
    const parser = parserOf(member)
    return [name, required.includes(name) ? parser : parser.optional()] as const
  })
  return z.strictObject(Object.fromEntries(shape)) as unknown as z.ZodType<JsonObject>
}

function oneOfParser(schema: OneOfSchema): z.ZodType {
  const branches = branchesOf(schema).map(({ schema: branch, ...rest }) => ({ ...rest, parser: objectParser(branch) }))
  const values = branches.map(({ value }) => value).join(' or ')
  const other = z.never(`an object whose \`${branches[0]?.tag}\` is ${values}`)
  return checkedBy((given) => branches.find(({ tag, value }) => Object(given)[tag] === value)?.parser ?? other)
}

/** The unchanged value, with the problems that another parser finds. */
export const checkedBy = <T>(parserFor: (value: unknown) => z.ZodType): z.ZodType<T> =>
  z.any().check((given) => {
    const issues = parserFor(given.value).safeParse(given.value).error?.issues ?? []
    given.issues.push(...issues.map((issue) => ({ ...issue, input: given.value }) as z.core.$ZodRawIssue))
  })

function textParser({ minLength = 0, maxLength, pattern, enum: values }: Omit<TextSchema, 'type'>): z.ZodType<string> {
  const bounded = z.string().min(minLength).max(maxLength)
  const shaped = pattern === undefined ? bounded : bounded.regex(new RegExp(pattern, 'u'))
  return values === undefined ? shaped : shaped.refine((value) => values.includes(value), `one of ${values.join(', ')}`)
}

const isUnique = (list: readonly Json[]): boolean => new Set(list.map(canonicalForm)).size === list.length

/**
 * A short value that the schema accepts, if one is found.
 * @param text finds one for a text
 */
export function sampleOf(schema: ArgumentSchema, text: (schema: TextSchema) => string | undefined): Json | undefined {
  const members = ({ properties, required }: Members) => {
    const made = required.map((name) => [name, sampleOf(properties[name] as ArgumentSchema, text)] as const)
    return made.every(([, value]) => value !== undefined) ? (Object.fromEntries(made) as JsonObject) : undefined
  }
  const number = ({ minimum, maximum }: NumberSchema) => Math.max(minimum, Math.min(1, maximum))
  return forSchema<Json | undefined>(schema, {
    string: (own) => own.enum?.[0] ?? text(own),
    integer: number,
    number,
    boolean: () => true,
    scalar: ({ type, maxLength }) => (type.includes('string') ? text({ type: 'string', maxLength }) : 1),
    map: ({ minProperties = 0, propertyNames }) => {
      const key = text({ type: 'string', ...propertyNames })
      return minProperties === 0 || key === undefined ? {} : { [key]: { S: 'example' } }
    },
    list: ({ items, minItems = 0 }) => {
      const item = sampleOf(items, text)
      const list = item === undefined ? [] : Array.from({ length: minItems }, () => item)
      return takesArgument(schema, list) ? list : undefined
    },
    object: members,
    oneOf: (own) => members((branchesOf(own)[0] as ReturnType<typeof branchesOf>[number]).schema),
  })
}
