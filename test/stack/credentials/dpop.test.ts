import { createHash, randomUUID } from 'node:crypto'
import * as DPoP from 'dpop'
import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose'
import { type Answer, Deployment, remediator, setParameter, staging } from '../support/deployment.ts'

/** Proofs of possession (RFC 9449 section 4.3, whole) at the two doors that take them, and one proof at several Lambdas. */

jest.setTimeout(120_000)
const hotwork = new Deployment()
const { issuer } = hotwork.local
const now = () => Math.floor(Date.now() / 1000)
const hashOf = (token: string) => createHash('sha256').update(token).digest('base64url')
const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')

let key: DPoP.KeyPair
let jwk: JWK
/** A live access token that is bound to `key`, and the request that it is of. */
let token: string
let request: string
beforeAll(async () => {
  key = await hotwork.key(remediator)
  jwk = await exportJWK(key.publicKey)
  request = await hotwork.submitted(remediator, setParameter(staging))
  token = (await hotwork.exchange(remediator, request)).body.access_token
})

type Changes = { claims?: object; header?: object; by?: DPoP.KeyPair['privateKey'] | Uint8Array }
/** A proof by hand: what is `undefined` is left out. */
async function proofOf(path: string, { claims = {}, header = {}, by = key.privateKey }: Changes = {}): Promise<string> {
  const ath = path === '/token' ? undefined : hashOf(token)
  const all = { jti: randomUUID(), htm: 'POST', htu: issuer + path, iat: now(), ath, ...claims }
  const said = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined))
  return new SignJWT(said).setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk, ...header } as never).sign(by)
}

const atToken = async (dpop: string | undefined, id = request): Promise<Answer> =>
  hotwork.send('POST', '/token', {
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      ...(dpop === undefined ? {} : { dpop }),
    },
    body: new URLSearchParams({
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token: await hotwork.token(remediator),
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      authorization_details: JSON.stringify([{ type: 'hotwork_action', request: id }]),
    }).toString(),
  })
const atBroker = async (dpop: string | undefined, accessToken = token): Promise<Answer> =>
  hotwork.send('POST', '/aws/credentials', {
    headers: { authorization: `DPoP ${accessToken}`, ...(dpop === undefined ? {} : { dpop }) },
  })

const bad: readonly [what: string, make: (path: string) => Promise<string | undefined>][] = [
  ['none', async () => undefined],
  ['two in one header', async (path) => `${await proofOf(path)}, ${await proofOf(path)}`],
  ['no JWT', async () => 'proof'],
  ['a JWT of another type', (path) => proofOf(path, { header: { typ: 'JWT' } })],
  ['one without a type', (path) => proofOf(path, { header: { typ: undefined } })],
  [
    'one without an algorithm',
    async (path) => `${part({ alg: 'none', typ: 'dpop+jwt', jwk })}.${(await proofOf(path)).split('.')[1]}.`,
  ],
  [
    'one with a symmetric algorithm',
    (path) => proofOf(path, { header: { alg: 'HS256' }, by: Buffer.from(JSON.stringify(jwk)) }),
  ],
  [
    'one with an algorithm that is not on the list',
    async (path) => {
      const rsa = await generateKeyPair('RS256')
      return proofOf(path, { header: { alg: 'RS256', jwk: await exportJWK(rsa.publicKey) }, by: rsa.privateKey })
    },
  ],
  ['one without its key', (path) => proofOf(path, { header: { jwk: undefined } })],
  ['one with a private key in it', (path) => proofOf(path, { header: { jwk: { ...jwk, d: jwk.x } } })],
  ['one that another key signed', async (path) => proofOf(path, { by: (await generateKeyPair('ES256')).privateKey })],
  ['one with another letter in it', async (path) => (await proofOf(path)).replace(/.\./, 'A.')],
  ...(['jti', 'htm', 'htu', 'iat'] as const)
    .map(
      (claim) =>
        [`one without \`${claim}\``, (path: string) => proofOf(path, { claims: { [claim]: undefined } })] as const,
    )
    .map(([what, make]) => [what, make] as [string, (path: string) => Promise<string>]),
  ['one for another method', (path) => proofOf(path, { claims: { htm: 'GET' } })],
  ['one for a method in other letters', (path) => proofOf(path, { claims: { htm: 'post' } })],
  ['one for another address', (path) => proofOf(path, { claims: { htu: `${issuer}/elsewhere` } })],
  ['one for another host', (path) => proofOf(path, { claims: { htu: `http://hotwork.example${path}` } })],
  ['one that is a minute old', (path) => proofOf(path, { claims: { iat: now() - 75 } })],
  ['one from a minute ahead', (path) => proofOf(path, { claims: { iat: now() + 75 } })],
  ['one that says no time', (path) => proofOf(path, { claims: { iat: 'now' } })],
  ['one of 9 KB', (path) => proofOf(path, { claims: { x: 'x'.repeat(9000) } })],
]

