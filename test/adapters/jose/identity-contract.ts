import { inspect } from 'node:util'
import { IdentityVerifier } from '../../../functions/adapters/jose/identity.ts'
import type { Issuer } from '../../../functions/domain/people/identity-issuer.ts'
import { type Identity, withIdentity } from '../../../functions/domain/people/organisation.ts'
import { IssuerUnavailable, KeyNotYetKnown } from '../../../functions/operations/faults.ts'
import { submittedAt } from '../../support/ask.ts'
import { MemoryClock } from '../../support/memory-clock.ts'
import { type IssuerServer, type Mood, startIssuer } from './issuer-server.ts'
import { type Algorithm, SigningKey } from './signing-key.ts'
import { maced, part } from './tokens.ts'

export const own = 'https://hotwork.example'
export const now = submittedAt

/** A source of identities, with the facts for making its tokens. */
export type SourceUnderTest = {
  algorithm: Algorithm
  /** The issuer of the deployment file, with this server as its own. */
  issuer(server: IssuerServer): Issuer
  /** The claims of a good token, times and audience apart. */
  claims(server: IssuerServer): object
  /** Claims of issuers that are not on the list. */
  elsewhere: { [what: string]: (server: IssuerServer) => object }
  /** The bearer's identity in the policy folder. */
  registered: Omit<Identity, 'issuer'>
  /** For each pinned value of the identity: claims with another value. */
  pins: { [name: string]: [value: string, claims: (value: string) => object] }
  /** The published form of a key. */
  publish(key: SigningKey): object
  /** The verdict on a token whose audience is a list of ours alone. */
  audienceInList: 'known' | 'audience_mismatch'
  /** The verdict on a token without `iat`. */
  withoutIat: 'known' | 'token_invalid'
}

/** One source with one issuer, one key, one registered bearer, and a clock. */
export class Desk {
  readonly server: IssuerServer
  readonly clock = new MemoryClock(now)
  readonly key: SigningKey
  readonly #source: SourceUnderTest
  readonly #verifier: IdentityVerifier

  private constructor(source: SourceUnderTest, server: IssuerServer, key: SigningKey, issuer: Issuer) {
    this.#source = source
    this.server = server
    this.key = key
    this.#verifier = new IdentityVerifier({ source: issuer }, own, this.clock)
  }

  static async open(source: SourceUnderTest, key: SigningKey, more: object = {}): Promise<Desk> {
    const server = await startIssuer(source.publish(key))
    return new Desk(source, server, key, { ...source.issuer(server), ...more } as Issuer)
  }

  /** A good token, except for these claims and headers. */
  token(rest: object = {}, header: object = {}, key = this.key): string {
    const at = this.clock.now()
    return key.token({ ...this.claims(), iat: at, exp: at + 240, ...rest }, header)
  }

