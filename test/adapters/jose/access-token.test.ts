import { AccessTokenVerifier } from '../../../functions/adapters/jose/access-token.ts'
import type { JsonObject } from '../../../functions/domain/values.ts'
import type { KeySet } from '../../../functions/operations/credentials/ports.ts'
import { KeyUnavailable } from '../../../functions/operations/faults.ts'
import { agentKey, credentialId, remediator, requestId, submittedAt } from '../../support/ask.ts'
import { MemorySigner } from '../../support/credentials/memory-signer.ts'
import { MemoryClock } from '../../support/memory-clock.ts'
import { accessClaims, audience, issuer, type Key, maced, makeKey, part, signed } from './tokens.ts'

const now = submittedAt
const claims = accessClaims()
const without = (claim: keyof typeof claims) => {
  const { [claim]: _, ...rest } = claims
  return rest
}
const accepted = {
  ok: true,
  value: {
    jti: credentialId(1),
    request: requestId(1),
    agent: remediator,
    audience,
    jkt: agentKey,
    expiresAt: now + 900,
  },
}

/** A key set that counts its readings. */
class Published implements KeySet {
  keys: readonly Key[]
  asked = 0
  constructor(...keys: readonly Key[]) {
    this.keys = keys
  }
  async jwks() {
    this.asked += 1
    return { keys: this.keys.map(({ jwk, kid }) => ({ ...jwk, kid, alg: 'ES256', use: 'sig' }) as JsonObject) }
  }
}

let key: Key
let stranger: Key
let published: Published
let clock: MemoryClock
let verifier: AccessTokenVerifier
const header = (rest: object = {}) => ({ alg: 'ES256', typ: 'at+jwt', kid: key.kid, ...rest })
beforeAll(async () => {
  ;[key, stranger] = [await makeKey(), await makeKey()]
})
beforeEach(() => {
  published = new Published(key)
  clock = new MemoryClock(now)
  verifier = new AccessTokenVerifier(issuer, published, clock)
})

test('an access token of the signer gives its bearer, request, key and end', async () => {
  const signer = new MemorySigner()
  const ours = new AccessTokenVerifier(issuer, signer, clock)
  expect(await ours.verify(await signer.sign('at+jwt', claims as unknown as JsonObject), audience)).toEqual(accepted)
})

test("a person's access token is for an opening, an agent's for a request", async () => {
  const [request, agent] = [requestId(1).replace('req_', 'bgl_'), 'person:jade']
  const theirs = { ...claims, sub: agent, txn: request }
  expect(await verifier.verify(signed(key, header(), theirs), audience)).toEqual({
    ...accepted,
    value: { ...accepted.value, request, agent },
  })
  expect(await verifier.verify(signed(key, header(), { ...claims, txn: request }), audience)).toEqual({
    ok: false,
    code: 'token_invalid',
  })
})

test('an access token may carry unknown claims', async () => {
  const more = { ...claims, scope: 'all', 'https://x.example/y': [1] }
  expect(await verifier.verify(signed(key, header(), more), audience)).toEqual(accepted)
})

test("a delegated access token is its bearer's, the outermost actor", async () => {
  const act = { sub: 'agent:builder', act: { sub: 'agent:second' } }
  const delegated = await verifier.verify(signed(key, header(), { ...claims, act }), audience)
  expect(delegated).toEqual({ ...accepted, value: { ...accepted.value, agent: 'agent:builder' } })
})

test('an access token is recognised for any audience, with its claims, by the same other rules', async () => {
  const known = await verifier.recognise(signed(key, header(), claims))
  expect(known).toEqual({ ...accepted, value: { ...accepted.value, claims } })
  const other = await verifier.recognise(signed(key, header(), { ...claims, aud: 'https://flags.example' }))
  expect(other).toMatchObject({ ok: true, value: { audience: 'https://flags.example' } })
  for (const bad of [
    signed(stranger, header(), claims),
    signed(key, header({ typ: 'JWT' }), claims),
    signed(key, header(), { ...claims, iss: 'https://evil.example' }),
    signed(key, header(), { ...claims, aud: [audience] }),
    signed(key, header(), without('aud')),
  ])
    expect(await verifier.recognise(bad)).toEqual({ ok: false, code: 'token_invalid' })
  clock.advance(900)
  expect(await verifier.recognise(signed(key, header(), claims))).toEqual({ ok: false, code: 'token_expired' })
  expect(await verifier.recognise('no token')).toEqual({ ok: false, code: 'token_malformed' })
})

test('an access token ends to the second, despite the clock tolerance', async () => {
  const token = signed(key, header(), claims)
  clock.advance(899)
  expect((await verifier.verify(token, audience)).ok).toBe(true)
  clock.advance(1)
  expect(await verifier.verify(token, audience)).toEqual({ ok: false, code: 'token_expired' })
  clock.advance(100)
  expect(await verifier.verify(token, audience)).toEqual({ ok: false, code: 'token_expired' })
})

test('an access token from a Lambda whose clock is slightly ahead is valid at once', async () => {
  const early = { ...claims, iat: now + 20, nbf: now + 20 }
  expect((await verifier.verify(signed(key, header(), early), audience)).ok).toBe(true)
  const far = { ...claims, iat: now + 31, nbf: now + 31 }
  expect(await verifier.verify(signed(key, header(), far), audience)).toEqual({ ok: false, code: 'token_invalid' })
})