describe('a proof at the token endpoint', () => {
  test.each(bad)('%s is `invalid_dpop_proof`', async (_what, make) => {
    const answer = await atToken(await make('/token'))
    expect(answer).toMatchObject({ status: 400, body: { error: 'invalid_dpop_proof' } })
  })

  test('may name the address with a query and a fragment, which do not count', async () => {
    expect((await atToken(await proofOf('/token', { claims: { htu: `${issuer}/token?x=1#y` } }))).status).toBe(200)
  })

  test('is good for one of ten that come at once', async () => {
    const id = await hotwork.submitted(remediator, setParameter(staging))
    const proof = await proofOf('/token')
    const answers = await Promise.all(Array.from({ length: 10 }, () => atToken(proof, id)))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    for (const { status, body } of answers)
      if (status !== 200) expect([status, body.error]).toEqual([400, 'invalid_dpop_proof'])
  })
})

describe('a proof at the broker', () => {
  beforeAll(async () => {
    token = (await hotwork.exchange(remediator, request)).body.access_token
  })

  test.each<(typeof bad)[number]>([
    ...bad,
    ['one without `ath`', (path) => proofOf(path, { claims: { ath: undefined } })],
    ['one for another token', (path) => proofOf(path, { claims: { ath: hashOf(`${token}x`) } })],
    ['one for the token in another hash', (path) => proofOf(path, { claims: { ath: token } })],
  ])('%s is 401, and the challenge says why', async (_what, make) => {
    const answer = await atBroker(await make('/aws/credentials'))
    expect(answer.status).toBe(401)
    expect(answer.headers.get('www-authenticate')).toMatch(/^DPoP error="invalid_dpop_proof".*algs="ES256"$/)
  })

  test('of another key than the token’s is 401', async () => {
    const thief = await DPoP.generateKeyPair('ES256')
    const proof = await DPoP.generateProof(thief, `${issuer}/aws/credentials`, 'POST', undefined, token)
    expect(await atBroker(proof)).toMatchObject({ status: 401, body: { detail: 'key_mismatch' } })
  })
})

test('what one Lambda has seen, another refuses: an id is good once at all of them', async () => {
  const id = await hotwork.submitted(remediator, setParameter(staging))
  const jti = randomUUID()
  const exchanged = await atToken(await proofOf('/token', { claims: { jti } }), id)
  expect(exchanged.status).toBe(200)
  const accessToken = exchanged.body.access_token
  const path = '/aws/credentials'
  const ath = hashOf(accessToken)
  const replayed = await atBroker(await proofOf(path, { claims: { jti, ath } }), accessToken)
  expect(replayed).toMatchObject({ status: 401, body: { detail: expect.stringContaining('used before') } })
  expect((await atBroker(await proofOf(path, { claims: { ath } }), accessToken)).status).toBe(200)
})