  claims = () => ({ ...this.#source.claims(this.server), aud: own })

  verify = (token: string) => this.#verifier.verify(token)

  /** `known` for the registered bearer, `stranger` for another with a good token, the code of a refusal, or `in_doubt`. */
  async who(token: string): Promise<string> {
    const verified = await this.verify(token).catch((fault: unknown) => {
      if (fault instanceof KeyNotYetKnown) return { ok: false, code: 'in_doubt' } as const
      throw fault
    })
    if (!verified.ok) return verified.code
    const { alias, subject, claims } = verified.value
    const parties = [{ identities: [{ issuer: 'source', ...this.#source.registered }] }]
    return withIdentity(parties, { issuer: alias, subject, claims }, this.clock.now()) ? 'known' : 'stranger'
  }
}

/** Values that an exact match refuses, and a careless one would accept. */
const nearMissesOf = (value: string): [what: string, text: string][] => [
  ['with a letter more', `${value}x`],
  ['with a letter less', value.slice(0, -1)],
  ['with something before it', `x${value}`],
  ['in capitals', value.toUpperCase() === value ? value.toLowerCase() : value.toUpperCase()],
  ['with a slash at the end', `${value}/`],
  ['with a space at the end', `${value} `],
  ['with a zero byte at the end', `${value}\0`],
  ['with a look-alike letter', value.replace(/[aeo]/, (letter) => ({ a: 'а', e: 'е', o: 'о' })[letter] ?? letter)],
  ['with a digit of full width', value.replace(/\d/, (digit) => String.fromCharCode(digit.charCodeAt(0) + 0xfee0))],
  ['percent-encoded', value.replace(/[/:]/, encodeURIComponent)],
  ['with a pattern for its end', `${value.slice(0, -2)}*`],
  ['as nothing', ''],
]

/** The promises of every source of identities. */
export function keepsTheIdentityContract(source: SourceUnderTest): void {
  let key: SigningKey
  let stranger: SigningKey
  let desk: Desk
  beforeAll(async () => {
    ;[key, stranger] = await Promise.all([SigningKey.make(source.algorithm), SigningKey.make(source.algorithm)])
  })
  beforeEach(async () => {
    desk = await Desk.open(source, key)
  })
  afterEach(() => desk.server.close())

  test('a good token is its bearer', async () => {
    expect(await desk.who(desk.token())).toBe('known')
  })

  test.each<[what: string, code: string, make: () => string]>([
    ['is of a megabyte', 'token_malformed', () => desk.token({ more: 'A'.repeat(1_000_000) })],
    ['has a hundred dots', 'token_malformed', () => `a${'.a'.repeat(100)}`],
    ['has empty parts', 'token_malformed', () => '..'],
    ['names a key with ten thousand letters', 'token_malformed', () => desk.token({}, { kid: 'k'.repeat(10_000) })],
    ['is for another audience', 'audience_mismatch', () => desk.token({ aud: 'https://payments.example' })],
    ['is for an audience that begins like ours', 'audience_mismatch', () => desk.token({ aud: `${own}.evil.example` })],
    ['is for us and for another audience', 'audience_mismatch', () => desk.token({ aud: [own, 'https://b.example'] })],
    ['is for us twice', 'audience_mismatch', () => desk.token({ aud: [own, own] })],
    ['has an empty list of audiences', 'audience_mismatch', () => desk.token({ aud: [] })],
    ['is for a list of lists', 'audience_mismatch', () => desk.token({ aud: [[own]] })],
    ['has no audience', 'audience_mismatch', () => desk.token({ aud: undefined })],
    ['has expired', 'token_expired', () => desk.token({ iat: now - 200, exp: now - 30 })],
    ['has no end', 'token_invalid', () => desk.token({ exp: undefined })],
    ['has a text for an end', 'token_invalid', () => desk.token({ exp: 'never' })],
    ['was made in the future', 'token_invalid', () => desk.token({ iat: now + 31 })],
    ['says a text for when it was made', 'token_invalid', () => desk.token({ iat: 'now' })],
    ['holds only later', 'token_invalid', () => desk.token({ nbf: now + 31 })],
    ['is a DPoP proof by its type', 'token_invalid', () => desk.token({}, { typ: 'dpop+jwt' })],
    ['has no algorithm', 'token_invalid', () => desk.token({}, { alg: 'none' })],
    ['says an algorithm that is not on the list', 'token_invalid', () => desk.token({}, { alg: 'HS512' })],
    ['has an unknown critical header', 'token_invalid', () => desk.token({}, { crit: ['x'], x: 1 })],
    ['is signed by another key', 'token_invalid', () => desk.token({}, { kid: key.jwk.kid }, stranger)],
    ['brings its own key', 'token_invalid', () => desk.token({}, { jwk: stranger.jwk, kid: undefined }, stranger)],
    ['names its key by address', 'token_invalid', () => desk.token({}, { jku: desk.server.url, kid: 'x' }, stranger)],
    ['names a path for its key', 'token_invalid', () => desk.token({}, { kid: '../../etc/passwd' })],
    ['names the key of another', 'token_invalid', () => desk.token({}, { kid: stranger.jwk.kid }, stranger)],
  ])('a token that %s is refused: %s', async (_what, code, make) => {
    expect(await desk.who(make())).toBe(code)
  })

  test.each<[form: string, secret: () => string | Buffer]>([
    ['PEM', () => key.publicKey.export({ format: 'pem', type: 'spki' })],
    ['DER', () => key.publicKey.export({ format: 'der', type: 'spki' })],
    ['JWK', () => JSON.stringify(key.jwk)],
  ])('an HMAC made with the public key as %s is no signature', async (_form, secret) => {
    const claims = { ...desk.claims(), iat: now, exp: now + 240 }
    for (const alg of ['HS256', source.algorithm])
      expect(await desk.who(maced(secret(), { alg, kid: key.jwk.kid }, claims))).toBe('token_invalid')
  })

  test('a token without any signature is none', async () => {
    const unsigned = `${part({ alg: 'none' })}.${part({ ...desk.claims(), iat: now, exp: now + 240 })}`
    expect(await desk.who(`${unsigned}.`)).toBe('token_malformed')
    expect(await desk.who(`${unsigned}.AA`)).toBe('token_invalid')
  })

  test("a token for us alone in a list is judged by the source's rule", async () => {
    expect(await desk.who(desk.token({ aud: [own] }))).toBe(source.audienceInList)
  })

  test("a token without `iat` is judged by the source's rule", async () => {
    expect(await desk.who(desk.token({ iat: undefined }))).toBe(source.withoutIat)
  })

  test.each(Object.entries(source.elsewhere))('a token from %s is from an unknown issuer', async (_what, claims) => {
    expect(await desk.who(desk.token(claims(desk.server)))).toBe('issuer_unknown')
  })

  const nearMisses = Object.entries(source.pins).flatMap(([name, [value, claims]]) =>
    nearMissesOf(value)
      .filter(([, text]) => text !== value)
      .map(([what, text]): [string, string, object] => [name, what, claims(text)]),
  )
  test.each(nearMisses)('%s %s is another identity', async (_name, _what, claims) => {
    expect(await desk.who(desk.token(claims))).not.toBe('known')
  })

  test('an unknown key causes a fetch of the keys, at most once in half a minute', async () => {
    expect(await desk.who(desk.token())).toBe('known')
    for (let n = 0; n < 20; n++) expect(await desk.who(desk.token({}, { kid: `k${n}` }))).toBe('in_doubt')
    expect(desk.server.visits.keys).toBe(1)
    desk.clock.advance(30)
    expect(await desk.who(desk.token({}, { kid: 'k' }))).toBe('token_invalid')
    for (let n = 0; n < 20; n++) expect(await desk.who(desk.token({}, { kid: `k${n}` }))).toBe('in_doubt')
    expect(desk.server.visits.keys).toBe(2)
  })

  test('a key that was rotated in is believed, and one that was rotated out is not', async () => {
    expect(await desk.who(desk.token())).toBe('known')
    desk.server.keys = [source.publish(stranger)]
    desk.clock.advance(30)
    expect(await desk.who(desk.token({}, { kid: stranger.jwk.kid }, stranger))).toBe('known')
    desk.clock.advance(30)
    expect(await desk.who(desk.token())).toBe('token_invalid')
  })

  test.each<Mood>(['broken', 'silent', 'html', 'huge', 'empty', 'moved'])(
    'unavailable keys (%s) leave tokens in doubt, and are fetched twice at once',
    async (mood) => {
      desk.server.mood = mood
      await expect(desk.verify(desk.token())).rejects.toThrow(IssuerUnavailable)
      await expect(desk.verify(desk.token())).rejects.toThrow(IssuerUnavailable)
      expect(desk.server.visits.keys).toBe(2)
    },
  )

  test.each<Mood>(['broken', 'html', 'empty'])(
    'cached keys are believed for an hour while they are unavailable (%s)',
    async (mood) => {
      expect(await desk.who(desk.token())).toBe('known')
      desk.server.mood = mood
      desk.clock.advance(3599)
      expect(await desk.who(desk.token())).toBe('known')
      desk.clock.advance(1)
      await expect(desk.verify(desk.token())).rejects.toThrow(IssuerUnavailable)
      desk.server.mood = 'well'
      desk.clock.advance(30)
      expect(await desk.who(desk.token())).toBe('known')
    },
  )

  test('a refusal or a doubt shows nothing of the token', async () => {
    const canary = { more: 'canary-7f3a', acr: 'canary-7f3a' }
    const refused = await Promise.all([
      desk.verify(desk.token({ ...canary, exp: now - 60 })),
      desk.verify(desk.token({ ...canary, aud: 'canary-7f3a' })),
      desk.verify(desk.token({ ...canary, iat: now + 60 })),
      desk.verify(desk.token(canary, { kid: 'canary-7f3a' })),
    ])
    expect(refused.map(({ ok }) => ok)).toEqual([false, false, false, false])
    desk.server.mood = 'broken'
    desk.clock.advance(3600)
    const fault = await desk.verify(desk.token(canary)).catch((thrown: Error) => thrown)
    expect(String(fault)).toContain(desk.server.url)
    expect(inspect([refused, fault], { depth: 9 })).not.toContain('canary')
  })

  test('a token of a year is refused once it is an hour old, unless the deployment sets another age', async () => {
    const aYear = { iat: now - 3700, exp: now + 365 * 86_400 }
    expect(await desk.who(desk.token(aYear))).toBe('token_expired')
    const lenient = await Desk.open(source, desk.key, { maxAge: 7200 })
    expect(await lenient.who(lenient.token(aYear))).toBe('known')
    await lenient.server.close()
  })

  test('a token older than the deployment allows is refused, despite its own end', async () => {
    const strict = await Desk.open(source, key, { maxAge: 120 })
    const aged = (seconds: number) => strict.token({ iat: now - seconds, exp: now + 600 })
    expect(await strict.who(aged(150))).toBe('known')
    expect(await strict.who(aged(151))).toBe('token_expired')
    await strict.server.close()
  })
}
