import { createHash, generateKeyPairSync, sign as signWith } from 'node:crypto'
import { generateKeyPair, generateProof } from 'dpop'
import { calculateJwkThumbprint } from 'jose'
import { type DpopAsk, rememberUntil, replayKey, verifyDpop } from '../../../functions/adapters/jose/dpop.ts'
import { agentKey, otherKey, submittedAt } from '../../support/ask.ts'
import { type Key, maced, makeKey, part, signed } from './tokens.ts'

const now = submittedAt
const url = 'https://hotwork.example/token'
const claims = { jti: 'proof-1', htm: 'POST', htu: url, iat: now }
const token = 'header.payload.signature'
const otherHash = 'ZB5S7zGzO7Mh9MZfbIJX8rW4bKgBp5e9-m0nS2iX9oc'

let key: Key
let stranger: Key
beforeAll(async () => {
  ;[key, stranger] = [await makeKey(), await makeKey()]
})
const header = (rest: object = {}) => ({ typ: 'dpop+jwt', alg: 'ES256', jwk: key.jwk, ...rest })
const proof = (rest: object = {}, head: object = {}) => signed(key, header(head), { ...claims, ...rest })
const verify = (text: string, rest: Partial<DpopAsk> = {}) =>
  verifyDpop({ proof: text, method: 'POST', url, now, ...rest })
const detailOf = async (text: string, rest: Partial<DpopAsk> = {}) => {
  const verified = await verify(text, rest)
  return verified.ok ? 'accepted' : verified.detail
}

test('a DPoP proof proves its key by the thumbprint', async () => {
  expect(await verify(proof())).toEqual({ ok: true, value: { jkt: key.kid, jti: 'proof-1', issuedAt: now } })
})

test('a DPoP proof of a client library is accepted, with a token and without', async () => {
  const pair = await generateKeyPair('ES256', { extractable: true })
  const at = Math.floor(Date.now() / 1000)
  const bare = await generateProof(pair, url, 'POST')
  const bound = await generateProof(pair, url, 'POST', undefined, token)
  const { kty, crv, x, y } = await crypto.subtle.exportKey('jwk', pair.publicKey)
  const jkt = await calculateJwkThumbprint({ kty, crv, x, y } as Key['jwk'])
  expect(await verify(bare, { now: at })).toMatchObject({ ok: true, value: { jkt } })
  expect(await verify(bound, { now: at, accessToken: token })).toMatchObject({ ok: true, value: { jkt } })
  expect((await verify(bare, { now: at, accessToken: token })).ok).toBe(false)
})

test.each<[what: string, make: () => string]>([
  ['is empty', () => ''],
  ['is two proofs in one header', () => `${proof()}, ${proof()}`],
  ['is over 8 KB', () => proof({ jti: 'x', more: 'x'.repeat(9000) })],
  ['has no type', () => proof({}, { typ: undefined })],
  ['is an access token by its type', () => proof({}, { typ: 'at+jwt' })],
  ['has no key', () => proof({}, { jwk: undefined })],
  ['has a key that is no key', () => proof({}, { jwk: { kty: 'EC', crv: 'P-256', x: 'AA', y: 'AA' } })],
  ['has a key off the curve', () => proof({}, { jwk: { ...key.jwk, y: key.jwk.x } })],
  ['has its key as a text', () => proof({}, { jwk: JSON.stringify(key.jwk) })],
  ['has its private key in it', () => proof({}, { jwk: key.privateKey.export({ format: 'jwk' }) })],
  ['has a private member in its key', () => proof({}, { jwk: { ...key.jwk, k: 'AAAA' } })],
  ['brings another key than it was signed with', () => proof({}, { jwk: stranger.jwk })],
  ['points to a key instead', () => proof({}, { jwk: undefined, kid: key.kid, jku: 'https://evil.example' })],
  ['has no algorithm', () => `${part(header({ alg: 'none' }))}.${part(claims)}.`],
  ['is an HMAC by its own public key', () => maced(JSON.stringify(key.jwk), header({ alg: 'HS256' }), claims)],
  ['has an unknown critical header', () => proof({}, { crit: ['x'], x: 1 })],
  [
    'is RSA, which is not for proofs here',
    () => {
      const pair = generateKeyPairSync('rsa', { modulusLength: 2048 })
      const jwk = pair.publicKey.export({ format: 'jwk' })
      const input = `${part(header({ alg: 'RS256', jwk }))}.${part(claims)}`
      return `${input}.${signWith('sha256', Buffer.from(input), pair.privateKey).toString('base64url')}`
    },
  ],
  ['has expired by its own word', () => proof({ exp: now - 61 })],
  ['holds only later by its own word', () => proof({ nbf: now + 61 })],
])('a DPoP proof that %s is refused', async (_what, make) => {
  expect((await verify(make())).ok).toBe(false)
})

