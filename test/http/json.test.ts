import fc from 'fast-check'
import { bodyLimit } from '../../functions/adapters/http/read-body.ts'
import { BadJson, readJson, readWritten } from '../../functions/adapters/read-json.ts'
import { canonicalForm } from '../../functions/domain/digest.ts'
import { anyCharacter } from '../support/any-character.ts'
import { growth } from '../support/growth.ts'

/** A body has one meaning: the same to `JSON.parse`, to a stricter parser, and to the function that hashes it. */

const refusal = (text: string): string | undefined => {
  try {
    readJson(text)
    return undefined
  } catch (fault) {
    if (fault instanceof BadJson) return fault.message
    throw fault
  }
}
const nested = (depth: number, open = '[', close = ']') => open.repeat(depth) + close.repeat(depth)

test.each<[what: string, text: string]>([
  ['a scalar', '"a"'],
  ['null', 'null'],
  ['white space around and between', ' \t\r\n{ "a" :\n[ ] } \n'],
  ['escapes', '{"\\u0061\\n":"\\ud83d\\ude00\\/\\b\\f\\t\\r\\"\\\\"}'],
  ['the largest integers', '[9007199254740991,-9007199254740991]'],
  ['large integers in other spellings', '[9007199254740991.0,9.007199254740991e15,1E3,1e+2,100e-2]'],
  ['a fraction', '[0.1,1.7976931348623157e-300,5e-324,-0.5]'],
  ['zero', '[0,0.0,0e9,0E-5]'],
  ['nesting as deep as 32', nested(32)],
  ['the same key in two objects', '[{"a":1},{"a":2},{"b":{"a":1}}]'],
  ['keys that differ in Unicode normal form, which are two keys', '{"\\u00e9":1,"e\\u0301":2}'],
  ['keys of built-in members', '{"constructor":1,"toString":2,"hasOwnProperty":3,"toJSON":4,"":5}'],
  ['a body of exactly 64 KiB', `"${'a'.repeat(bodyLimit - 2)}"`],
])('the parser accepts %s', (_what, text) => {
  expect(readJson(text)).toEqual(JSON.parse(text))
})

test('member names survive escapes beside characters beyond Latin-1', () => {
  const named = { '\u2029Ω': null, '\u0007': null }
  expect(Object.keys(readJson('{"\\u2029Ω":null,"\\u0007":null}') as object)).toEqual(Object.keys(named))
  expect(canonicalForm(readJson('{"a":{"\\u2029Ω":null,"\\u0007":null}}'))).toBe(canonicalForm({ a: named }))
})

test('a written text is read as written after another whose name has the same first character', () => {
  const texts = [
    { a: null, '\\': null },
    { a: null, '"': null },
  ].map((each) => JSON.stringify(each))
  // V8's `JSON.parse` gives the second the name of the first.
  expect(texts.map((text) => JSON.stringify(readWritten(text)))).toEqual(texts)
})

