import fc from 'fast-check'
import { overlap, resourcesOverlap, textWithin } from '../../../functions/domain/policy/patterns.ts'

/** Patterns of `*`, compared with every short text. */
const letters = ['a', 'b', 'c']
const texts = (length: number): string[] =>
  length === 0
    ? ['']
    : texts(length - 1).flatMap((text) =>
        text.length === length - 1 ? [text, ...letters.map((each) => text + each)] : [text],
      )
const short = texts(6).sort((one, other) => one.length - other.length)
const fits = (pattern: string, text: string) => new RegExp(`^${pattern.replaceAll('*', '.*')}$`).test(text)
const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '*'), maxLength: 4 })

test('the found text is a shortest one that matches each of some patterns and none of the others', () => {
  let found = 0
  fc.assert(
    fc.property(
      fc.array(pattern, { minLength: 1, maxLength: 2 }),
      fc.array(pattern, { maxLength: 2 }),
      (some, none) => {
        const text = textWithin(some, none)
        const right = (each: string) => some.every((one) => fits(one, each)) && !none.some((one) => fits(one, each))
        // A text longer than six characters is only checked to match.
        expect(text !== undefined && text.length <= 6 ? text.length : undefined).toBe(short.find(right)?.length)
        if (text === undefined) return
        found += 1
        expect(right(text)).toBe(true)
      },
    ),
    { numRuns: 500 },
  )
  expect(found).toBeGreaterThan(50)
})

test.each<[one: string, other: string, meet: boolean]>([
  ['', '', true],
  ['', '*', true],
  ['', 'a', false],
  ['*a', 'a', true],
  ['**a', 'a', true],
  ['a*', 'b', false],
  ['a*', '*b', true],
  ['*ab*', 'a*a', true],
  ['ab', 'a*c', false],
  ['a*b*c', 'abc', true],
  ['a*b*c', 'acb', false],
])('`%s` and `%s` can be of one text: %s', (one, other, meet) => {
  expect(overlap(one, other)).toBe(meet)
  expect(overlap(other, one)).toBe(meet)
})

test('patterns of an ARN are compared part by part', () => {
  const parameter = 'arn:{partition}:ssm:{region}:{account}:parameter/prod/*'
  expect(resourcesOverlap(parameter, 'arn:aws:ssm:*:*:parameter/*')).toBe(true)
  expect(resourcesOverlap(parameter, 'arn:aws:lambda:*:*:parameter/*')).toBe(false)
  // A `*` in the place of the Region matches only a Region.
  expect(resourcesOverlap(parameter, 'arn:*:function:a')).toBe(false)
  expect(resourcesOverlap('arn:aws:lambda:*:1:function:a', 'arn:aws:lambda:eu-west-1:1:function:*')).toBe(true)
  expect(resourcesOverlap('prod/*', 'prod/a:b')).toBe(true)
})

test('long patterns with many wildcards are decided at once', () => {
  const many = 'a*'.repeat(40)
  expect(textWithin([many, `${'*a'.repeat(40)}b`])).toBe(`${'a'.repeat(40)}b`)
  expect(textWithin([many], [`${'*a'.repeat(41)}*`, '*b*'])).toBe('a'.repeat(40))
})
