// Rules: test/policies/bad-folder.test.ts
import * as z from 'zod'
import { known } from '../what-is-wrong.ts'
import { isNullable } from './absent.ts'
import {
  type ArgumentSchema as Argument,
  type ArgumentsSchema as Arguments,
  branchesOf,
  cedarTypeOf,
  checkedBy,
  isConst,
  isDecimal,
  type ListSchema,
  membersOf,
  type OneOfSchema,
  tagOf,
} from './arguments.ts'
import { isAnchored } from './patterns.ts'

/** The schema of an argument in a catalogue entry. Each problem names its place and its fix. */

/** An argument is the first level; each list, object or `oneOf` around a value is one more. */
const deepest = 5
const mostItems = 100
const mostBranches = 16

const Name = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9_]{0,63}$/)
  .refine((name) => !(name in Object.prototype), 'a member that every object of JavaScript has')
const described = { description: z.string().max(256).optional() }
const pattern = z.string().refine(isAnchored, 'a pattern begins with ^ and ends with $, and is a regular expression')
const count = z.int().nonnegative()
/** `typeIn` checks it. */
const type = z.unknown()
const bound = z.number().refine(isDecimal, {
  message: 'a number with at most 4 decimals and no exponent, in the range of Cedar’s `decimal`',
  params: { fix: 'round it to 4 decimals' },
})

const wrong = (message: string, fix: string, path: (string | number)[] = []): z.ZodType =>
  z.any().check(({ issues, value: input }) => {
    issues.push({ ...found(path, message, fix), input })
  })

const typed = ['string', 'integer', 'number', 'boolean', 'array', 'object']

const schemaAt = (level: number, isBranch = false): z.ZodType<Argument> =>
  checkedBy((value) => formFor(value, level, isBranch))

function formFor(value: unknown, level: number, isBranch: boolean): z.ZodType {
  if (level > deepest) return wrong(`lies deeper than ${deepest} levels`, 'flatten it, or take an open map')
  if (typeof value !== 'object' || value === null) return z.looseObject({})
  const forms = formsAt(level)
  if ('oneOf' in value) return forms.oneOf
  if ('const' in value)
    return isBranch
      ? forms.const
      : wrong('`const` tells the branches of a `oneOf` apart', 'write an `enum` of one value')
  const types = [(value as { type?: unknown }).type].flat().map(String)
  const kinds = types.filter((each) => each !== 'null')
  const [kind = ''] = kinds
  if (kinds.length === 0 || new Set(types).size < types.length || kinds.some((each) => !typed.includes(each)))
    return wrong('is of no type that the catalogue has', known(typed), ['type'])
  if (kinds.length > 1)
    return kinds.some((each) => each === 'array' || each === 'object')
      ? wrong('a list or an object is of that type alone, or null', 'write one type, and "null" beside it', ['type'])
      : forms.scalar
  if (kind === 'object') return Object(value).additionalProperties === true ? forms.map : forms.object
  return forms[kind as 'string' | 'integer' | 'number' | 'boolean' | 'array']
}

const made: ReturnType<typeof makeForms>[] = []
const formsAt = (level: number) => {
  const forms = made[level] ?? makeForms(level)
  made[level] = forms
  return forms
}

