import { JoseIdTokens } from '../../functions/adapters/jose/login-checks.ts'
import type { OidcIssuer } from '../../functions/domain/people/identity-issuer.ts'
import { type KeyServer, startKeyServer } from '../adapters/jose/key-server.ts'
import { type Key, maced, makeKey, part, signed } from '../adapters/jose/tokens.ts'
import { MemoryClock } from '../support/memory-clock.ts'
import { start } from '../support/world.ts'

/** ID tokens of people's logins (OpenID Connect Core 3.1.3.7): the accepted ones, and the claims read from them. */

const idp = 'https://id.example.org'
const clientId = 'hotwork-browser'
const nonce = 'n'.repeat(43)
let key: Key
let stranger: Key
let server: KeyServer
let tokens: JoseIdTokens
beforeAll(async () => {
  ;[key, stranger] = [await makeKey(), await makeKey()]
})
beforeEach(async () => {
  server = await startKeyServer(key)
  const issuer: OidcIssuer = { issuer: idp, jwksUri: server.url, audience: '{issuer}/people', algorithms: ['ES256'] }
  tokens = new JoseIdTokens({ alias: 'people', issuer, clientId }, new MemoryClock(start))
})
afterEach(() => server.close())

const claims = {
  iss: idp,
  sub: 'person-ana',
  aud: clientId,
  iat: start,
  exp: start + 300,
  nonce,
  acr: 'strong',
  auth_time: start - 5,
}
const token = (changes: object = {}, by = key, header: object = {}) =>
  signed(by, { alg: 'ES256', kid: by.kid, ...header }, { ...claims, ...changes })

test('a valid ID token has the person, the strength and time of the login, and its own evidence', async () => {
  const idToken = token()
  expect(await tokens.verify(idToken, nonce)).toMatchObject({
    ok: true,
    value: {
      identity: { issuer: 'people', subject: 'person-ana' },
      acr: 'strong',
      at: start - 5,
      evidence: { idToken, key: { kty: 'EC', crv: 'P-256', x: key.jwk.x, y: key.jwk.y, kid: key.kid } },
    },
  })
})

test("an ID token's evidence has the public key alone", async () => {
  const verified = await tokens.verify(token(), nonce)
  expect(verified.ok && Object.keys(verified.value.evidence.key).sort()).toEqual(['crv', 'kid', 'kty', 'x', 'y'])
})

test.each<[rule: string, () => string]>([
  ['of another login', () => token({ nonce: 'x'.repeat(43) })],
  ['of no login', () => token({ nonce: undefined })],
  ['for another client', () => token({ aud: 'another' })],
  ['for another client too', () => token({ aud: [clientId, 'another'] })],
  ["that is a person's token for the API", () => token({ aud: 'https://hotwork.example/people' })],
  ['of another provider', () => token({ iss: 'https://evil.example' })],
  ['signed by a key that is not the provider’s', () => token({}, stranger)],
  ['that names the provider’s key and is signed by another', () => token({}, stranger, { kid: key.kid })],
  ['that is not signed', () => `${part({ alg: 'none' })}.${part(claims)}.`],
  ['HMAC-signed with the public key', () => maced(JSON.stringify(key.jwk), { alg: 'HS256', kid: key.kid }, claims)],
  ['that has expired', () => token({ exp: start - 31 })],
  ['without an end', () => token({ exp: undefined })],
  ['made ahead of time', () => token({ iat: start + 31 })],
  ['of a login that has not happened yet', () => token({ auth_time: start + 31 })],
  ['with an invalid time of login', () => token({ auth_time: 'now' })],
  ['without a subject', () => token({ sub: undefined })],
  ['of another `typ`', () => token({}, key, { typ: 'dpop+jwt' })],
  ['that is no JWT', () => 'a.b'],
])('an ID token %s is refused', async (_rule, make) =>
  expect(await tokens.verify(make(), nonce)).toMatchObject({ ok: false, code: 'login_failed' }),
)

test('an ID token whose keys cannot be had is a fault, and no refusal', async () => {
  server.mood = 'broken'
  await expect(tokens.verify(token(), nonce)).rejects.toMatchObject({ name: 'IssuerUnavailable' })
})
