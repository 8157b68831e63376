import { jwtVerify } from 'jose'
import { CachedKeys } from '../../../functions/adapters/jose/cached-keys.ts'
import { IdentityVerifier } from '../../../functions/adapters/jose/identity.ts'
import type { Issuer } from '../../../functions/domain/people/identity-issuer.ts'
import { IssuerUnavailable, type KeyNotYetKnown } from '../../../functions/operations/faults.ts'
import { submittedAt } from '../../support/ask.ts'
import { MemoryClock } from '../../support/memory-clock.ts'
import { type KeyServer, publishedKey, startKeyServer } from './key-server.ts'
import { type Key, makeKey, signed, twin } from './tokens.ts'

const own = 'https://hotwork.example'
const idp = 'https://idp.example'
const now = submittedAt

let key: Key
let stranger: Key
let server: KeyServer
let clock: MemoryClock
let verifier: IdentityVerifier

const claims = { iss: idp, sub: 'remediator', aud: own, iat: now, exp: now + 300 }
const header = (rest: object = {}) => ({ alg: 'ES256', kid: key.kid, ...rest })
const token = (rest: object = {}, head: object = {}) => signed(key, header(head), { ...claims, ...rest })
const codeOf = async (text: string) => {
  const verified = await verifier.verify(text)
  return verified.ok ? 'accepted' : verified.code
}

beforeAll(async () => {
  ;[key, stranger] = [await makeKey(), await makeKey()]
})
beforeEach(async () => {
  server = await startKeyServer(key)
  clock = new MemoryClock(now)
  const at = (issuer: string, audience: string): Issuer => ({
    issuer,
    audience,
    jwksUri: server.url,
    algorithms: ['ES256'],
  })
  verifier = new IdentityVerifier(
    { workloads: at(idp, '{issuer}'), people: at(idp, '{issuer}/people'), other: at('https://b.example', 'hotwork') },
    own,
    clock,
  )
})
afterEach(() => server.close())

test('an identity token is for one issuer alias, by its issuer and its audience', async () => {
  const value = { issuer: idp, subject: 'remediator', claims: {}, issuedAt: now, expiresAt: now + 300 }
  expect(await verifier.verify(token())).toEqual({ ok: true, value: { ...value, alias: 'workloads' } })
  const person = token({ aud: `${own}/people`, sub: 'ana', acr: 'strong', auth_time: now - 20 })
  expect(await verifier.verify(person)).toEqual({
    ok: true,
    value: { ...value, alias: 'people', subject: 'ana', acr: 'strong', authTime: now - 20 },
  })
  const elsewhere = token({ iss: 'https://b.example', aud: 'hotwork' })
  expect(await verifier.verify(elsewhere)).toMatchObject({ ok: true, value: { alias: 'other' } })
})

test.each([undefined, 'JWT', 'JOSE', 'at+jwt', 'application/at+jwt'])(
  'an identity token may have the type %p',
  async (typ) => {
    expect(await codeOf(token({}, { typ }))).toBe('accepted')
  },
)

test.each<[what: string, code: string, make: () => string]>([
  ['is empty', 'token_malformed', () => ''],
  ['is no JSON', 'token_malformed', () => signed(key, header(), 'claims')],
  ['is for another issuer’s audience', 'audience_mismatch', () => token({ aud: 'hotwork' })],
  ['says a login that has not happened yet', 'token_invalid', () => token({ auth_time: now + 31 })],
  ['has no subject', 'token_invalid', () => token({ sub: undefined })],
  ['has an empty subject', 'token_invalid', () => token({ sub: '' })],
  ['has a number for a subject', 'token_invalid', () => token({ sub: 7 })],
  ['is a logout by its type', 'token_invalid', () => token({}, { typ: 'logout+jwt' })],
  ['is an event by its type', 'token_invalid', () => token({}, { typ: 'secevent+jwt' })],
  ['says an algorithm that its issuer does not use', 'token_invalid', () => token({}, { alg: 'ES384' })],
])('an identity token that %s is refused: %s', async (_what, code, make) => {
  expect(await codeOf(make())).toBe(code)
})

test('an identity token is valid for half a minute past its end, for clocks that differ', async () => {
  clock.advance(329)
  expect(await codeOf(token())).toBe('accepted')
  clock.advance(1)
  expect(await codeOf(token())).toBe('token_expired')
})

test('an identity token and its twin with the other S prove the same', async () => {
  expect(await verifier.verify(twin(token()))).toEqual(await verifier.verify(token()))
})

test('concurrent identity tokens share one fetch of the keys, even under two aliases of one issuer', async () => {
  await Promise.all(Array.from({ length: 20 }, (_, n) => codeOf(token(n % 2 ? {} : { aud: `${own}/people` }))))
  expect(server.visits).toBe(1)
})

test('an identity token by a key published since the last fetch is in doubt, with the time to retry', async () => {
  await codeOf(token())
  server.keys = [publishedKey(stranger)]
  clock.advance(12)
  const early = signed(stranger, header({ kid: stranger.kid }), claims)
  const fault = await codeOf(early).catch((thrown: KeyNotYetKnown) => thrown)
  expect(fault).toMatchObject({ name: 'KeyNotYetKnown', retryAfterSeconds: 18 })
  clock.advance(18)
  expect(await codeOf(early)).toBe('accepted')
})

test('an identity token by the key of another listed issuer is refused', async () => {
  const elsewhere = await startKeyServer(stranger)
  const at = (issuer: string, jwksUri: string): Issuer => ({ issuer, jwksUri, audience: own, algorithms: ['ES256'] })
  verifier = new IdentityVerifier({ a: at(idp, server.url), b: at('https://b.example', elsewhere.url) }, own, clock)
  const theirs = signed(stranger, header({ kid: stranger.kid }), { ...claims, iss: 'https://b.example' })
  expect(await codeOf(theirs)).toBe('accepted')
  expect(await codeOf(signed(stranger, header({ kid: stranger.kid }), claims))).toBe('token_invalid')
  await elsewhere.close()
})

test('an identity token by a SPIFFE key is accepted, despite its unusual use', async () => {
  server.keys = [
    { ...stranger.jwk, use: 'x509-svid', x5c: ['AA'] },
    { ...key.jwk, kid: key.kid, use: 'jwt-svid' },
  ]
  expect(await codeOf(token())).toBe('accepted')
})

test('an identity token is verified if the first fetch fails and the next succeeds', async () => {
  let fetches = 0
  const keys = new CachedKeys(async () => {
    fetches += 1
    if (fetches === 1) throw new IssuerUnavailable('the issuer is busy')
    return { keys: [{ ...key.jwk, kid: key.kid }] }
  }, clock)
  await expect(jwtVerify(token(), keys.keyFor, { currentDate: new Date(now * 1000) })).resolves.toBeDefined()
  expect(fetches).toBe(2)
})
