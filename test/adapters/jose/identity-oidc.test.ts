import type { JWK } from 'jose'
import * as oauth from 'oauth4webapi'
import { metadataOf } from '../../../functions/adapters/jose/fetch-jwks.ts'
import { IdentityVerifier } from '../../../functions/adapters/jose/identity.ts'
import { SystemClock } from '../../../functions/adapters/system/system.ts'
import type { OidcIssuer } from '../../../functions/domain/people/identity-issuer.ts'
import { IssuerUnavailable } from '../../../functions/operations/faults.ts'
import { endPrograms, startProgram } from '../../local/support/programs.ts'
import { Desk, keepsTheIdentityContract, own, type SourceUnderTest } from './identity-contract.ts'
import type { IssuerServer, Mood } from './issuer-server.ts'
import { SigningKey } from './signing-key.ts'

const discovered: SourceUnderTest = {
  algorithm: 'ES256',
  issuer: ({ url }) => ({ issuer: url, audience: '{issuer}', algorithms: ['ES256'] }),
  claims: ({ url }) => ({ iss: url, sub: 'agent-1/remediator', team: 'payments' }),
  elsewhere: {
    'another issuer': () => ({ iss: 'https://evil.example' }),
    'an issuer with a slash more': ({ url }) => ({ iss: `${url}/` }),
    'an issuer that begins the same': ({ url }) => ({ iss: `${url}0` }),
    'no issuer at all': () => ({ iss: undefined }),
    us: () => ({ iss: own }),
  },
  registered: { subject: 'agent-1/remediator', claims: { team: 'payments' } },
  pins: {
    'a subject': ['agent-1/remediator', (sub) => ({ sub })],
    'a pinned claim': ['payments', (team) => ({ team })],
  },
  publish: ({ jwk, algorithm }) => ({ ...jwk, alg: algorithm, use: 'sig' }),
  audienceInList: 'audience_mismatch',
  withoutIat: 'token_invalid',
}
const told: SourceUnderTest = {
  ...discovered,
  issuer: ({ url, keysUrl }) => ({ kind: 'oidc', issuer: url, jwksUri: keysUrl, audience: own, algorithms: ['ES256'] }),
}

describe('an OpenID issuer whose keys are discovered', () => keepsTheIdentityContract(discovered))
describe('an OpenID issuer whose keys are where the deployment says', () => keepsTheIdentityContract(told))

