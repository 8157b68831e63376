import { inspect } from 'node:util'
import { jwtVerify } from 'jose'
import { CachedKeys } from '../../../functions/adapters/jose/cached-keys.ts'
import { IdentityVerifier } from '../../../functions/adapters/jose/identity.ts'
import type { Issuer } from '../../../functions/domain/people/identity-issuer.ts'
import { IssuerUnavailable, KeyNotYetKnown } from '../../../functions/operations/faults.ts'
import { submittedAt } from '../../support/ask.ts'
import { MemoryClock } from '../../support/memory-clock.ts'
import { type KeyServer, type Mood, startKeyServer } from './key-server.ts'
import { type Key, maced, makeKey, part, signed, twin } from './tokens.ts'

const own = 'https://hotwork.example'
const idp = 'https://idp.example'
const now = submittedAt

describe('an identity token', () => {
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

  test('says by its issuer and its audience whose it is, and what for', async () => {
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

  test.each([undefined, 'JWT', 'JOSE', 'at+jwt', 'application/at+jwt'])('may say of its type %p', async (typ) => {
    expect(await codeOf(token({}, { typ }))).toBe('accepted')
  })

  test.each<[what: string, code: string, make: () => string]>([
    ['is empty', 'token_malformed', () => ''],
    ['has empty parts', 'token_malformed', () => '..'],
    ['has a hundred dots', 'token_malformed', () => `a${'.a'.repeat(100)}`],
    ['is of a megabyte', 'token_malformed', () => `${part('{}')}.${'A'.repeat(1_000_000)}.AA`],
    ['names a key with ten thousand letters', 'token_malformed', () => token({}, { kid: 'k'.repeat(10_000) })],
    ['is no JSON', 'token_malformed', () => signed(key, header(), 'claims')],
    ['names no issuer', 'issuer_unknown', () => token({ iss: undefined })],
    ['is from somewhere else', 'issuer_unknown', () => token({ iss: 'https://evil.example' })],
    ['is from an issuer with a slash more', 'issuer_unknown', () => token({ iss: `${idp}/` })],
    ['is from us', 'issuer_unknown', () => token({ iss: own, aud: own })],
    ['is for nobody', 'audience_mismatch', () => token({ aud: undefined })],
    ['is for somebody else', 'audience_mismatch', () => token({ aud: 'https://payments.example' })],
    ['is for an audience that begins like ours', 'audience_mismatch', () => token({ aud: `${own}.evil.example` })],
    ['is for us and for another audience', 'audience_mismatch', () => token({ aud: [own, 'https://b.example'] })],
    ['is for us in a list', 'audience_mismatch', () => token({ aud: [own] })],
    ['is for another issuer’s audience', 'audience_mismatch', () => token({ aud: 'hotwork' })],
    ['has expired', 'token_expired', () => token({ iat: now - 400, exp: now - 30 })],
    ['has no end', 'token_invalid', () => token({ exp: undefined })],
    ['has no beginning', 'token_invalid', () => token({ iat: undefined })],
    ['was made in the future', 'token_invalid', () => token({ iat: now + 31 })],
    ['says a login that has not happened yet', 'token_invalid', () => token({ auth_time: now + 31 })],
    ['holds only later', 'token_invalid', () => token({ nbf: now + 31 })],
    ['has no subject', 'token_invalid', () => token({ sub: undefined })],
    ['has an empty subject', 'token_invalid', () => token({ sub: '' })],
    ['has a number for a subject', 'token_invalid', () => token({ sub: 7 })],
    ['is a DPoP proof by its type', 'token_invalid', () => token({}, { typ: 'dpop+jwt' })],
    ['is a logout by its type', 'token_invalid', () => token({}, { typ: 'logout+jwt' })],
    ['is an event by its type', 'token_invalid', () => token({}, { typ: 'secevent+jwt' })],
    ['has no algorithm', 'token_invalid', () => token({}, { alg: 'none' })],
    ['says an algorithm that its issuer does not use', 'token_invalid', () => token({}, { alg: 'ES384' })],
    ['demands what we do not know', 'token_invalid', () => token({}, { crit: ['x'], x: 1 })],
    ['is signed by somebody else', 'token_invalid', () => signed(stranger, header(), claims)],
    ['brings its own key', 'token_invalid', () => signed(stranger, header({ jwk: stranger.jwk }), claims)],
    ['names a path for its key', 'token_invalid', () => token({}, { kid: '../../etc/passwd' })],
    [
      'is an HMAC by the public key',
      'token_invalid',
      () => maced(key.publicKey.export({ format: 'pem', type: 'spki' }), header({ alg: 'HS256' }), claims),
    ],
  ])('that %s is refused: %s', async (_what, code, make) => {
    expect(await codeOf(make())).toBe(code)
  })

  test('holds for half a minute past its end, for clocks that differ', async () => {
    clock.advance(329)
    expect(await codeOf(token())).toBe('accepted')
    clock.advance(1)
    expect(await codeOf(token())).toBe('token_expired')
  })

  test('and its twin of the other S prove the same', async () => {
    expect(await verifier.verify(twin(token()))).toEqual(await verifier.verify(token()))
  })

  test('asks for its issuer’s keys once, however many come at once, and for two names of one issuer', async () => {
    await Promise.all(Array.from({ length: 20 }, (_, n) => codeOf(token(n % 2 ? {} : { aud: `${own}/people` }))))
    expect(server.visits).toBe(1)
  })

  test('that names an unknown key has them asked for again, once in half a minute', async () => {
    expect(await codeOf(token())).toBe('accepted')
    for (let n = 0; n < 20; n++) await expect(codeOf(token({}, { kid: `k${n}` }))).rejects.toThrow(KeyNotYetKnown)
    expect(server.visits).toBe(1)
    clock.advance(30)
    // Older than the last fetch: their keys would have been published by then.
    for (let n = 0; n < 20; n++) expect(await codeOf(token({}, { kid: `k${n}` }))).toBe('token_invalid')
    expect(server.visits).toBe(2)
  })

  test('by a key that was published since the last fetch is in doubt, and says when to ask again', async () => {
    await codeOf(token())
    server.keys = [{ ...stranger.jwk, kid: stranger.kid, alg: 'ES256', use: 'sig' }]
    clock.advance(12)
    const early = signed(stranger, header({ kid: stranger.kid }), claims)
    const fault = await codeOf(early).catch((thrown: KeyNotYetKnown) => thrown)
    expect(fault).toMatchObject({ name: 'KeyNotYetKnown', retryAfterSeconds: 18 })
    clock.advance(18)
    expect(await codeOf(early)).toBe('accepted')
  })

  test('by a key that was rotated in is accepted once the half minute is over', async () => {
    await codeOf(token())
    server.keys = [{ ...stranger.jwk, kid: stranger.kid, alg: 'ES256', use: 'sig' }]
    clock.advance(30)
    expect(await codeOf(signed(stranger, header({ kid: stranger.kid }), claims))).toBe('accepted')
    expect(await codeOf(token())).toBe('token_invalid')
  })

  test('by the key of another issuer on the list is refused: each answers for its own', async () => {
    const elsewhere = await startKeyServer(stranger)
    const at = (issuer: string, jwksUri: string): Issuer => ({ issuer, jwksUri, audience: own, algorithms: ['ES256'] })
    verifier = new IdentityVerifier({ a: at(idp, server.url), b: at('https://b.example', elsewhere.url) }, own, clock)
    const theirs = signed(stranger, header({ kid: stranger.kid }), { ...claims, iss: 'https://b.example' })
    expect(await codeOf(theirs)).toBe('accepted')
    expect(await codeOf(signed(stranger, header({ kid: stranger.kid }), claims))).toBe('token_invalid')
    await elsewhere.close()
  })

  test('by a SPIFFE key is accepted: its use has a name of its own', async () => {
    server.keys = [
      { ...stranger.jwk, use: 'x509-svid', x5c: ['AA'] },
      { ...key.jwk, kid: key.kid, use: 'jwt-svid' },
    ]
    expect(await codeOf(token())).toBe('accepted')
  })

  test('is verified where the first of all fetches fails and the next does not', async () => {
    let fetches = 0
    const keys = new CachedKeys(async () => {
      fetches += 1
      if (fetches === 1) throw new IssuerUnavailable('the issuer is busy')
      return { keys: [{ ...key.jwk, kid: key.kid }] }
    }, clock)
    await expect(jwtVerify(token(), keys.keyFor, { currentDate: new Date(now * 1000) })).resolves.toBeDefined()
    expect(fetches).toBe(2)
  })

  test.each<Mood>(['broken', 'silent', 'html', 'huge', 'empty', 'moved'])(
    'of an issuer whose keys cannot be had (%s) is in doubt, and not invalid',
    async (mood) => {
      server.mood = mood
      await expect(verifier.verify(token())).rejects.toThrow(IssuerUnavailable)
      // It is asked once more, since there is no key to believe, and then no more for now, however many come.
      await expect(verifier.verify(token())).rejects.toThrow(IssuerUnavailable)
      expect(server.visits).toBe(2)
    },
  )

  test.each<Mood>(['broken', 'silent'])(
    'holds by keys remembered for an hour while its issuer is away (%s), and then no more',
    async (mood) => {
      await codeOf(token())
      server.mood = mood
      const late = (seconds: number) => token({ iat: now + seconds, exp: now + seconds + 60 })
      clock.advance(3599)
      expect(await codeOf(late(3599))).toBe('accepted')
      clock.advance(1)
      await expect(verifier.verify(late(3600))).rejects.toThrow(IssuerUnavailable)
      clock.advance(30)
      server.mood = 'well'
      expect(await codeOf(late(3630))).toBe('accepted')
    },
  )

  test('that is in doubt says where the keys should have come from, and nothing of the token', async () => {
    server.mood = 'broken'
    const fault = await verifier.verify(token({ sub: 'canary-7f3a' })).catch((thrown: Error) => thrown)
    expect(String(fault)).toContain(server.url)
    expect(inspect(fault, { depth: 9 })).not.toContain('canary')
  })
})
