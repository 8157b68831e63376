import fc from 'fast-check'
import { clamp, exact, inert, lookalikeNote, noteOfJson } from '../../../../functions/domain/inert.ts'
import { anyCharacter } from '../../../support/any-character.ts'
import { corpus } from './inert-corpus.ts'

/** Characters that deceive the eye, by a list of its own, to find holes in the module's. */
const deceives = (text: string): boolean =>
  [...text].some((character) => {
    const code = character.codePointAt(0) ?? 0
    return (
      code < 0x20 ||
      (code >= 0x7f && code <= 0xa0) ||
      code === 0xad ||
      [0x34f, 0x61c, 0x115f, 0x1160, 0x17b4, 0x17b5, 0x180e, 0x2800, 0x3000, 0x3164, 0xfeff, 0xffa0].includes(code) ||
      (code >= 0x2000 && code <= 0x200f) ||
      (code >= 0x2028 && code <= 0x202f) ||
      (code >= 0x205f && code <= 0x206f) ||
      (code >= 0xd800 && code <= 0xf8ff) ||
      (code >= 0xfe00 && code <= 0xfe0f) ||
      (code >= 0xfff0 && code <= 0xfffb) ||
      code >= 0xe0000
    )
  })

const texts = fc.oneof(
  fc.string({ unit: anyCharacter, maxLength: 200 }),
  fc.string({ unit: 'binary-ascii' }),
  fc.constantFrom(...corpus),
)

test.each(corpus.map((text) => [text]))('the text %j is shown without deceptive characters', (text) => {
  expect(deceives(inert(text))).toBe(false)
})

test('a shown text is one line without deceptive characters', () => {
  fc.assert(fc.property(texts, (text) => !deceives(inert(text)) && !inert(text).includes('\n')))
})

test.each([
  ['prod\u202etxt.exe', 'prod[U+202E]txt.exe'],
  ['one\r\n  two', 'one ⏎ two'],
  ['pro\u200bd', 'pro[U+200B]d'],
  ['<!channel> *x* & y', '<!channel> *x* & y'],
  ['São Paulo, Zürich, 東京, שלום', 'São Paulo, Zürich, 東京, שלום'],
  ['lone \ud800', 'lone [U+D800]'],
])('the text %j is shown as %j', (text, shown) => expect(inert(text)).toBe(shown))

test('an exact value can be read back', () => {
  const values = fc.oneof(texts, fc.jsonValue())
  fc.assert(fc.property(values, (value) => expect(JSON.parse(exact(value))).toEqual(JSON.parse(JSON.stringify(value)))))
})

test('an exact value is one line without deceptive characters', () => {
  fc.assert(fc.property(texts, (text) => !deceives(exact(text)) && !exact(text).includes('\n')))
})

test.each([
  ['on\u200b', '"on\\u200b"'],
  ['on ', '"on "'],
  [0, '0'],
  ['0', '"0"'],
  ['a"b\\', '"a\\"b\\\\"'],
  ['\u0338x', '"\\u0338x"'],
  ['\u{e0041}', '"\\udb40\\udc41"'],
])('the value %j is shown as %j', (value, shown) => expect(exact(value)).toBe(shown))

test('a long text is cut, with the number of missing characters', () => {
  expect(clamp('abcdef', 6)).toEqual({ text: 'abcdef', cut: false })
  expect(clamp('abcdefg', 6)).toEqual({ text: 'abcdef…+1 characters', cut: true })
})

test('a long text is cut between characters, never inside one or inside an escape', () => {
  expect(clamp('💣💣💣', 2).text).toBe('💣💣…+1 characters')
  expect(clamp(exact('ab\u202ecd'), 6).text).toBe('"ab…+9 characters')
  expect(clamp(inert('ab\u202ecd'), 5).text).toBe('ab…+10 characters')
})

const [mixed, passes, digits] = [
  'mixes alphabets that look alike',
  'has characters that pass for others',
  'has digits that are not 0 to 9',
]
test.each([
  ['раураl', mixed],
  ['Αdmin', mixed],
  ['/prod/сору/x', mixed],
  ['pаypal ქ', mixed],
  ['adminა', mixed],
  ['ꓮdmin', mixed],
  ['ｐｒｏｄ', passes],
  ['𝐩rod', passes],
  ['e\u0301', passes],
  ['٣', digits],
  ['1৪', digits],
  ['раｕl', `${mixed}, ${passes}`],
])('the text %s is noted: %s', (text, note) => expect(lookalikeNote(text)).toBe(`   ← ${note}`))

test.each(['', 'paypal', 'почта', '東京 tower', 'Tシャツ', 'é', 'café 3', 'נתיב and path', 'a\u0331'])(
  'the text %s needs no note',
  (text) => expect(lookalikeNote(text)).toBe(''),
)

test('the warning for JSON goes by its texts and names, and not by the letters of its escapes', () => {
  for (const text of ['a\n\u0627', 'a\u0627', 'plain']) {
    expect(noteOfJson(text)).toBe(lookalikeNote(text))
    expect(noteOfJson({ list: [text, 1, null] })).toBe(lookalikeNote(`list\n${text}`))
  }
  expect(noteOfJson('a\n\u0627')).toBe('')
})