test.each<[what: string, claims: object]>([
  ['has no id', { jti: undefined }],
  ['has an empty id', { jti: '' }],
  ['has an id over 256 letters', { jti: 'x'.repeat(257) }],
  ['has a number for an id', { jti: 1 }],
  ['names no method', { htm: undefined }],
  ['names no address', { htu: undefined }],
  ['has no time', { iat: undefined }],
  ['has its time as a text', { iat: `${now}` }],
])('a DPoP proof that %s is incomplete', async (_what, rest) => {
  expect((await verify(proof(rest))).ok).toBe(false)
})

test('the id of a DPoP proof has 1 to 256 letters', async () => {
  expect(await detailOf(proof({ jti: 'x' }))).toBe('accepted')
  expect(await detailOf(proof({ jti: 'x'.repeat(256) }))).toBe('accepted')
})

test.each(['GET', 'post', 'POST '])('a DPoP proof is not for the method %p', async (htm) => {
  expect(await detailOf(proof({ htm }))).toContain('`htm`')
})

test.each([
  'https://hotwork.example/token?x=1',
  'https://hotwork.example/token#x',
  'HTTPS://HOTWORK.EXAMPLE/token',
  'https://hotwork.example:443/token',
  'https://hotwork.example/a/../token',
  'https://hotwork.example/%74oken',
])('a DPoP proof may spell its address %s', async (htu) => {
  expect(await detailOf(proof({ htu }))).toBe('accepted')
})

test('a DPoP proof may be for an address with escapes, in capitals or not', async () => {
  const here = 'https://hotwork.example/v1/requests/a%2Fb'
  expect(await detailOf(proof({ htu: here.replace('%2F', '%2f') }), { url: here })).toBe('accepted')
  expect(await detailOf(proof({ htu: here.replace('%2F', '/') }), { url: here })).toContain('`htu`')
})

test.each([
  'http://hotwork.example/token',
  'https://hotwork.example:8443/token',
  'https://hotwork.example/token/',
  'https://hotwork.example/Token',
  'https://hotwork.example.evil.example/token',
  'https://hotwork.example@evil.example/token',
  'https://user@hotwork.example/token',
  'https://hotwork.example/aws/credentials',
  '/token',
  'urn:token',
  '',
])('a DPoP proof is not for the address %p', async (htu) => {
  expect(await detailOf(proof({ htu }))).toContain('`htu`')
})

test.each([
  [-61, false],
  [-60, true],
  [0, true],
  [60, true],
  [61, false],
])('a DPoP proof made %d s from now is accepted: %p', async (after, accepted) => {
  expect((await verify(proof({ iat: now + after }))).ok).toBe(accepted)
})

test('a DPoP proof for a token is for that token alone', async () => {
  const hash = createHash('sha256').update(token).digest('base64url')
  expect(await detailOf(proof({ ath: hash }), { accessToken: token })).toBe('accepted')
  expect(await detailOf(proof({ ath: otherHash }), { accessToken: token })).toContain('`ath`')
  expect(await detailOf(proof({ ath: `${hash}=` }), { accessToken: token })).toContain('`ath`')
  expect(await detailOf(proof(), { accessToken: token })).toContain('`ath`')
})

test('the replay key of a DPoP proof covers its key and its id, in a fixed length', () => {
  const keys = [
    replayKey({ jkt: agentKey, jti: 'a' }),
    replayKey({ jkt: agentKey, jti: 'b' }),
    replayKey({ jkt: otherKey, jti: 'a' }),
    replayKey({ jkt: agentKey, jti: 'x'.repeat(256) }),
  ]
  expect(new Set(keys).size).toBe(4)
  for (const each of keys) expect(each).toMatch(/^SEEN#sha-256:[\w-]{43}$/)
})

test('a DPoP proof is remembered for as long as any clock of ours would accept it', () => {
  const lastAccepted = now + 60
  const lateClock = 30
  expect(rememberUntil({ issuedAt: now })).toBeGreaterThan(lastAccepted + lateClock)
})
