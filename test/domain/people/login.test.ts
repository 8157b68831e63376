import fc from 'fast-check'
import { personIn, readNonce, sessionOf, writeNonce } from '../../../functions/domain/people/login.ts'
import type { Person } from '../../../functions/domain/people/organisation.ts'
import type { Digest, PersonId } from '../../../functions/domain/values.ts'

const base64url = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const digests = fc
  .string({ unit: fc.constantFrom(...base64url), minLength: 43, maxLength: 43 })
  .map((text) => `sha-256:${text}` as Digest)
const nonces = fc.record(
  {
    verdict: fc.constantFrom('approve', 'deny'),
    round: fc.integer({ min: 1, max: 9999 }),
    digest: digests,
    less: digests,
    random: fc.string({ unit: fc.constantFrom(...base64url), minLength: 43, maxLength: 43 }),
  },
  { requiredKeys: ['verdict', 'round', 'digest', 'random'] },
)

test('a nonce is read as it was written', () =>
  fc.assert(fc.property(nonces, (nonce) => expect(readNonce(writeNonce(nonce))).toEqual(nonce))))

test('a nonce in another form is not read', () => {
  fc.assert(fc.property(fc.string(), (text) => expect(readNonce(text)).toBeUndefined()))
  const [good] = fc.sample(nonces, 1).map(writeNonce)
  for (const bad of [`${good}~x`, `x${good}`, good?.replace('~', '~~'), good?.replace('sha-256', 'sha-1'), 1, null])
    expect(readNonce(bad)).toBeUndefined()
})

const ana: Person = {
  id: 'person:ana' as PersonId,
  name: 'Ana',
  identities: [{ issuer: 'people', subject: 'ana', claims: { tenant: 't1' } }],
  status: 'active',
}
const identity = { issuer: 'people', subject: 'ana', claims: { tenant: 't1', email: 'ana@example.com' } }
const session = sessionOf(ana, { identity }, { people: [ana], groups: {} }, 1000)

test('a session keeps the groups of its login for its whole life', () => {
  const sre = { source: { claim: 'eng-sre' }, tiers: 1, breakGlass: false }
  const directory = { people: [ana], groups: { sre: [] }, sources: { sre } }
  const claimed = sessionOf(ana, { identity, groups: ['eng-sre', 'eng-all'] }, directory, 1000)
  expect(claimed.claimed).toEqual({ groups: ['sre'], until: claimed.expiresAt })
  expect(JSON.stringify(claimed)).not.toContain('eng-all')
  expect(session).not.toHaveProperty('claimed')
})

test('a session does not keep an e-mail address', () => expect(JSON.stringify(session)).not.toContain('example.com'))
test("a session is its person's while the directory says so", () =>
  expect(personIn(session, { people: [ana], groups: {} }, 1001)).toBe(ana))
test('a session is void once the directory pins another claim', () => {
  const moved: Person = { ...ana, identities: [{ issuer: 'people', subject: 'ana', claims: { tenant: 't2' } }] }
  expect(personIn(session, { people: [moved], groups: {} }, 1001)).toBeUndefined()
})
test('a session does not pass to a person who takes over the identity', () => {
  const ben: Person = { ...ana, id: 'person:ben' as PersonId }
  expect(personIn(session, { people: [ben], groups: {} }, 1001)).toBeUndefined()
})
