import { act } from '../../../../examples/remediator/act.ts'
import type { Hotwork } from '../../../../examples/remediator/hotwork.ts'
import { readAnswer } from '../../../../examples/remediator/wire.ts'
import { askFor } from '../asking.ts'
import { finding, refusedByHotwork } from '../findings.ts'
import type { Person } from '../person.ts'
import type { World } from '../world.ts'
import { untilDead, withArguments } from './credential.ts'

/** A person pulls the plug on a grant whose credential works. */
export async function tellRevocation({ report, person, example, local }: World, agent: Hotwork): Promise<void> {
  const ask = withArguments(example('staging-payment-timeout'), { Value: '2600' })
  const task = await askFor(agent, ask)
  const { access_token } = await agent.exchangeToken(task.task.id)
  const credentials = await agent.awsCredentials(access_token)
  const use = () => act(ask.action, agent.settings.aws, credentials)
  const gus = person('person:gus')

  const revokedAt = await report.expect(
    'Gus, of security, revokes another staging grant whose credential works',
    async () => {
      await use()
      const began = Date.now()
      const { status } = await revoke(local.apiUrl, gus, task.task.id)
      return finding(status === 'revoked', `it was used; now it is ${status} by ${gus.id}`, began)
    },
  )
  await report.expect('revoked: Hotwork refuses its access token at once', async () => {
    const refused = await refusedByHotwork(() => agent.awsCredentials(access_token), { status: 401 })
    report.latency('revocation to refusal by Hotwork', Date.now() - revokedAt)
    return refused
  })
  await report.expect('revoked: IAM refuses the AWS credentials too', () =>
    untilDead(report, { latency: 'revocation to refusal by IAM', since: revokedAt, how: 'denied' }, use),
  )
}

async function revoke(apiUrl: string, by: Person, id: string): Promise<{ status: string }> {
  const headers = { authorization: `Bearer ${await by.token()}`, 'content-type': 'application/json' }
  const body = JSON.stringify({ reason: 'the change freeze began at noon' })
  return readAnswer(await fetch(`${apiUrl}/v1/requests/${id}/revoke`, { method: 'POST', headers, body }))
}
