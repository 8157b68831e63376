import { Desk, keepsTheIdentityContract, type SourceUnderTest } from './identity-contract.ts'
import { SigningKey } from './signing-key.ts'

const workflow = 'acme/release/.github/workflows/deploy.yml@refs/heads/main'
const pins = {
  repository_id: '1296269',
  repository_owner_id: '65410',
  job_workflow_ref: workflow,
  environment: 'production',
}

const github: SourceUnderTest = {
  algorithm: 'RS256',
  issuer: ({ url }) => ({ kind: 'github', issuer: url, audience: '{issuer}', algorithms: ['RS256'] }),
  claims: ({ url }) => ({
    iss: url,
    sub: 'repo:acme/checkout:environment:production',
    jti: 'a2f0',
    ...pins,
    repository: 'acme/checkout',
    event_name: 'workflow_dispatch',
    ref: 'refs/heads/main',
    ref_protected: 'true',
  }),
  elsewhere: {
    'an enterprise of the same name': ({ url }) => ({ iss: `${url}/acme` }),
    'another issuer': () => ({ iss: 'https://token.actions.example.com' }),
  },
  registered: { claims: pins },
  pins: Object.fromEntries(
    Object.entries(pins).map(([name, value]) => [`a \`${name}\``, [value, (other: string) => ({ [name]: other })]]),
  ),
  publish: ({ jwk }) => ({ ...jwk, alg: 'RS256', use: 'sig' }),
  audienceInList: 'audience_mismatch',
  withoutIat: 'token_invalid',
}

describe('GitHub Actions', () => keepsTheIdentityContract(github))

describe('a run of GitHub Actions', () => {
  let desk: Desk
  beforeAll(async () => {
    desk = await Desk.open(github, await SigningKey.make('RS256'))
  })
  afterAll(() => desk.server.close())

  test.each([
    'repo:acme/checkout:environment:production',
    'repo:acme@65410/checkout@1296269:environment:production',
    'repo:renamed/checkout:environment:production',
  ])('a run is known by its ids, with `sub` %s', async (sub) => {
    expect(await desk.who(desk.token({ sub }))).toBe('known')
  })

  test.each(Object.keys(pins))('a run without `%s` is unknown', async (name) => {
    expect(await desk.who(desk.token({ [name]: undefined }))).not.toBe('known')
  })

  test('a run with numeric ids is refused: GitHub writes text', async () => {
    expect(await desk.who(desk.token({ repository_id: 1296269 }))).toBe('token_invalid')
  })

  test.each([
    'pull_request',
    'pull_request_target',
    'pull_request_review',
    'pull_request_review_comment',
    'pull_request_comment',
  ])('a run started by %s is refused, even if it is pinned', async (event) => {
    expect(await desk.who(desk.token({ event_name: event }))).toBe('token_invalid')
  })

  test.each([undefined, '', 7, ['push']])('a run with the invalid event %p is refused', async (event) => {
    expect(await desk.who(desk.token({ event_name: event }))).toBe('token_invalid')
  })

  test('a run gives exactly the claims that may be pinned', async () => {
    const verified = await desk.verify(desk.token({ actor: 'mona' }))
    expect(verified).toMatchObject({ ok: true })
    expect(verified.ok && verified.value.claims).toEqual({
      ...pins,
      event_name: 'workflow_dispatch',
      ref: 'refs/heads/main',
      ref_protected: 'true',
    })
  })
})