test.each<[what: string, text: string, says: RegExp]>([
  ['an empty body', '', /no JSON at character 0/],
  ['white space alone', ' \n', /no JSON/],
  ['a second value', '{} {}', /no JSON at character 3/],
  ['a NUL at the end', '{}\0', /no JSON/],
  ['a byte order mark', '\ufeff{}', /no JSON at character 0/],
  ['a comment', '{"a":1/* b */}', /no JSON/],
  ['a comment to the end of the line', '{"a":1} // b', /no JSON/],
  ['a trailing comma', '{"a":1,}', /no JSON/],
  ['a trailing comma in a list', '[1,]', /no JSON/],
  ['a missing comma', '[1 2]', /no JSON/],
  ['two commas', '[1,,2]', /no JSON/],
  ['a missing colon', '{"a" 1}', /no JSON/],
  ['a missing value', '{"a":}', /no JSON/],
  ['a missing end', '{"a":[1', /no JSON/],
  ['an extra end', '[1]]', /no JSON/],
  ['a wrong end', '[1}', /no JSON/],
  ['single quotes', "{'a':1}", /no JSON/],
  ['a name without quotes', '{a:1}', /no JSON/],
  ['white space outside JSON', '{\u00a0}', /no JSON/],
  ['a vertical tab', '[\v1]', /no JSON/],
  ['a control character in text', '"a\nb"', /no JSON/],
  ['an unknown escape', '"\\x41"', /no JSON/],
  ['half an escape', '"\\u00e"', /no JSON/],
  ['text without an end', '"a', /no JSON/],
  ...['NaN', 'Infinity', '-Infinity', 'undefined', 'True', 'nul', '+1', '.5', '5.', '01', '0x1', '1e', '--1', '-'].map(
    (text): [string, string, RegExp] => [`\`${text}\``, `[${text}]`, /no JSON/],
  ),
  ['a zero before other digits', '-01', /./],
  ['a key twice', '{"a":1,"b":2,"a":3}', /the member `a` twice, again at character 13/],
  ['a key twice, once escaped', '{"a":1,"\\u0061":2}', /the member `a` twice/],
  ['a key twice, deep inside', '[[{"x":{"a":1,"a":1}}]]', /the member `a` twice/],
  ['the empty key twice', '{"":1,"":2}', /the member `` twice/],
  ['`__proto__`', '{"__proto__":{}}', /the member `__proto__` at character 1/],
  ['`__proto__`, escaped', '{"a":{"__proto\\u005f_":1}}', /the member `__proto__`/],
  ['nesting deeper than 32', nested(33), /nested deeper than 32 at character 32/],
  ['nesting deeper than 32, of both kinds', `${'{"a":['.repeat(17)}${']}'.repeat(17)}`, /nested deeper than 32/],
  ['2^53', '[9007199254740992]', /the integer `9007199254740992` at character 1 is beyond 2\^53: send it as text/],
  ['an integer that would be rounded', '9007199254740993', /beyond 2\^53/],
  ['below -2^53', '-9007199254740993', /beyond 2\^53/],
  ['a large integer with a point', '9007199254740993.0', /beyond 2\^53/],
  ['a large integer with an exponent', '1e16', /beyond 2\^53/],
  ['a fraction that would be rounded to one', '9007199254740991.9', /beyond 2\^53/],
  ['a number too large', '1e400', /the number `1e400` at character 0 is too large/],
  ['a number too large, below zero', '-1e400', /too large/],
  ['a number of a thousand digits', '9'.repeat(1000), /the number `9{24}` at character 0 is too large/],
  ['`-0`', '-0', /`-0` at character 0: write `0`/],
  [
    'a number in a member',
    '{"action":{"properties":{"sizes":[1,1e400]}}}',
    /too large \(`action\.properties\.sizes\.1`\)/,
  ],
  ['`-0.0`', '[-0.0]', /`-0` at character 1/],
  ['`-0e7`', '-0e7', /`-0`/],
  ['a number so small that it would be 0', '1e-400', /the number `1e-400` at character 0 is too small/],
  ['a number so small that it would be -0', '-1e-400', /too small/],
  ['a lone surrogate, escaped', '"\\ud800"', /a lone surrogate in the text at character 0/],
  ['a low one alone', '{"a":"\\udc00x"}', /a lone surrogate/],
  ['two the wrong way round', '"\\udc00\\ud800"', /a lone surrogate/],
  ['one in a key', '{"\\ud83d":1}', /a lone surrogate/],
  ['one that is not escaped', '"\ud800"', /a lone surrogate/],
  ['one escaped, another not', '"\\ud83d\ud83d"', /a lone surrogate/],
])('the parser refuses %s, with the reason', (_what, text, says) => {
  expect(refusal(text)).toMatch(says)
})

test('the parser cuts a long key to well-formed text', () => {
  const key = `${'a'.repeat(63)}😀`
  expect(refusal(`{"${key}":1,"${key}":2}`)?.isWellFormed()).toBe(true)
})

const json = fc.json({ depthSize: 'large', maxDepth: 8, stringUnit: 'binary' })
const number = fc
  .tuple(
    fc.constantFrom('', '-'),
    fc.oneof(fc.bigInt({ min: 0n, max: 1n << 60n }).map(String), fc.nat().map(String)),
    fc.option(
      fc.nat().map((n) => `.${n}`),
      { nil: '' },
    ),
    fc.option(
      fc.integer({ min: -420, max: 420 }).map((n) => `e${n}`),
      { nil: '' },
    ),
  )
  .map((parts) => parts.join(''))
/** JSON with one part inserted, removed or doubled: mostly still near to JSON. */
const spoiled = fc
  .tuple(
    json,
    fc.nat(),
    fc.constantFrom('"', '\\', '{', '}', '[', ']', ',', ':', '0', '-', 'e', '\\u0061', '\ufeff', ' ', '//'),
  )
  .chain(([text, at, put]) => {
    const place = at % (text.length + 1)
    return fc.constantFrom(
      text.slice(0, place) + put + text.slice(place),
      text.slice(0, place) + text.slice(place + 1),
      text.slice(0, place) + text.slice(Math.max(0, place - 3)),
    )
  })
