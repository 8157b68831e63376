import * as z from 'zod'
import { whatIsWrong } from '../../functions/domain/what-is-wrong.ts'

const what = z.union([
  z.strictObject({ profile: z.string() }),
  z.strictObject({ action: z.string(), minutes: z.int() }),
])
const Body = z.strictObject({
  reason: z.string().min(3),
  minutes: z.int().max(60),
  outcome: z.enum(['justified', 'not_justified']),
  of: what,
})
const right = { reason: 'because', minutes: 5, outcome: 'justified', of: { profile: 'checkout' } }
const of = (value: unknown) => {
  const parsed = Body.safeParse(value)
  return parsed.success ? 'nothing' : whatIsWrong(parsed.error, 'body')
}

test.each([
  ['a missing member, and its type', { ...right, reason: undefined }, '`reason` is missing: it should be a text'],
  ['a value of another kind', { ...right, minutes: '5' }, '`minutes` should be a number'],
  ['the possible words', { ...right, outcome: 'fine' }, '`outcome` should be `justified` or `not_justified`'],
  ['an unknown member', { ...right, note: 'x' }, '`note` should not be there'],
  ['a member of an alternative', { ...right, of: { action: 'x' } }, '`of.minutes` is missing: it should be a number'],
  ['a whole that is of another kind, by its name', [], '`body` should be an object'],
  ['several', { ...right, reason: 1, minutes: 1.5 }, '`reason` should be a text; `minutes` should be a whole number'],
])('a message names %s', (_what, value, words) => {
  expect(of(value)).toBe(words)
})

test("a schema's own message is used", () => {
  const { error } = z
    .strictObject({ items: z.undefined({ error: 'send one each' }).optional() })
    .safeParse({ items: [] })
  expect(error && whatIsWrong(error, 'body')).toBe('`items`: send one each')
})

test('a message names at most five problems', () => {
  const many = z.strictObject(Object.fromEntries(Array.from({ length: 9 }, (_, index) => [`m${index}`, z.string()])))
  const { error } = many.safeParse({})
  expect(error && whatIsWrong(error, 'body').split('; ')).toHaveLength(5)
})