const makeForms = (level: number) => {
  const members = (isBranch: boolean) => ({
    ...described,
    type,
    additionalProperties: z.literal(false),
    properties: z.record(Name, schemaAt(level + 1, isBranch)),
    required: z.array(z.string()),
  })
  return {
    string: z
      .strictObject({
        ...described,
        type,
        minLength: count.optional(),
        maxLength: z.int().positive(),
        pattern: pattern.optional(),
        enum: z.array(z.string().nullable()).min(1).optional(),
      })
      .refine((own) => !own.enum || own.enum.includes(null) === isNullable(own as Argument), {
        path: ['enum'],
        message: '`enum` and `type` differ over null',
        params: { fix: 'write null in both, or in neither of them' },
      }),
    integer: z.strictObject({ ...described, type, minimum: z.int(), maximum: z.int() }),
    number: z.strictObject({ ...described, type, minimum: bound, maximum: bound }),
    boolean: z.strictObject({ ...described, type }),
    scalar: z.strictObject({ ...described, type, maxLength: z.int().positive() }),
    map: z.strictObject({
      ...described,
      type,
      additionalProperties: z.literal(true),
      minProperties: count.optional(),
      maxProperties: z.int().positive(),
      propertyNames: z.strictObject({ maxLength: z.int().positive(), pattern: pattern.optional() }),
    }),
    array: z
      .strictObject({
        ...described,
        type,
        items: schemaAt(level + 1),
        minItems: count.max(mostItems).optional(),
        maxItems: z
          .int()
          .positive()
          .max(mostItems, {
            error: `at most ${mostItems} items`,
          }),
        uniqueItems: z.boolean().optional(),
      })
      .check(({ value, issues }) => {
        const { items, minItems = 0, maxItems } = value as ListSchema
        const say = (path: string, message: string, fix: string) =>
          issues.push({ code: 'custom', path: [path], message, params: { fix }, input: value })
        if (minItems > maxItems) say('minItems', 'more items than `maxItems`', 'lower it')
        if (isNullable(items))
          say('items', 'an item cannot be null: a set of Cedar has no place for it', 'leave "null" out')
      }),
    object: z.strictObject(members(false)).check(({ value, issues }) => {
      issues.push(...unnamed(value as Arguments, []).map((issue) => ({ ...issue, input: value })))
    }),
    const: z.strictObject({ ...described, type: z.literal('string').optional(), const: z.string().min(1).max(256) }),
    oneOf: z
      .strictObject({
        ...described,
        type: z.literal('object').optional(),
        oneOf: z
          .array(z.strictObject({ ...members(true), type: z.literal('object') }))
          .min(2, 'two branches at least')
          .max(mostBranches, `at most ${mostBranches} branches`),
      })
      .check(({ value, issues }) => {
        issues.push(...wrongBranches(value as OneOfSchema).map((issue) => ({ ...issue, input: value })))
      }),
  }
}

type Found = { code: 'custom'; path: (string | number)[]; message: string; params: { fix: string } }
const found = (path: (string | number)[], message: string, fix: string): Found => ({
  ...{ code: 'custom', path, message },
  params: { fix },
})

const unnamed = (
  { properties, required }: Pick<Arguments, 'required'> & { properties: object },
  path: (string | number)[],
) =>
  required.flatMap((name, at) =>
    Object.hasOwn(properties, name)
      ? []
      : found([...path, 'required', at], `\`${name}\` is not one of its members`, known(Object.keys(properties))),
  )

function wrongBranches(schema: OneOfSchema): Found[] {
  const { oneOf } = schema
  const lacking = oneOf.flatMap((branch, at) => unnamed(branch, ['oneOf', at]))
  if (lacking.length > 0) return lacking
  const consts = oneOf.map(({ properties }) => Object.values(properties).filter(isConst).length)
  if (tagOf(oneOf) === undefined || consts.some((each) => each > 1))
    return [
      found(
        ['oneOf'],
        'no one `const` member tells the branches apart',
        'give each branch the same required member, with a `const` of its own',
      ),
    ]
  const branches = branchesOf(schema).map((each) => each.schema)
  return membersOf(branches).flatMap(({ name, schemas }) => {
    const types = [...new Set(schemas.map(cedarTypeOf))]
    if (types.length === 1) return []
    const at = oneOf.findLastIndex(({ properties }) => name in properties)
    return found(
      ['oneOf', at, 'properties', name],
      `\`${name}\` is ${types.map((each) => `\`${each}\``).join(' and ')} in Cedar: it has one type in all branches`,
      'give one of them another name',
    )
  })
}

export const ArgumentsSchema = z.strictObject({
  type: z.literal('object'),
  additionalProperties: z.literal(false),
  properties: z.record(Name, schemaAt(1)),
  required: z.array(z.string()),
})
export type ArgumentsSchema = Arguments
