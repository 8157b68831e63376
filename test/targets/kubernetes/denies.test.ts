import type { Deny } from '../../../functions/domain/credentials/denies.ts'
import { dataOf, isTooMuch, revocableBy } from '../../../functions/targets/kubernetes/rules/denies.ts'
import { credentialId, sampleAsk, submittedAt } from '../../support/ask.ts'

const ask = sampleAsk()
const groups = revocableBy(ask, credentialId(1))
const until = submittedAt + 900

/** The test of the cluster's policy. */
const isRevoked = (denies: readonly Deny[]): boolean => {
  const data = dataOf(denies)
  return groups.some((group) => String(submittedAt) < (data[group] ?? ''))
}

test.each<Deny>([
  { tag: 'hotwork:request', value: ask.id, until },
  { tag: 'hotwork:credential', value: credentialId(1), until },
  { tag: 'hotwork:agent', value: ask.agent.id, until, issuedBefore: submittedAt + 1 },
  { tag: 'hotwork:owner', value: ask.owner, until, issuedBefore: submittedAt + 1 },
  { tag: '*', value: '*', until, issuedBefore: submittedAt + 1 },
])('a token is revoked by a deny of $tag', (deny) => {
  expect(isRevoked([deny])).toBe(true)
})

test.each<Deny>([
  { tag: 'hotwork:credential', value: credentialId(2), until },
  { tag: 'hotwork:agent', value: ask.id, until },
  { tag: '*', value: '*', until, issuedBefore: submittedAt },
])('a token of another name, or issued later, is not revoked by a deny of $tag', (deny) => {
  expect(isRevoked([deny])).toBe(false)
})

test('two denies of one name count with the later time', () => {
  const deny = { tag: '*', value: '*', until } as const
  expect(
    dataOf([
      { ...deny, issuedBefore: 7 },
      { ...deny, issuedBefore: 12 },
      { ...deny, issuedBefore: 9 },
    ]),
  ).toEqual({
    all: '0000000012',
  })
})

test('keys have the characters of a ConfigMap, and say no name', () => {
  expect(groups).toHaveLength(5)
  for (const key of groups) expect(key).toMatch(/^(all|(request|credential|agent|owner)\.[\w-]{22})$/)
})

test('22,000 revocations are too much for a ConfigMap, and 10,000 are not', () => {
  const many = (count: number) =>
    dataOf(Array.from({ length: count }, (_, at) => ({ tag: 'hotwork:agent' as const, value: `agent:${at}`, until })))
  expect([10_000, 22_000].map((count) => isTooMuch(many(count)))).toEqual([false, true])
})
