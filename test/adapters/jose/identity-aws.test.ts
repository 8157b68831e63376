import { Desk, keepsTheIdentityContract, type SourceUnderTest } from './identity-contract.ts'
import { type Algorithm, SigningKey } from './signing-key.ts'

const role = 'arn:aws:iam::111122223333:role/agents/remediator'
const sts = { aws_account: '111122223333', source_region: 'eu-west-1', org_id: 'o-a1b2c3d4e5' }
const under = (claims: object) => ({ 'https://sts.amazonaws.com/': { ...sts, ...claims } })

const aws = (algorithm: Algorithm): SourceUnderTest => ({
  algorithm,
  issuer: ({ url }) => ({
    kind: 'aws',
    issuer: url,
    audience: '{issuer}',
    algorithms: ['RS256', 'ES384'],
    accountId: '111122223333',
  }),
  claims: ({ url }) => ({ iss: url, sub: role, jti: 'b7', ...under({}) }),
  elsewhere: {
    'another account': () => ({ iss: 'https://0a1b.tokens.sts.global.api.aws' }),
    STS: () => ({ iss: 'https://sts.amazonaws.com' }),
  },
  registered: { subject: role, claims: { org_id: 'o-a1b2c3d4e5' } },
  pins: {
    'a role': [role, (sub) => ({ sub })],
    'an account': ['111122223333', (account) => under({ aws_account: account })],
    'an organisation': ['o-a1b2c3d4e5', (organisation) => under({ org_id: organisation })],
  },
  publish: ({ jwk }) => ({ ...jwk, alg: algorithm, use: 'sig' }),
  audienceInList: 'audience_mismatch',
  withoutIat: 'token_invalid',
})

describe('an AWS account that signs with ES384', () => keepsTheIdentityContract(aws('ES384')))
describe('an AWS account that signs with RS256', () => keepsTheIdentityContract(aws('RS256')))

describe('a web identity token of AWS', () => {
  let key: SigningKey
  let desk: Desk
  beforeAll(async () => {
    key = await SigningKey.make('ES384')
    desk = await Desk.open(aws('ES384'), key)
  })
  afterAll(() => desk.server.close())

  test.each<[what: string, claims: object]>([
    ['the root of the account', { sub: 'arn:aws:iam::111122223333:root' }],
    ['a user', { sub: 'arn:aws:iam::111122223333:user/agents/remediator' }],
    ['a session of the role', { sub: 'arn:aws:sts::111122223333:assumed-role/remediator/session' }],
    ['a role of another account', { sub: 'arn:aws:iam::444455556666:role/agents/remediator' }],
    ['a role of another partition', { sub: 'arn:aws.evil:iam::111122223333:role/agents/remediator' }],
    ['no claims of STS', { 'https://sts.amazonaws.com/': undefined }],
    ['an account outside the claims of STS', { 'https://sts.amazonaws.com/': {}, aws_account: '111122223333' }],
    ['an account that is a number', under({ aws_account: 111122223333 })],
    ['the origin of its session', under({ subject_mode: 'OriginIdentity' })],
    ['the origin of its session, at the top', { subject_mode: 'OriginIdentity' }],
    ['a mode that is no text', under({ subject_mode: ['OriginIdentity'] })],
  ])('an AWS token that says %s is refused', async (_what, claims) => {
    expect(await desk.who(desk.token(claims))).toBe('token_invalid')
  })

  test('an AWS token for the origin of a session is accepted only if expected, and never as the role', async () => {
    const expecting = await Desk.open(aws('ES384'), key, { originIdentity: true })
    const person = expecting.token({ sub: 'ana@example.com', ...under({ subject_mode: 'OriginIdentity' }) })
    expect(await expecting.who(person)).toBe('stranger')
    expect(await expecting.who(expecting.token({ sub: 'ana@example.com' }))).toBe('token_invalid')
    expect(await expecting.who(expecting.token(under({ subject_mode: 'OriginIdentity' })))).toBe('token_invalid')
    expect(await expecting.who(expecting.token())).toBe('known')
    await expecting.server.close()
  })

  test('an AWS token gives no claim that its caller could have written', async () => {
    const more = { request_tags: { org_id: 'o-evil' }, principal_tags: { team: 'x' }, org_id: 'o-a1b2c3d4e5' }
    const verified = await desk.verify(desk.token(under(more)))
    expect(verified).toMatchObject({ ok: true })
    expect(verified.ok && verified.value.claims).toEqual(sts)
  })
})
