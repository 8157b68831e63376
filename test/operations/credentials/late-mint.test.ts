import { issueCredential } from '../../../functions/operations/credentials/issue-credential.ts'
import { issueToken } from '../../../functions/operations/credentials/tokens.ts'
import { Overtaken } from '../../../functions/operations/faults.ts'
import { issuerOf } from '../../../functions/targets/aws/reach.ts'
import { agentKey, issuer, sampleBundle, stagingParameter, World } from '../../support/world.ts'

/**
 * Facts found at the intent of a mint (policy's answer, the eligible approvers) are not checked again when it is
 * recorded. So a mint that takes over a minute fails with a fault that passes: the caller asks again, and policy too.
 */

const bundle = sampleBundle()
const slow = (world: World, seconds: number) => world.clock.advance(seconds)

test.each([
  [60, true],
  [61, false],
])('a signature that takes %d s: the token is answered? %p', async (seconds, answered) => {
  const world = new World(bundle)
  const request = await world.submitted(stagingParameter)
  const signer = {
    sign: async (...of: Parameters<World['signer']['sign']>) => {
      const token = await world.signer.sign(...of)
      slow(world, seconds)
      return token
    },
  }
  const ask = {
    ...{ id: request.ask.id, agent: request.ask.agent.id, clientId: request.ask.agent.subject },
    ...{ jkt: agentKey, targets: [], once: [world.proof()] },
  }
  const issued = issueToken(ask, { ...world.ports, signer, issuer })
  if (answered) expect(await issued).toMatchObject({ ok: true })
  else await expect(issued).rejects.toThrow(Overtaken)
  const state = await world.state(request.ask.id)
  expect(state).toMatchObject({ status: 'approved' })
  expect('grant' in state && state.grant?.credentials.access_token !== undefined).toBe(answered)
  // The grant is as good as before.
  expect(await world.issueToken(request)).toMatchObject({ ok: true })
})

test('a session that STS took over a minute to give is not answered, begins no use, and is remembered to be denied', async () => {
  const world = new World(bundle)
  const request = await world.submitted(stagingParameter)
  const presented = await world.claim(request)
  const broker = {
    assume: async (...of: Parameters<World['broker']['assume']>) => {
      const credentials = await world.broker.assume(...of)
      slow(world, 61)
      return credentials
    },
  }
  const ports = { ...world.ports, broker, targetRole: world.targetRole }
  const issued = issueCredential(world.accessToken(request, presented), world.proof(), {
    ...ports,
    reach: issuerOf(ports),
  })
  await expect(issued).rejects.toThrow(Overtaken)
  const state = await world.state(request.ask.id)
  expect(state).toMatchObject({ status: 'approved', grant: { uses: [], sessions: [{ role: expect.any(String) }] } })
  expect(await world.issueAws(request, presented)).toMatchObject({ ok: true })
})
