import fc from 'fast-check'
import { AccessTokenVerifier } from '../../../functions/adapters/jose/access-token.ts'
import { verifyDpop } from '../../../functions/adapters/jose/dpop.ts'
import { IdentityVerifier } from '../../../functions/adapters/jose/identity.ts'
import { anyCharacter } from '../../support/any-character.ts'
import { submittedAt } from '../../support/ask.ts'
import { MemorySigner } from '../../support/credentials/memory-signer.ts'
import { MemoryClock } from '../../support/memory-clock.ts'
import { makeKey, part, signed } from './tokens.ts'

const own = 'https://hotwork.example'
const now = submittedAt

/** Headers and claims of the right names with anything in them, and texts that are no tokens at all. */
const header = fc.record(
  {
    alg: fc.oneof(fc.constantFrom('ES256', 'none', 'HS256', 'RS256'), fc.jsonValue()),
    typ: fc.oneof(fc.constantFrom('at+jwt', 'dpop+jwt', 'JWT'), fc.jsonValue()),
    kid: fc.jsonValue(),
    jwk: fc.jsonValue(),
    crit: fc.jsonValue(),
  },
  { requiredKeys: [] },
)
const claims = fc.dictionary(
  fc.constantFrom('iss', 'sub', 'aud', 'exp', 'iat', 'nbf', 'jti', 'htm', 'htu', 'ath', 'txn', 'cnf', '__proto__'),
  fc.oneof(fc.constantFrom<unknown>(own, `${own}/aws`, now, 'POST'), fc.jsonValue()),
)

test('garbage as a token is refused by a value: nothing is thrown and nothing is accepted', async () => {
  const [key, clock] = [await makeKey(), new MemoryClock(now)]
  const access = new AccessTokenVerifier(own, new MemorySigner(), clock)
  // Its keys are never fetched: nothing listens on port 9, and a token that names this issuer would be in doubt.
  const issuer = {
    issuer: 'https://idp.example',
    jwksUri: 'http://127.0.0.1:9/',
    audience: own,
    algorithms: ['ES256' as const],
  }
  const identity = new IdentityVerifier({ idp: issuer }, own, clock)
  const token = fc.oneof(
    { weight: 3, arbitrary: fc.tuple(header, claims).map(([head, body]) => signed(key, head, body)) },
    fc.tuple(fc.json(), fc.json(), fc.string()).map((parts) => parts.map(part).join('.')),
    fc.string({ unit: anyCharacter }),
  )
  await fc.assert(
    fc.asyncProperty(token, async (text) => {
      const verified = [
        await access.verify(text, `${own}/aws`),
        await identity.verify(text),
        await verifyDpop({ proof: text, method: 'POST', url: `${own}/token`, now }),
      ]
      expect(verified.map(({ ok }) => ok)).toEqual([false, false, false])
    }),
    { numRuns: 1000 },
  )
}, 60_000)
