import { decodeJwt, decodeProtectedHeader } from 'jose'
import { createHandler } from '../../../functions/handlers/agents/sign-statement.ts'
import { MemorySigner } from '../../support/credentials/memory-signer.ts'
import { World } from '../../support/world.ts'
import { bundleWithCluster } from '../../targets/kubernetes/reach-bundle.ts'

const world = new World()
const { signer, clock, policy } = world
const sign = createHandler({ issuer: world.issuer, policy, signer, clock })
const named = (alias: string) => ({
  invokedFunctionArn: `arn:aws:lambda:eu-central-1:111111111111:function:Hotwork-Sign${alias}`,
})
const said = { tool: 'tool:flag-service' }

test('a statement is of the kind whose alias the signer was called by', async () => {
  const { token } = await sign(said, named(':read'))
  expect([decodeProtectedHeader(token).typ, decodeJwt(token).iat]).toEqual(['hotwork-read+jwt', clock.now()])
})

test.each(['', ':$LATEST', ':7', ':keys', ':at+jwt', ':toString'])(
  'the signer signs nothing when it is called as function%s, which names no kind',
  async (alias) => {
    await expect(sign(said, named(alias))).rejects.toThrow()
    await expect(sign({ kind: 'read', ...said }, named(alias))).rejects.toThrow()
  },
)

test('a payload cannot name another kind than the alias', async () => {
  await expect(sign({ kind: 'approval', claims: said }, named(':read'))).rejects.toThrow()
  await expect(sign(said, named(':approval'))).rejects.toThrow()
})

test('a token of a cluster that takes RS256 alone is signed by the key for it', async () => {
  const bundle = bundleWithCluster({ alg: 'RS256' })
  const [ports, rsa] = [{ issuer: world.issuer, policy: { bundle }, signer, clock }, new MemorySigner()]
  const asked = [{ target: 'cluster' }, named(':cluster_read')] as const
  const { token } = await createHandler({ ...ports, rsa })(...asked)
  const [key] = (await rsa.jwks()).keys
  expect(decodeProtectedHeader(token)).toMatchObject({ typ: 'hotwork-cluster+jwt', kid: key?.['kid'] })
  await expect(createHandler(ports)(...asked)).rejects.toThrow('RS256')
})
