import { ArgumentsSchema } from '../../../functions/domain/policy/argument-schema.ts'
import {
  type ArgumentSchema,
  argumentsParser,
  cedarTypeOf,
  forSchema,
  isDecimal,
  sampleOf,
} from '../../../functions/domain/policy/arguments.ts'
import { whatIsWrong } from '../../../functions/domain/what-is-wrong.ts'

const closed = (properties: object, required: string[] = []) =>
  ({ type: 'object', additionalProperties: false, properties, required }) as ArgumentSchema
const text = (maxLength: number) => ({ type: 'string', maxLength }) as const
const share = { type: 'number', minimum: -0.5, maximum: 2.25 } as const
const count = { type: 'integer', minimum: 0, maximum: 3 } as const
const ids = { type: 'array', items: text(5), minItems: 1, maxItems: 3, uniqueItems: true } as const
const filters = { type: 'array', items: closed({ Name: text(3) }, ['Name']), maxItems: 2 } as const
const change = {
  oneOf: [
    closed({ kind: { const: 'resize' }, size: count }, ['kind', 'size']),
    closed({ kind: { const: 'stop' }, hard: { type: 'boolean' }, size: count }, ['kind']),
  ],
} as unknown as ArgumentSchema
const label = { type: ['string', 'null'], maxLength: 3, enum: ['a', null] } as const

const schemaOf = (schema: ArgumentSchema) =>
  ArgumentsSchema.parse({ type: 'object', additionalProperties: false, properties: { it: schema }, required: ['it'] })
const said = (schema: ArgumentSchema, value: unknown) => {
  const parsed = argumentsParser(schemaOf(schema)).safeParse({ it: value })
  return parsed.success ? parsed.data : whatIsWrong(parsed.error, 'arguments')
}

test.each<[rule: string, schema: ArgumentSchema, value: unknown]>([
  ['a list', ids, ['a', 'b']],
  ['a decimal', share, 1.1234],
  ['a whole number for a decimal', share, 2],
  ['a nested object', closed({ a: count, b: text(1) }, ['a']), { a: 1 }],
  ['a list of objects', filters, [{ Name: 'a' }, { Name: 'b' }]],
  ['the first branch', change, { kind: 'resize', size: 1 }],
  ['the second branch', change, { kind: 'stop', hard: true }],
  ['null', label, null],
  ['a value beside null', label, 'a'],
  ['one of several types', { type: ['string', 'number'], maxLength: 3 }, 0.25],
])('%s is taken unchanged', (_rule, schema, value) => {
  expect(said(schema, value)).toEqual({ it: value })
})

test.each<[rule: string, schema: ArgumentSchema, value: unknown, words: string]>([
  ['a list that is too short', ids, [], '`it`: 1 or more items'],
  ['a list that is too long', ids, ['a', 'b', 'c', 'd'], '`it`: 3 or fewer items'],
  ['an item twice', ids, ['a', 'a'], '`it`: each item once'],
  ['an item of another type', ids, ['a', 1], '`it.1` should be a text'],
  ['an item that is null', ids, [null], '`it.0` should be a text'],
  ['a fifth decimal', share, 0.00001, '`it`: a number with at most 4 decimals'],
  ['a number with an exponent', share, 1e21, '`it`: a number with at most 4 decimals'],
  ['a decimal that is too large', share, 2.2501, '`it`: Too big'],
  ['a member of an item that is too long', filters, [{ Name: 'a' }, { Name: 'long' }], '`it.1.Name`: Too big'],
  ['a member that is missing', closed({ a: count }, ['a']), {}, '`it.a` is missing'],
  ['a stranger', closed({ a: count }), { b: 1 }, '`it.b` should not be there'],
  ['a stranger in an item', filters, [{ Name: 'a', Values: [] }], '`it.0.Values` should not be there'],
  ['a branch that there is not', change, { kind: 'start' }, '`it`: an object whose `kind` is resize or stop'],
  ['no object', change, 3, '`it`: an object whose `kind` is resize or stop'],
  ['a member of another branch', change, { kind: 'resize', size: 1, hard: true }, '`it.hard` should not be there'],
  ['null where the schema has none', count, null, '`it` should be a number'],
  ['a value outside of the enum', label, 'b', '`it`: one of a'],
])('%s is refused with the name of the field', (_rule, schema, value, words) => {
  expect(said(schema, value)).toContain(words)
})

test.each<[value: number, isOne: boolean]>([
  [0, true],
  [-0.0001, true],
  [0.00011, false],
  [1e-7, false],
  [922337203685477.5, true],
  [922337203685477.6, false],
  [-922337203685477.5, true],
  [1e21, false],
  [Number.NaN, false],
])('%d has a form as a decimal of Cedar: %s', (value, isOne) => {
  expect(isDecimal(value)).toBe(isOne)
})

test.each<[schema: ArgumentSchema, type: string]>([
  [ids, '{ items: Set<String>, count: Long, canonical: String }'],
  [{ type: 'array', items: share, maxItems: 2 }, '{ items: Set<decimal>, count: Long, canonical: String }'],
  [
    { type: 'array', items: { type: ['string', 'boolean'], maxLength: 9 }, maxItems: 2 },
    '{ items: Set<Scalar>, count: Long, canonical: String }',
  ],
  [filters, '{ count: Long, canonical: String }'],
  [{ type: 'array', items: ids, maxItems: 2 }, '{ count: Long, canonical: String }'],
  [closed({ a: count, in: share, b: label }, ['a', 'b']), '{ a: Long, "in"?: decimal, b?: String }'],
  [change, '{ kind: String, size?: Long, hard?: Bool }'],
  [label, 'String'],
])('the type of %j in Cedar is %s', (schema, type) => {
  expect(cedarTypeOf(schema)).toBe(type)
})

test('a fold gets the schema of a nullable argument without null', () => {
  const seen = (schema: unknown) => schema
  const cases = {
    string: seen,
    integer: seen,
    number: seen,
    boolean: seen,
    scalar: seen,
    map: seen,
    list: seen,
    object: seen,
    oneOf: seen,
  }
  expect(forSchema<unknown>(label, cases)).toEqual({ type: 'string', maxLength: 3, enum: ['a'] })
  expect(forSchema<unknown>({ type: ['null', 'array'], items: count, maxItems: 2 } as ArgumentSchema, cases)).toEqual({
    type: 'array',
    items: count,
    maxItems: 2,
  })
})

test('a schema has a sample that it takes', () => {
  for (const schema of [ids, share, filters, change, label, closed({ a: ids, b: change }, ['a', 'b'])])
    expect(
      said(
        schema,
        sampleOf(schema, () => 'a'),
      ),
    ).not.toEqual(expect.any(String))
  expect(sampleOf({ ...ids, minItems: 2 }, () => 'a')).toBeUndefined()
})
