import fc from 'fast-check'
import { AccessTokenVerifier } from '../../../functions/adapters/jose/access-token.ts'
import { replayKey, verifyDpop } from '../../../functions/adapters/jose/dpop.ts'
import type { JsonObject } from '../../../functions/domain/values.ts'
import { credentialId, requestId, submittedAt } from '../../support/ask.ts'
import { MemoryClock } from '../../support/memory-clock.ts'
import { accessClaims, audience, issuer, type Key, makeKey, signed, twin } from './tokens.ts'

const now = submittedAt

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** The same bytes in other letters: the last of a signature's 86 has two bits that count and four that decoders skip. */
const otherLetters = (token: string, by: number) => {
  const last = letters.indexOf(token.slice(-1))
  return `${token.slice(0, -1)}${letters.charAt((last & 0b110000) | ((last + by) & 0b001111))}`
}

/** Changes of a signed token's text that keep its claims and its signature valid. */
const respelling = fc
  .record({ twice: fc.boolean(), by: fc.integer({ min: 0, max: 15 }) })
  .filter(({ twice, by }) => twice || by > 0)
  .map(
    ({ twice, by }) =>
      (token: string) =>
        otherLetters(twice ? twin(token) : token, by),
  )

/** The claims with a doubled `jti`: first the decoy, then the real one. */
const saidTwice = (claims: { jti: string }, decoy: string) =>
  JSON.stringify(claims).replace('{', `{"jti":${JSON.stringify(decoy)},`)

/** Tokens are remembered, denied and counted by an id, so that another spelling is never another token. */
let key: Key
beforeAll(async () => {
  key = await makeKey()
})

test('a respelled access token is the same credential or refused: by the other S, by skipped letters, with a doubled id', async () => {
  const jwks = { keys: [{ ...key.jwk, kid: key.kid, alg: 'ES256', use: 'sig' } as JsonObject] }
  const verifier = new AccessTokenVerifier(issuer, { jwks: async () => jwks }, new MemoryClock(now))
  const header = { alg: 'ES256', typ: 'at+jwt', kid: key.kid }
  let same = 0
  await fc.assert(
    fc.asyncProperty(fc.nat(999_999), fc.nat(999_999), fc.boolean(), respelling, async (n, m, doubled, respelled) => {
      const claims = accessClaims(n)
      const token = signed(key, header, doubled ? saidTwice(claims, credentialId(m)) : claims)
      const [as, otherwise] = [
        await verifier.verify(token, audience),
        await verifier.verify(respelled(token), audience),
      ]
      expect(as).toMatchObject({ ok: true, value: { jti: credentialId(n), request: requestId(n) } })
      if (!otherwise.ok) return
      expect(otherwise).toEqual(as)
      same += 1
    }),
    { numRuns: 300 },
  )
  expect(same).toBeGreaterThan(0)
})

test('a respelled proof is the same proof or refused: its replay key is equal', async () => {
  const url = `${issuer}/token`
  const header = { typ: 'dpop+jwt', alg: 'ES256', jwk: key.jwk }
  let same = 0
  await fc.assert(
    fc.asyncProperty(fc.uuid(), fc.uuid(), fc.boolean(), respelling, async (jti, decoy, doubled, respelled) => {
      const claims = { jti, htm: 'POST', htu: url, iat: now }
      const proof = signed(key, header, doubled ? saidTwice(claims, decoy) : claims)
      const seen = (text: string) => verifyDpop({ proof: text, method: 'POST', url, now })
      const [as, otherwise] = [await seen(proof), await seen(respelled(proof))]
      if (!as.ok) throw new Error(as.detail)
      expect(replayKey(as.value)).toBe(replayKey({ jkt: key.kid, jti } as never))
      if (!otherwise.ok) return
      expect(replayKey(otherwise.value)).toBe(replayKey(as.value))
      same += 1
    }),
    { numRuns: 300 },
  )
  expect(same).toBeGreaterThan(0)
})
