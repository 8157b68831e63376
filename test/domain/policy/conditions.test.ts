import type { JsonObject } from '../../../functions/domain/values.ts'
import { takeFrom } from '../../../functions/targets/aws/rules/conditions.ts'

/** The arguments in a condition of a session. */

const keys = (key: JsonObject) => takeFrom({ argument: 'Key', take: 'values' }, { Key: key })

test('a key of a table is taken by its texts and whole numbers', () => {
  expect(keys({ id: { S: 'a' }, at: { N: '-10' } })).toEqual(['a', '-10'])
  expect(keys({ id: { N: '0' } })).toEqual(['0'])
})

test.each<[what: string, value: JsonObject]>([
  ['of bytes', { B: 'YQ==' }],
  ['of two kinds', { S: 'a', N: '1' }],
  ['that is no text', { S: 1 }],
  ['of a number that could be written otherwise', { N: '1.0' }],
  ['of a number with a leading zero', { N: '01' }],
  ['of a number with an exponent', { N: '1e2' }],
  ['of a negative zero', { N: '-0' }],
])('a key %s is refused, since its condition would not match', (_, value) => {
  expect(keys({ id: value })).toBeUndefined()
})
