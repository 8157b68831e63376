import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { Gate } from '../../../client/gate.ts'
import { type FlagService, startFlagService } from '../../../examples/flag-service/flag-service.ts'
import { findFreePort, listenOnLoopback } from '../../../local/loopback.ts'

/** A tool tells the state of its flags to Hotwork alone, by Hotwork's token for that tool. */

const kid = 'key-1'
const notary = 'key-of-the-notary'
let hotwork: Awaited<ReturnType<typeof listenOnLoopback>>
let up = true
let issuer: string
let address: string
let service: FlagService
let keys: Awaited<ReturnType<typeof generateKeyPair>>
let notaryKeys: Awaited<ReturnType<typeof generateKeyPair>>

beforeAll(async () => {
  keys = await generateKeyPair('ES256')
  notaryKeys = await generateKeyPair('ES256')
  const ofNotary = { ...(await exportJWK(notaryKeys.publicKey)), kid: notary, alg: 'ES256', hotwork_use: 'notary' }
  const jwk = { ...(await exportJWK(keys.publicKey)), kid, alg: 'ES256', use: 'sig' }
  hotwork = await listenOnLoopback()
  hotwork.handle((request, response) => {
    if (!up || request.url !== '/.well-known/jwks.json') return void response.writeHead(500).end()
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ keys: [jwk, ofNotary] }))
  })
  issuer = hotwork.url
  address = `http://127.0.0.1:${await findFreePort()}`
  service = await startFlagService({ address, issuer, identity: async () => 'e30.e30.e30', patience: 500 })
})
afterAll(async () => {
  await service.close()
  await hotwork.close()
})

type Changes = { typ?: string; claims?: object; key?: typeof keys.privateKey; by?: string }
const now = () => Math.floor(Date.now() / 1000)
const tokenOf = ({ typ = 'hotwork-read+jwt', claims = {}, key = keys.privateKey, by = kid }: Changes = {}) =>
  new SignJWT({ iss: issuer, aud: address, iat: now(), exp: now() + 60, ...claims })
    .setProtectedHeader({ alg: 'ES256', typ, kid: by })
    .sign(key)

async function ask(headers: { [name: string]: string }, body: unknown = { action: 'flags:get', arguments: dark }) {
  const sent = { 'content-type': 'application/json', ...headers }
  const answer = await fetch(`${address}/state`, { method: 'POST', headers: sent, body: JSON.stringify(body) })
  return { status: answer.status, body: (await answer.json()) as { type?: string; value?: unknown } }
}
const dark = { environment: 'prod', flag: 'dark' }

test('Hotwork is told that an unset flag is unknown', async () => {
  const answer = await ask({ authorization: `Bearer ${await tokenOf()}` })
  expect([answer.status, answer.body.type?.split('/').at(-1)]).toEqual([404, 'unknown_flag'])
})

test.each<[what: string, changes: () => Promise<Changes>]>([
  ['an access token', async () => ({ typ: 'at+jwt' })],
  ['a statement that an agent carries', async () => ({ typ: 'hotwork-approval+jwt' })],
  ['a token for another tool', async () => ({ claims: { aud: 'https://other.example' } })],
  ['a token of another issuer', async () => ({ claims: { iss: 'https://other.example' } })],
  ['an expired token', async () => ({ claims: { iat: now() - 400, exp: now() - 100 } })],
  ['a token that lives for years', async () => ({ claims: { exp: now() + 10 * 365 * 86_400, iat: now() - 400 } })],
  ['a token from the future', async () => ({ claims: { iat: now() + 3600, exp: now() + 3900 } })],
  ["a token that the notary's key signed", async () => ({ key: notaryKeys.privateKey, by: notary })],
  ['a token of another key', async () => ({ key: (await generateKeyPair('ES256')).privateKey })],
])('%s is refused', async (_what, changes) => {
  const answer = await ask({ authorization: `Bearer ${await tokenOf(await changes())}` })
  expect([answer.status, answer.body.type?.split('/').at(-1)]).toEqual([401, 'not_hotwork'])
})

test('a call without a token, or with one in another scheme, is refused', async () => {
  expect((await ask({})).status).toBe(401)
  expect((await ask({ authorization: `DPoP ${await tokenOf()}` })).status).toBe(401)
})

test('a tool answers its one read, and only for a valid flag', async () => {
  const authorization = `Bearer ${await tokenOf()}`
  const outside = { action: 'flags:get', arguments: { environment: 'prod', flag: '../x' } }
  for (const body of [{ action: 'flags:list', arguments: {} }, outside, null])
    expect((await ask({ authorization }, body)).status).toBe(404)
})

test('a tool that cannot fetch the keys throws a fault, and refuses no caller', async () => {
  up = false
  const gate = new Gate({ issuer, identity: async () => 'e30.e30.e30', patience: 300 })
  const headers = { authorization: `Bearer ${await tokenOf()}` }
  await expect(gate.verifyRead(headers, address)).rejects.toMatchObject({ name: 'Fault' })
  up = true
  expect(await gate.verifyRead(headers, address)).toBe(true)
})