test.each<[what: string, make: () => string]>([
  ['has no algorithm', () => `${part({ alg: 'none', typ: 'at+jwt' })}.${part(claims)}.`],
  ['has no algorithm but a signature', () => signed(key, header({ alg: 'none' }), claims)],
  ['says None in other letters', () => signed(key, header({ alg: 'nOnE' }), claims)],
  [
    'is an HMAC by the public key in PEM',
    () => maced(key.publicKey.export({ format: 'pem', type: 'spki' }), header({ alg: 'HS256' }), claims),
  ],
  [
    'is an HMAC by the public key in DER',
    () => maced(key.publicKey.export({ format: 'der', type: 'spki' }), header({ alg: 'HS256' }), claims),
  ],
  ['is an HMAC by the public key as a JWK', () => maced(JSON.stringify(key.jwk), header({ alg: 'HS256' }), claims)],
  ['says ES384', () => signed(key, header({ alg: 'ES384' }), claims)],
  ['has an unknown critical header', () => signed(key, header({ crit: ['x'], x: 1 }), claims)],
  ['has an unencoded payload (b64)', () => signed(key, header({ crit: ['b64'], b64: false }), claims)],
  ['brings its own key', () => signed(stranger, header({ jwk: stranger.jwk, kid: undefined }), claims)],
  ['points to a key of its own', () => signed(stranger, header({ jku: 'https://evil.example/jwks' }), claims)],
  ['is signed by another key', () => signed(stranger, header(), claims)],
  ['names no published key', () => signed(key, header({ kid: stranger.kid }), claims)],
  ['names a path for its key', () => signed(key, header({ kid: '../../../dev/null' }), claims)],
  ['names a number for its key', () => signed(key, header({ kid: 7 }), claims)],
  ['has another letter in it', () => signed(key, header(), claims).replace(/.\./, (dot) => `A${dot.slice(1)}`)],
  ['has a signature of zeros', () => `${part(header())}.${part(claims)}.${part('\0'.repeat(64))}`],
  ['has a signature cut short', () => signed(key, header(), claims).slice(0, -4)],
  ['is a DPoP proof by its type', () => signed(key, header({ typ: 'dpop+jwt' }), claims)],
  ['has no type', () => signed(key, header({ typ: undefined }), claims)],
  ['is a plain JWT by its type', () => signed(key, header({ typ: 'JWT' }), claims)],
  ['is from another issuer', () => signed(key, header(), { ...claims, iss: 'https://evil.example' })],
  ['is from an issuer that begins like ours', () => signed(key, header(), { ...claims, iss: `${issuer}.evil` })],
  ['is for another audience', () => signed(key, header(), { ...claims, aud: 'https://flags.example' })],
  ['is for an audience that begins like it', () => signed(key, header(), { ...claims, aud: `${audience}/x` })],
  ['is for it and for another', () => signed(key, header(), { ...claims, aud: [audience, 'https://b.example'] })],
  ['has its audience in a list', () => signed(key, header(), { ...claims, aud: [audience] })],
  ['has its end as a text', () => signed(key, header(), { ...claims, exp: `${now + 900}` })],
  ['has a foreign id', () => signed(key, header(), { ...claims, jti: '../crd' })],
  ['is for a person with a request', () => signed(key, header(), { ...claims, sub: 'person:ana' })],
  ['has no action', () => signed(key, header(), { ...claims, authorization_details: [] })],
  [
    'has two actions',
    () => {
      const [one] = claims.authorization_details
      return signed(key, header(), { ...claims, authorization_details: [one, one] })
    },
  ],
  ['has a key that is no thumbprint', () => signed(key, header(), { ...claims, cnf: { jkt: 'short' } })],
  ['is a list', () => signed(key, header(), [claims])],
  ['is no JSON', () => signed(key, header(), 'claims')],
  ...(Object.keys(claims) as (keyof typeof claims)[]).map((claim): [string, () => string] => [
    `lacks \`${claim}\``,
    () => signed(key, header(), without(claim)),
  ]),
])('an access token that %s is refused', async (_what, make) => {
  const refused = await verifier.verify(make(), audience)
  expect(refused.ok ? 'accepted' : refused.code).toMatch(/^token_(invalid|malformed)$/)
})

test.each<[what: string, token: string]>([
  ['is empty', ''],
  ['is one word', 'token'],
  ['has empty parts', '..'],
  ['has a hundred dots', `a${'.a'.repeat(100)}`],
  ['is of a megabyte', `${part('{"alg":"ES256"}')}.${'A'.repeat(1_000_000)}.AAAA`],
  ['names a key with ten thousand letters', `${part({ alg: 'ES256', kid: 'k'.repeat(10_000) })}.AAAA.AAAA`],
  ['has letters of the other base64', 'ab+/.ab==.ab'],
  ['has a line break', 'aaaa.bbbb.cccc\n'],
])('an access token that %s is refused before anything of it is parsed', async (_what, token) => {
  expect(await verifier.verify(token, audience)).toEqual({ ok: false, code: 'token_malformed' })
  expect(published.asked).toBe(0)
})

test('an access token by a new key is verified at once, by another fetch of the keys', async () => {
  await verifier.verify(signed(key, header(), claims), audience)
  published.keys = [key, stranger]
  clock.advance(31)
  expect((await verifier.verify(signed(stranger, header({ kid: stranger.kid }), claims), audience)).ok).toBe(true)
  expect(published.asked).toBe(2)
})

test('access tokens with unknown keys are refused, with one fetch of our keys', async () => {
  for (let n = 0; n < 50; n++)
    expect((await verifier.verify(signed(key, header({ kid: `k${n}` }), claims), audience)).ok).toBe(false)
  expect(published.asked).toBe(1)
})

test('an access token is in doubt while our own keys cannot be fetched', async () => {
  const unavailable = { jwks: () => Promise.reject(new KeyUnavailable('KMS did not give the public key')) }
  const blind = new AccessTokenVerifier(issuer, unavailable, clock)
  await expect(blind.verify(signed(key, header(), claims), audience)).rejects.toThrow(KeyUnavailable)
})
