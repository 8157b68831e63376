import { canonicalForm } from '../../../functions/domain/digest.ts'
import { compareUpdate } from '../../../functions/domain/previews/update-expression.ts'
import { Preview } from '../../../functions/domain/record/preview.ts'
import { JsonObject } from '../../../functions/domain/values.ts'

/** Members of objects from AWS or a store may be called `__proto__`. */

const odd = JSON.parse('{"a":{"__proto__":{"S":"new"},"b":{"S":"x"}},"__proto__":1}') as JsonObject

test('a JSON object that is read keeps a member called `__proto__`, and with it its digest', () => {
  const read = JsonObject.parse(odd)
  expect(JSON.stringify(read)).toBe(JSON.stringify(odd))
  expect(canonicalForm(read)).toBe(canonicalForm(odd))
})

test('a preview that is read from the store shows the attribute `__proto__` that an update sets', () => {
  const update = {
    UpdateExpression: 'SET #n = :v',
    ExpressionAttributeNames: { '#n': '__proto__' },
    ExpressionAttributeValues: { ':v': { S: 'new' } },
  }
  const { before, after } = compareUpdate(update, JSON.parse('{"__proto__":{"S":"old"}}'))
  const state = `sha-256:${'0'.repeat(43)}`
  const preview = { outcome: 'matched', before: { of: before }, after: { of: after }, observedAt: 1, state }
  const kept = Preview.parse(JSON.parse(JSON.stringify(preview)))
  expect(JSON.stringify(kept)).toContain('"before":{"of":{"__proto__":{"S":"old"}}}')
  expect(JSON.stringify(kept)).toContain('"after":{"of":{"__proto__":{"S":"new"}}}')
})

test.each([
  ['a list', [1]],
  ['a text', 'x'],
  ['nothing', undefined],
])('a JSON object is not %s, and the place of another value is named', (_what, value) => {
  expect(JsonObject.safeParse(value).success).toBe(false)
  expect(JsonObject.safeParse({ a: { b: undefined } }).error?.issues[0]?.path).toEqual(['a'])
})
