import type { Hotwork } from '../../../../examples/remediator/hotwork.ts'
import { finding, refusedByHotwork } from '../findings.ts'
import type { World } from '../world.ts'
import { untilDead } from './credential.ts'
import { liveSession } from './live-session.ts'

/** A person pulls the plug on a grant whose credential works. */
export async function tellRevocation(world: World, agent: Hotwork): Promise<void> {
  const { report, person } = world
  const { id, accessToken, use } = await liveSession(world, agent, '2600')
  const gus = person('person:gus')

  const revokedAt = await report.expect(
    'Gus, of security, revokes another staging grant whose credential works',
    async () => {
      await use()
      const began = Date.now()
      const { status } = await gus.revoke(id, 'the change freeze began at noon')
      return finding(status === 'revoked', `it was used; now it is ${status} by ${gus.id}`, began)
    },
  )
  await report.expect('revoked: Hotwork refuses its access token at once', async () => {
    const refused = await refusedByHotwork(() => agent.awsCredentials(accessToken), { status: 401 })
    report.latency('revocation to refusal by Hotwork', Date.now() - revokedAt)
    return refused
  })
  await report.expect('revoked: IAM refuses the AWS credentials too', () =>
    untilDead(report, { latency: 'revocation to refusal by IAM', since: revokedAt, how: 'denied' }, use),
  )
}
