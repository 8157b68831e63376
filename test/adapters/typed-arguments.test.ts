import fc from 'fast-check'
import { readArguments, readSuggestion, textOfValue, valueIn } from '../../functions/adapters/typed-arguments.ts'
import { type Suggestible, suggestField } from '../../functions/domain/cards/suggestible.ts'
import type { ArgumentSchema, ArgumentsSchema } from '../../functions/domain/policy/arguments.ts'
import type { Json, JsonObject } from '../../functions/domain/values.ts'

const text = { type: 'string', maxLength: 3_000 } as const
const schemas: [form: string, schema: ArgumentSchema, value: fc.Arbitrary<Json>][] = [
  ['text', text, fc.string()],
  ['integer', { type: 'integer', minimum: -9, maximum: 9 }, fc.integer({ min: -9, max: 9 })],
  ['decimal', { type: 'number', minimum: 0, maximum: 9 }, fc.constantFrom(0, 0.25, 9)],
  ['boolean', { type: 'boolean' }, fc.boolean()],
  [
    'scalar',
    { type: ['string', 'integer', 'boolean'], maxLength: 64 },
    fc.oneof(fc.string({ maxLength: 60 }), fc.integer(), fc.boolean(), fc.constantFrom('true', '1', '"', '{}', ' 1')),
  ],
  [
    'list of texts',
    { type: 'array', items: text, maxItems: 9 },
    fc.array(fc.oneof(fc.string(), fc.constantFrom('a', ' a', '', '[', 'a\nb', '{}')), { maxLength: 9 }),
  ],
  [
    'map',
    { type: 'object', additionalProperties: true, maxProperties: 9, propertyNames: text } as unknown as ArgumentSchema,
    fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), fc.integer(), { maxKeys: 9 }),
  ],
]

test.each(schemas)('the text of a %s reads as the same value', (_form, schema, value) => {
  fc.assert(fc.property(value, (each) => expect(valueIn(schema, textOfValue(schema, each))).toEqual(each)))
})

const schema: ArgumentsSchema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    Name: text,
    Value: text,
    Count: { type: 'integer', minimum: 1, maximum: 9 },
    Note: { ...text, minLength: 1 },
  },
  required: ['Name', 'Value', 'Count'],
}
const asked: JsonObject = { Name: '/prod/x', Value: ' 1\n', Count: 2 }

test('an argument whose field is untouched or missing keeps its value exactly', () => {
  const typed: { [name: string]: string } = { Value: ' 1\n', Count: '2' }
  expect(readArguments(schema, (name) => typed[name], asked)).toEqual({ arguments: asked, wrong: {} })
})

test('an argument may be set, changed and emptied, where the schema lets it', () => {
  const typed: { [name: string]: string } = { Value: '', Count: '3', Note: 'new' }
  expect(readArguments(schema, (name) => typed[name], asked)).toEqual({
    arguments: { Name: '/prod/x', Value: '', Count: 3, Note: 'new' },
    wrong: {},
  })
  const before = { ...asked, Note: 'old' }
  expect(readArguments(schema, (name) => (name === 'Note' ? '' : undefined), before).arguments).toEqual(asked)
})

test('an argument that its schema refuses is told with its bounds, and an empty required one too', () => {
  const { wrong } = readArguments(schema, (name) => ({ Count: '10', Name: 'x' })[name])
  expect(wrong).toEqual({ Count: 'It should be: 1 to 9' })
  expect(readArguments(schema, () => '').wrong).toEqual({ Count: 'Fill this in.' })
})

test('a suggestion ignores a field of an argument that names the resource, and has its errors by field', () => {
  const one: Suggestible = { title: [], schema, arguments: asked, names: ['Value', 'Count'] }
  const typed = (fields: { [field: string]: string }) => (field: string) => fields[field]
  const [name, count] = [suggestField(one, 'Name'), suggestField(one, 'Count')]
  expect(readSuggestion([one], typed({ [name]: '/prod/y' }))).toEqual({ suggest: undefined, wrong: {} })
  expect(readSuggestion([one], typed({ [count]: '3' })).suggest).toEqual({ ...asked, Count: 3 })
  expect(readSuggestion([one], typed({ [count]: 'x' })).wrong).toEqual({ [count]: 'It should be: 1 to 9' })
})
