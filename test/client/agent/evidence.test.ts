import { type Evidence, wireEvidence } from '../../../client/agent/evidence.ts'

/** Evidence of a call, before it is sent. */

test('evidence has the names of the wire', () => {
  const text = { title: 'errors', text: '# one', mediaType: 'text/markdown' } as const
  expect(wireEvidence([text, { title: 'p99', url: 'https://graphs.example.com' }])).toEqual([
    { title: 'errors', text: '# one', media_type: 'text/markdown' },
    { title: 'p99', url: 'https://graphs.example.com' },
  ])
})

test.each<[what: string, evidence: unknown, says: RegExp]>([
  ['no list', { title: 'a' }, /`evidence` is not a list/],
  ['no title', [{ title: 'a' }, { text: 'b' }], /`evidence\[1\]\.title` is missing/],
  ['a number', [{ title: 'a', text: 7 }], /`evidence\[0\]\.text` is not a text/],
  ['an unknown member', [{ title: 'a', media_type: 'text/plain' }], /`evidence\[0\]\.media_type` is no member/],
])('evidence with %s is wrong usage that names the member', (_, evidence, says) => {
  expect(() => wireEvidence(evidence as Evidence[])).toThrow(says)
})
