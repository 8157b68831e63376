import type { APIGatewayProxyEventV2 } from 'aws-lambda'
import { createHandler as createMetadata } from '../../functions/handlers/agents/metadata.ts'
import { createHandler as createReadLog } from '../../functions/handlers/people/read-log.ts'
import { MemoryLogBucket } from '../support/anchor/memory-anchor.ts'
import { MemorySigner } from '../support/credentials/memory-signer.ts'
import { issuer, sampleBundle, World } from '../support/world.ts'

/** What anyone may know of the notary, and what nobody gets without a login. */

const bundle = sampleBundle()
let world: World
beforeEach(() => {
  world = new World(bundle)
})

const event = (routeKey: string, pathParameters: { [name: string]: string } = {}) =>
  ({
    ...{ version: '2.0', routeKey, rawPath: '/', rawQueryString: '', isBase64Encoded: false, headers: {} },
    pathParameters,
    requestContext: { requestId: 'r', timeEpoch: world.clock.now() * 1000 },
  }) as unknown as APIGatewayProxyEventV2

test("the JWKS has the notary's key beside those of tokens, and says which it is", async () => {
  const [tokens, notary] = [new MemorySigner(), new MemorySigner()]
  const handler = createMetadata({ ...world.ports, issuer, policy: world.policy, keys: tokens, notary })
  const { keys } = JSON.parse((await handler(event('GET /.well-known/jwks.json'))).body ?? '')
  const [[token], [own]] = [(await tokens.jwks()).keys, (await notary.jwks()).keys]
  expect(keys).toEqual([token, { ...own, hotwork_use: 'notary' }])
})

test('no file of the log is given to a caller who did not log in, whether it is there or not', async () => {
  const bucket = new MemoryLogBucket()
  await bucket.add('checkpoint', new Uint8Array([1]))
  const handler = createReadLog({ ...world.ports, issuer, policy: world.policy, bucket })
  for (const path of ['checkpoint', 'tile/0/000', '../secret'])
    expect((await handler(event('GET /transparency/{path+}', { path }))).statusCode).toBe(401)
})
