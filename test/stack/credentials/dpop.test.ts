import { createHash, randomUUID } from 'node:crypto'
import * as DPoP from 'dpop'
import { exportJWK, type JWK, SignJWT } from 'jose'
import { type Answer, deployed, remediator, setParameter, staging } from '../support/deployment.ts'

/**
 * Proofs of possession (RFC 9449) at the two deployed doors that take them, and one proof at several Lambdas. All invalid
 * proofs of section 4.3 are in test/adapters/jose/dpop.test.ts and test/http/callers.test.ts.
 */

const hotwork = deployed()
const { issuer } = hotwork.local
const now = () => Math.floor(Date.now() / 1000)
const hashOf = (token: string) => createHash('sha256').update(token).digest('base64url')

let key: DPoP.KeyPair
let jwk: JWK
/** A live access token that is bound to `key`, and its request. */
let token: string
let request: string
beforeAll(async () => {
  key = await hotwork.key(remediator)
  jwk = await exportJWK(key.publicKey)
  request = await hotwork.submitted(remediator, setParameter(staging))
  token = (await hotwork.exchange(remediator, request)).body.access_token
})

/** A proof by hand, without the claims that are `undefined`. */
async function proofOf(path: string, claims: object = {}): Promise<string> {
  const ath = path === '/token' ? undefined : hashOf(token)
  const all = { jti: randomUUID(), htm: 'POST', htu: issuer + path, iat: now(), ath, ...claims }
  const said = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined))
  return new SignJWT(said).setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk }).sign(key.privateKey)
}

const atToken = async (dpop: string | undefined, id = request): Promise<Answer> =>
  hotwork.form(undefined, '/token', await hotwork.exchangeForm(remediator, id), dpop === undefined ? {} : { dpop })
const atBroker = async (dpop: string | undefined, accessToken = token): Promise<Answer> =>
  hotwork.send('POST', '/aws/credentials', {
    headers: { authorization: `DPoP ${accessToken}`, ...(dpop === undefined ? {} : { dpop }) },
  })

const bad: [what: string, make: (path: string) => Promise<string | undefined>][] = [
  ['no proof', async () => undefined],
  ['a proof for another address', (path) => proofOf(path, { htu: `${issuer}/elsewhere` })],
  ['a proof that is a minute old', (path) => proofOf(path, { iat: now() - 75 })],
]

test.each(bad)('%s at the token endpoint is `invalid_dpop_proof`', async (_what, make) => {
  const answer = await atToken(await make('/token'))
  expect(answer).toMatchObject({ status: 400, body: { error: 'invalid_dpop_proof' } })
})

test('a proof may name the address with a query and a fragment', async () => {
  expect((await atToken(await proofOf('/token', { htu: `${issuer}/token?x=1#y` }))).status).toBe(200)
})

test('a proof is accepted for one of ten concurrent requests', async () => {
  const id = await hotwork.submitted(remediator, setParameter(staging))
  const proof = await proofOf('/token')
  const answers = await Promise.all(Array.from({ length: 10 }, () => atToken(proof, id)))
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
  for (const { status, body } of answers)
    if (status !== 200) expect([status, body.error]).toEqual([400, 'invalid_dpop_proof'])
})

describe('a proof at the broker', () => {
  beforeAll(async () => {
    token = (await hotwork.exchange(remediator, request)).body.access_token
  })

  test.each<(typeof bad)[number]>([
    ...bad,
    ['a proof for another token', (path) => proofOf(path, { ath: hashOf(`${token}x`) })],
  ])('%s at the broker is 401, and the challenge says why', async (_what, make) => {
    const answer = await atBroker(await make('/aws/credentials'))
    expect(answer.status).toBe(401)
    expect(answer.headers.get('www-authenticate')).toMatch(/^DPoP error="invalid_dpop_proof".*algs="ES256"$/)
  })

  test('a proof by another key than the token’s is 401', async () => {
    const thief = await DPoP.generateKeyPair('ES256')
    const proof = await DPoP.generateProof(thief, `${issuer}/aws/credentials`, 'POST', undefined, token)
    expect(await atBroker(proof)).toMatchObject({ status: 401, body: { detail: 'key_mismatch' } })
  })
})

test('a proof that one Lambda has seen is refused by another', async () => {
  const id = await hotwork.submitted(remediator, setParameter(staging))
  const jti = randomUUID()
  const exchanged = await atToken(await proofOf('/token', { jti }), id)
  expect(exchanged.status).toBe(200)
  const accessToken = exchanged.body.access_token
  const path = '/aws/credentials'
  const ath = hashOf(accessToken)
  const replayed = await atBroker(await proofOf(path, { jti, ath }), accessToken)
  expect(replayed).toMatchObject({ status: 401, body: { detail: expect.stringContaining('used before') } })
  expect((await atBroker(await proofOf(path, { ath }), accessToken)).status).toBe(200)
})