const text = fc.oneof(json, spoiled, number, fc.string({ unit: anyCharacter }), fc.string())

test('an accepted body is what `JSON.parse` reads, and has one canonical form', () => {
  let taken = 0
  fc.assert(
    fc.property(text, (body) => {
      if (refusal(body) !== undefined) return
      taken += 1
      const value = readJson(body)
      expect(value).toStrictEqual(JSON.parse(body))
      const canonical = canonicalForm(value)
      expect(canonicalForm(readJson(canonical))).toBe(canonical)
      // Another layout has the same canonical form.
      expect(canonicalForm(readJson(JSON.stringify(value, null, 2)))).toBe(canonical)
    }),
    { numRuns: 3_000 },
  )
  expect(taken).toBeGreaterThan(500)
})

test('a body that `JSON.parse` refuses is refused', () => {
  let refused = 0
  fc.assert(
    fc.property(text, (body) => {
      try {
        JSON.parse(body)
      } catch {
        refused += 1
        expect(refusal(body)).toBeDefined()
      }
    }),
    { numRuns: 3_000 },
  )
  expect(refused).toBeGreaterThan(500)
})

test('an integer is accepted exactly if it is the only one that reads so', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(1n << 56n), max: 1n << 56n }), (integer) => {
      const taken = refusal(String(integer)) === undefined
      expect(taken).toBe(integer > -(1n << 53n) && integer < 1n << 53n)
      if (taken) expect(BigInt(readJson(String(integer)) as number)).toBe(integer)
    }),
  )
})

test('the keys of an object are all read, and each may occur once', () => {
  const keys = fc.array(fc.string({ unit: 'grapheme', maxLength: 3 }), { maxLength: 6 })
  fc.assert(
    fc.property(keys, (names) => {
      const body = `{${names.map((name, index) => `${JSON.stringify(name)}:${index}`)}}`
      const distinct = new Set(names).size === names.length && !names.includes('__proto__')
      expect(refusal(body) === undefined).toBe(distinct)
    }),
  )
})

const full =
  (unit: string, before = '', after = '') =>
  (bytes: number) =>
    before + unit.repeat(Math.floor((bytes - before.length - after.length) / unit.length)) + after
const keys = (count: number, key: (n: number) => string) =>
  `{${Array.from({ length: count }, (_, n) => `"${key(n)}":1`)}}`
test.each<[what: string, ofBytes: (bytes: number) => string]>([
  ['opening brackets', full('[')],
  ['opening objects', full('{"a":')],
  ['nesting in and out', full(`${nested(30)},`, '[', '0]')],
  ['ever the same key', full('"a":1,', '{', '"a":1}')],
  ['many keys', (bytes) => keys(bytes / 10, (n) => n.toString(36))],
  ['keys with one hash to a weak table', (bytes) => keys(bytes / 14, (n) => `${'\\u0000'.repeat(n % 2)}${n}`)],
  ['one long number', full('9')],
  ['one long fraction', full('1', '0.')],
  ['one long exponent', full('0', '1e', '1')],
  ['zeros', full('0', '0.', '1')],
  ['one long text', full('a', '"', '"')],
  ['one long text of escapes', full('\\u0061', '"', '"')],
  ['one long text of surrogates', full('\\ud83d\\ude00', '"', '"')],
  ['backslashes', full('\\', '"')],
  ['quotes', full('"')],
  ['text without an end', full('a', '"')],
  ['white space', full(' ', '[', ']')],
  ['commas', full(',', '[', ']')],
  ['a comment', full('*', '/*')],
  ['slashes', full('/')],
  ['minus signs', full('-')],
])('the parser takes about eight times as long for eight times as much of %s', (_what, ofBytes) => {
  const timesAsLong = growth((bytes) => {
    const body = ofBytes(bytes)
    return () => refusal(body)
  }, bodyLimit)
  // A quadratic parser would take 64 times as long.
  expect(timesAsLong).toBeLessThan(24)
})

test('200,000 levels are refused without a stack overflow', () => {
  expect(refusal(nested(200_000))).toMatch(/nested deeper than 32/)
})
