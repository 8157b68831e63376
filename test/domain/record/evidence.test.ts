import { createHash } from 'node:crypto'
import { EvidenceBody, evidenceOf } from '../../../functions/domain/record/evidence.ts'
import { whatIsWrong } from '../../../functions/domain/what-is-wrong.ts'

/** The form, the bounds and the digest of evidence. */

const wrongWith = (evidence: unknown): string | undefined => {
  const { error } = EvidenceBody.safeParse(evidence)
  return error && whatIsWrong(error, 'evidence')
}
const item = { title: 'p99' }

test('an item has a title, and may have an address, a text and its media type', () => {
  const whole = { ...item, url: 'https://graphs.example.com/d/1', text: '# p99', media_type: 'text/markdown' }
  expect(wrongWith([item, whole, { ...item, text: '{}', media_type: 'application/json' }])).toBeUndefined()
})

test.each<[what: string, evidence: unknown, says: RegExp]>([
  ['no list', item, /`evidence`/],
  ['six items', Array(6).fill(item), /`evidence`: should have at most 5 items: leave out/],
  ['an item without a title', [item, { text: 'x' }], /`1\.title`/],
  ['an empty title', [{ title: '' }], /`0\.title`: should have 1 to 256 characters/],
  ['a title of 257 characters', [{ title: 'x'.repeat(257) }], /`0\.title`: should have 1 to 256 characters/],
  ['an empty text', [{ ...item, text: '' }], /`0\.text`: should not be empty: leave it out/],
  ['a text that is an object', [{ ...item, text: {} }], /`0\.text` should be a text/],
  ['HTML', [{ ...item, text: '<p>', media_type: 'text/html' }], /`0\.media_type` should be `text\/plain` or `text\/ma/],
  [
    'texts over 32 KiB together',
    [
      { ...item, text: 'é'.repeat(8192) },
      { ...item, text: 'x'.repeat(16_380) },
    ],
    /32768 bytes/,
  ],
])('evidence with %s is refused, with the member and the fix', (_, evidence, says) => {
  expect(wrongWith(evidence)).toMatch(says)
})

test('titles, addresses and texts may have 32 KiB together in UTF-8', () => {
  const text = 'é'.repeat((32_768 - item.title.length - 1) / 2)
  expect(wrongWith([{ title: `${item.title}.`, text }])).toBeUndefined()
  expect(wrongWith([{ title: `${item.title}..`, text }])).toMatch(/shorten the texts/)
})

test('the digest of an item is over its members in canonical form, and no list means none', () => {
  const said = { title: 'p99', url: 'https://graphs.example.com/d/1', media_type: 'text/markdown' as const, text: 'x' }
  const canonical = '{"media_type":"text/markdown","text":"x","title":"p99","url":"https://graphs.example.com/d/1"}'
  const sum = createHash('sha256').update(`hotwork.evidence.v1\n${canonical}`).digest('base64url')
  expect(evidenceOf([said])).toEqual([{ ...said, digest: `sha-256:${sum}` }])
  expect(evidenceOf([])).toBeUndefined()
})

test('another title, address, text or media type is another digest', () => {
  const of = (changes: object) =>
    evidenceOf([{ title: 'a', url: 'b', text: 'c', media_type: 'text/plain', ...changes }])
  const all = [{}, { title: 'x' }, { url: 'x' }, { text: 'x' }, { media_type: undefined }, { title: 'b', url: 'a' }]
  expect(new Set(all.map((changes) => of(changes)?.[0]?.digest)).size).toBe(all.length)
})
