import { SpiffeBundle } from '../../../functions/domain/people/identity-issuer.ts'
import { IssuerUnavailable } from '../../../functions/operations/faults.ts'
import { Desk, keepsTheIdentityContract, now, type SourceUnderTest } from './identity-contract.ts'
import { type Algorithm, SigningKey } from './signing-key.ts'

const id = 'spiffe://prod.example/ns/payments/sa/remediator-1'

const spiffe = (algorithm: Algorithm, use: string | undefined): SourceUnderTest => ({
  algorithm,
  issuer: ({ keysUrl }) => ({
    kind: 'spiffe',
    trustDomain: 'prod.example',
    bundleEndpoint: keysUrl,
    audience: '{issuer}',
    algorithms: ['RS256', 'ES256', 'ES512'],
  }),
  claims: () => ({ sub: id }),
  elsewhere: {
    'another trust domain': () => ({ sub: 'spiffe://staging.example/ns/payments/sa/remediator-1' }),
    'a trust domain that begins the same': () => ({ sub: 'spiffe://prod.example.evil/ns/payments/sa/remediator-1' }),
    'a trust domain in capitals': () => ({ sub: 'spiffe://PROD.example/ns/payments/sa/remediator-1' }),
    'a trust domain with a port': () => ({ sub: 'spiffe://prod.example:443/ns/payments/sa/remediator-1' }),
    'a trust domain with a user': () => ({ sub: 'spiffe://x@prod.example/ns/payments/sa/remediator-1' }),
    'the trust domain itself': () => ({ sub: 'spiffe://prod.example' }),
    'a path that climbs': () => ({ sub: 'spiffe://prod.example/ns/other/../payments/sa/remediator-1' }),
    'a path with nothing in it': () => ({ sub: 'spiffe://prod.example/ns//payments' }),
    'an address with a query': () => ({ sub: `${id}?x` }),
    'another scheme': () => ({ sub: id.replace('spiffe', 'https') }),
    'no subject': () => ({ sub: undefined }),
    'a subject that is no text': () => ({ sub: [id] }),
    'an issuer of the same name alone': () => ({ iss: 'spiffe://prod.example', sub: 'remediator-1' }),
  },
  registered: { subject: id },
  pins: { 'a SPIFFE ID': [id, (sub) => ({ sub })] },
  publish: ({ jwk }) => ({ ...jwk, use }),
  audienceInList: 'known',
  withoutIat: 'known',
})
const server = spiffe('ES256', 'jwt-svid')

describe('a trust domain whose bundle endpoint marks its keys', () => keepsTheIdentityContract(server))
describe('a trust domain whose bundle leaves the use out, with RSA', () =>
  keepsTheIdentityContract(spiffe('RS256', undefined)))

describe('a JWT-SVID', () => {
  let key: SigningKey
  let desk: Desk
  beforeAll(async () => {
    key = await SigningKey.make('ES256')
  })
  beforeEach(async () => {
    desk = await Desk.open(server, key)
  })
  afterEach(() => desk.server.close())

  test('a JWT-SVID is recorded under its trust domain, with no claims but its id', async () => {
    expect(await desk.verify(desk.token({ team: 'payments' }, { typ: 'JWT' }))).toEqual({
      ok: true,
      value: {
        alias: 'source',
        issuer: 'spiffe://prod.example',
        subject: id,
        claims: {},
        issuedAt: now,
        expiresAt: now + 240,
      },
    })
  })

  test.each([undefined, 'JWT', 'JOSE'])('a JWT-SVID may have the type %p', async (typ) => {
    expect(await desk.who(desk.token({}, { typ }))).toBe('known')
  })

  test.each<[what: string, header: object]>([
    ['the type of an access token', { typ: 'at+jwt' }],
    ['its type in small letters', { typ: 'jwt' }],
    ['an empty type', { typ: '' }],
    ['a content type', { cty: 'JWT' }],
    ['a certificate', { x5c: ['AA'] }],
    ['a nonce', { nonce: 'x' }],
  ])('a JWT-SVID with %s in its header is refused', async (_what, header) => {
    expect(await desk.who(desk.token({}, header))).toBe('token_invalid')
  })

  test('an issuer and an id in a JWT-SVID are ignored', async () => {
    expect(await desk.who(desk.token({ iss: 'https://oidc.prod.example', jti: 'x' }))).toBe('known')
  })

  test('a JWT-SVID is at most five minutes old, despite its end', async () => {
    expect(await desk.who(desk.token({ iat: now - 330, exp: now + 3600 }))).toBe('known')
    expect(await desk.who(desk.token({ iat: now - 331, exp: now + 3600 }))).toBe('token_expired')
  })

  test('a JWT-SVID without a time of issue lives at most five minutes more', async () => {
    expect(await desk.who(desk.token({ iat: undefined, exp: now + 330 }))).toBe('known')
    expect(await desk.who(desk.token({ iat: undefined, exp: now + 331 }))).toBe('token_expired')
  })

  test.each<[what: string, use: string]>([
    ['X.509 authority', 'x509-svid'],
    ['WIT-SVID key', 'wit-svid'],
    ['key for OpenID tokens', 'sig'],
  ])('a JWT-SVID signed with a %s of the bundle is refused', async (_what, use) => {
    const other = await SigningKey.make('ES256')
    desk.server.keys = [
      { ...key.jwk, use: 'jwt-svid' },
      { ...other.jwk, use },
    ]
    expect(await desk.who(desk.token({}, {}, other))).toBe('token_invalid')
    expect(await desk.who(desk.token())).toBe('known')
  })

  test('a JWT-SVID is in doubt if its bundle has only other keys', async () => {
    desk.server.keys = [{ ...key.jwk, use: 'x509-svid' }]
    await expect(desk.verify(desk.token())).rejects.toThrow(IssuerUnavailable)
  })

  test.each<[hint: unknown, seconds: number]>([
    [120, 120],
    [1, 30],
    [86_400, 600],
    ['soon', 300],
    [0, 300],
    [undefined, 300],
  ])('a bundle with the refresh hint %p is fetched again within bounds', async (hint, seconds) => {
    desk.server.keySet = { spiffe_sequence: 7, spiffe_refresh_hint: hint }
    expect(await desk.who(desk.token())).toBe('known')
    desk.clock.advance(seconds - 1)
    expect(await desk.who(desk.token())).toBe('known')
    expect(desk.server.visits.keys).toBe(1)
    desk.clock.advance(1)
    expect(await desk.who(desk.token())).toBe('known')
    expect(desk.server.visits.keys).toBe(2)
  })

  test('a JWT-SVID is verified by a deployed bundle, without a fetch', async () => {
    const bundle = SpiffeBundle.parse({ keys: [{ ...key.jwk, use: 'jwt-svid' }] })
    const sealed = await Desk.open(server, key, { bundle, bundleEndpoint: undefined })
    expect(await sealed.who(sealed.token())).toBe('known')
    expect(await sealed.who(sealed.token({}, {}, await SigningKey.make('ES256')))).toBe('token_invalid')
    sealed.clock.advance(100_000)
    expect(await sealed.who(sealed.token())).toBe('known')
    expect(sealed.server.visits.keys).toBe(0)
    await sealed.server.close()
  })
})
