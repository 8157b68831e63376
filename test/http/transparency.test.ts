import { CedarPolicy } from '../../functions/adapters/cedar/cedar-policy.ts'
import { createHandler as createMetadata } from '../../functions/handlers/agents/metadata.ts'
import { createHandler as createReadLog } from '../../functions/handlers/people/read-log.ts'
import { type KeyServer, startKeyServer } from '../adapters/jose/key-server.ts'
import { type Key, makeKey, signed } from '../adapters/jose/tokens.ts'
import { MemoryLogBucket } from '../support/anchor/memory-anchor.ts'
import { apiEvent } from '../support/api-event.ts'
import { MemorySigner } from '../support/credentials/memory-signer.ts'
import { issuer, sampleBundle, start, World } from '../support/world.ts'

/** The public facts of the notary, and those behind a login. */

const bundle = sampleBundle()
let world: World
beforeEach(() => {
  world = new World(bundle)
})

const event = (routeKey: string, pathParameters: { [name: string]: string } = {}) =>
  apiEvent(routeKey, world.clock.now(), { pathParameters })

test("the JWKS has the notary's key beside those of tokens, marked as such", async () => {
  const [tokens, notary] = [new MemorySigner(), new MemorySigner()]
  const handler = createMetadata({
    ...world.ports,
    issuer,
    policy: world.policy,
    keys: tokens,
    notary,
    openApi: () => ({}),
    icon: () => new Uint8Array(),
  })
  const { keys } = JSON.parse((await handler(event('GET /.well-known/jwks.json'))).body ?? '')
  const [[token], [own]] = [(await tokens.jwks()).keys, (await notary.jwks()).keys]
  expect(keys).toEqual([token, { ...own, hotwork_use: 'notary' }])
})

test("a cluster's API server finds the keys of tokens by discovery, and none of the notary's", async () => {
  const [tokens, notary, rsa] = [new MemorySigner(), new MemorySigner(), new MemorySigner()]
  const handler = createMetadata({
    ...{ ...world.ports, issuer, policy: world.policy, keys: tokens, notary, clusterKeys: rsa },
    ...{ openApi: () => ({}), icon: () => new Uint8Array() },
  })
  const found = JSON.parse((await handler(event('GET /.well-known/openid-configuration'))).body ?? '')
  expect(found).toMatchObject({ issuer, jwks_uri: `${issuer}/.well-known/openid-jwks.json` })
  const { keys } = JSON.parse((await handler(event('GET /.well-known/openid-jwks.json'))).body ?? '')
  expect(keys).toEqual([...(await tokens.jwks()).keys, ...(await rsa.jwks()).keys])
})

test('a file of the log is refused to a caller without a login, even if it does not exist', async () => {
  const bucket = new MemoryLogBucket()
  await bucket.add('checkpoint', new Uint8Array([1]))
  const handler = createReadLog({ ...world.ports, issuer, policy: world.policy, bucket })
  for (const path of ['checkpoint', 'tile/0/000', '../secret'])
    expect((await handler(event('GET /transparency/{path+}', { path }))).statusCode).toBe(401)
})

describe('a person with a login', () => {
  let key: Key
  let server: KeyServer
  let bucket: MemoryLogBucket
  const asked: string[] = []
  beforeAll(async () => {
    key = await makeKey()
    server = await startKeyServer(key)
  })
  afterAll(() => server.close())
  beforeEach(async () => {
    asked.length = 0
    bucket = new MemoryLogBucket()
    for (const path of ['checkpoint', 'tile/0/000.p/1', 'tile/entries/000.p/1', 'tile/0/secret', 'secret'])
      await bucket.add(path, new TextEncoder().encode(path))
    const read = bucket.read.bind(bucket)
    jest.spyOn(bucket, 'read').mockImplementation((path) => {
      asked.push(path)
      return read(path)
    })
  })

  async function get(path: string, policies = bundle.policies) {
    const { deployment, directory } = bundle
    const issuers = Object.fromEntries(
      Object.entries(deployment.issuers).map(([alias, each]) => [alias, { ...each, jwksUri: server.url }]),
    )
    const policy = new CedarPolicy({ ...bundle, policies, deployment: { ...deployment, issuers } })
    const sub = directory.people.find(({ id }) => id === 'person:ana')?.identities[0]?.subject
    const claims = { iss: 'https://id.example.org', aud: `${issuer}/people`, sub, iat: start, exp: start + 300 }
    const authorization = `Bearer ${signed(key, { alg: 'ES256', kid: key.kid }, claims)}`
    const call = event('GET /transparency/{path+}', { path })
    const handler = createReadLog({ ...world.ports, issuer, policy, bucket })
    const { statusCode, body = '', headers, isBase64Encoded } = await handler({ ...call, headers: { authorization } })
    return { status: statusCode, text: Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8').toString(), headers }
  }

  test.each([
    ['checkpoint', 'text/plain; charset=utf-8', 'private, max-age=1'],
    ['tile/0/000.p/1', 'application/octet-stream', 'private, max-age=31536000, immutable'],
    ['tile/entries/000.p/1', 'application/octet-stream', 'private, max-age=31536000, immutable'],
  ])('a person with the right to read gets `%s` as it lies in the bucket', async (path, type, cache) => {
    const { status, text, headers } = await get(path)
    expect([status, text]).toEqual([200, path])
    expect(headers).toMatchObject({ 'content-type': type, 'cache-control': cache })
  })

  test.each(['checkpoint', 'tile/0/000.p/1', 'tile/0/007', '../secret'])(
    'a person without the right to read is refused `%s` without a look into the bucket',
    async (path) => {
      const { read: _, ...others } = bundle.policies
      const { status, text } = await get(path, others)
      expect([status, JSON.parse(text).type, asked]).toEqual([403, `${issuer}/problems/not_permitted`, []])
    },
  )

  test.each([
    'secret',
    'tile/0/secret',
    '../secret',
    'tile/../secret',
    'tile/0/../../secret',
    'tile/0/%2e%2e/secret',
    '/checkpoint',
    'checkpoint/',
    'Checkpoint',
    'tile',
    'tile/',
    'tile/0/0',
    'tile/64/000',
    'tile/-1/000',
    'tile/0/000.p/0',
    'tile/0/000.p/256',
    'tile/0/x000/001',
    'tile/0/000\n',
    'tile/0/000?versionId=1',
    `tile/0/${'x999/'.repeat(20)}999`,
  ])('a path outside the log (%j) is 404 without a look into the bucket', async (path) => {
    const { status, text } = await get(path)
    expect([status, JSON.parse(text).type, asked]).toEqual([404, `${issuer}/problems/not_found`, []])
  })

  test('a tile that the log does not have yet is 404', async () => {
    const { status } = await get('tile/0/007')
    expect([status, asked]).toEqual([404, ['tile/0/007']])
  })
})