describe('discovery', () => {
  let desk: Desk
  beforeEach(async () => {
    desk = await Desk.open(discovered, await SigningKey.make('ES256'))
  })
  afterEach(() => desk.server.close())

  test('discovery reads the metadata once an hour, and the keys more often', async () => {
    for (let minutes = 0; minutes < 60; minutes += 10) {
      expect(await desk.who(desk.token())).toBe('known')
      desk.clock.advance(600)
    }
    expect(desk.server.visits).toEqual({ metadata: 1, keys: 6 })
    expect(await desk.who(desk.token())).toBe('known')
    expect(desk.server.visits).toEqual({ metadata: 2, keys: 7 })
  })

  test('discovery reads the metadata again once the keys have moved', async () => {
    expect(await desk.who(desk.token())).toBe('known')
    desk.server.mood = 'broken'
    desk.clock.advance(600)
    expect(await desk.who(desk.token())).toBe('known')
    desk.server.mood = 'well'
    desk.clock.advance(30)
    expect(await desk.who(desk.token())).toBe('known')
    expect(desk.server.visits.metadata).toBe(2)
  })

  test.each<[what: string, metadata: (server: IssuerServer) => object]>([
    ['another issuer', () => ({ issuer: 'https://evil.example' })],
    ['its issuer with a slash more', ({ url }) => ({ issuer: `${url}/` })],
    ['no issuer', () => ({ issuer: undefined })],
    ['no place for its keys', () => ({ jwks_uri: undefined })],
    ['a place without TLS', () => ({ jwks_uri: 'http://keys.example/jwks' })],
    ['a place that only looks like this machine', () => ({ jwks_uri: 'http://localhost@keys.example/jwks' })],
    ['a place on this disk', () => ({ jwks_uri: 'file:///etc/passwd' })],
  ])('metadata that name %s are refused', async (_what, metadata) => {
    desk.server.metadata = metadata(desk.server)
    await expect(desk.verify(desk.token())).rejects.toThrow(IssuerUnavailable)
    expect(desk.server.visits.keys).toBe(0)
  })

  test.each(['http://127.0.0.1:9001/2018-06-01/runtime', 'http://localhost/jwks', 'http://[::1]/jwks'])(
    'an https issuer that names %s, on this machine, is refused',
    (jwks_uri) => {
      const issuer = 'https://idp.example'
      expect(metadataOf(issuer).safeParse({ issuer, jwks_uri }).success).toBe(false)
      expect(metadataOf(issuer).safeParse({ issuer, jwks_uri: `${issuer}/jwks` }).success).toBe(true)
    },
  )

  test.each<Mood>(['broken', 'silent', 'html', 'huge', 'empty', 'moved'])(
    'unavailable metadata (%s) leave tokens in doubt, and are fetched twice at once',
    async (mood) => {
      desk.server.metadataMood = mood
      await expect(desk.verify(desk.token())).rejects.toThrow(IssuerUnavailable)
      await expect(desk.verify(desk.token())).rejects.toThrow(IssuerUnavailable)
      expect(desk.server.visits).toEqual({ metadata: 2, keys: 0 })
    },
  )
})

afterAll(endPrograms)

test('oidc-provider is discovered, and its client is the agent', async () => {
  const provider = startProgram([
    '--input-type=module',
    '-e',
    `import { startIdentityProvider } from './local/identity-provider.ts'
     const provider = await startIdentityProvider(console.error)
     const keys = await provider.enrol([{ kind: 'workload', subject: 'agent-remediator' }])
     provider.serve('${own}')
     console.log(JSON.stringify({ url: provider.url, jwk: keys.get('agent-remediator') }) + ' ready')`,
  ])
  await provider.prints(' ready')
  const { url, jwk } = JSON.parse(provider.printed().slice(0, -' ready'.length - 1))
  const token = await workloadToken(url, jwk)

  const issuer: OidcIssuer = { issuer: url, audience: '{issuer}', algorithms: ['ES256'] }
  const verify = (issuers: { [alias: string]: OidcIssuer }) =>
    new IdentityVerifier(issuers, own, new SystemClock()).verify(token)
  expect(await verify({ workloads: issuer })).toMatchObject({
    ok: true,
    value: { alias: 'workloads', issuer: url, subject: 'agent-remediator', claims: { client_id: 'agent-remediator' } },
  })
  expect(await verify({ people: { ...issuer, audience: '{issuer}/people' } })).toMatchObject({
    code: 'audience_mismatch',
  })
  expect(await verify({ workloads: { ...issuer, algorithms: ['RS256'] } })).toMatchObject({ code: 'token_invalid' })
})

/** A token of the local provider, got by an independent client. */
async function workloadToken(url: string, { kid = '', ...jwk }: JWK): Promise<string> {
  const insecure = { [oauth.allowInsecureRequests]: true }
  const server = await oauth.processDiscoveryResponse(
    new URL(url),
    await oauth.discoveryRequest(new URL(url), insecure),
  )
  const key = await crypto.subtle.importKey('jwk', jwk, { name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign'])
  const client = { client_id: 'agent-remediator' }
  const parameters = { resource: own }
  const authentication = oauth.PrivateKeyJwt({ key, kid })
  const response = await oauth.clientCredentialsGrantRequest(server, client, authentication, parameters, insecure)
  return (await oauth.processClientCredentialsResponse(server, client, response)).access_token
}
