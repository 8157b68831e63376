import type { AgentApi } from '../../../client/agent/agent-api.ts'
import { act } from '../../../local/demo/act.ts'
import { askFor } from '../../../local/demo/asking.ts'
import { liveSession } from '../../../local/demo/chapters/credentials.ts'
import { type Asked, finding, refused, tokenRefused, untilDead } from '../../../local/demo/findings.ts'
import { decisionsOf } from '../../../local/demo/person.ts'
import type { World } from '../../../local/demo/world.ts'

export async function tellTime(world: World): Promise<void> {
  const { report, desk, aws } = world
  const agent = await world.agent('agent:remediator')
  // A request may end its wait and its grant early, at the earliest 10 s from now.
  const until = new Date(Date.now() + 16_000)
  const endsAt = Math.floor(until.getTime() / 1000) * 1000
  const silent = (await askFor(agent, world.example('prod-flag-item'), until)).task.id
  const staging = world.example('staging-payment-timeout')
  const brief = (await askFor(agent, staging, until)).task.id

  const credentials = await report.expect('a staging credential until a few seconds from now works', async () => {
    const { access_token } = await agent.exchangeToken(brief)
    const credentials = await agent.awsCredentials(access_token)
    await act(staging.action, aws, credentials)
    const held = Date.parse(credentials.Expiration) <= endsAt
    return finding(held, `it was used; it ends at ${credentials.Expiration}`, credentials)
  })
  report.note('meanwhile:')
  await tellRevocation(world, agent)

  await report.expect('the end has come: the same call with the same credential is refused by IAM', async () => {
    const end = { latency: 'expiry to refusal by IAM', since: endsAt, how: 'notAllowed' } as const
    const no = await untilDead(report, end, () => act(staging.action, aws, credentials))
    return { ...no, held: no.held && Date.now() >= endsAt }
  })
  await report.expect('and Hotwork gives no other', () => tokenRefused(agent, brief, 'expired'))
  await report.expect('a prod request that no person answered has expired: silence is never consent', async () => {
    const { task } = await agent.waitUntilSettled(silent)
    const { status } = await world.reader.request(silent)
    return finding(task.status === 'expired' && status === 'expired', `task ${task.status}, request ${status}`)
  })
  await report.expect('a click after that is told so, in an ephemeral message', async () =>
    clickInVain(world, { id: silent, card: await desk.untilCard(silent) }, 'person:ben', /settled or has ended/),
  )
}

async function tellRevocation(world: World, agent: AgentApi): Promise<void> {
  const { report, person } = world
  const { id, accessToken, use } = await liveSession(world, agent, '2600')
  const gus = person('person:gus')

  const since = await report.expect('Gus, of security, revokes another grant while its credential works', async () => {
    const began = Date.now()
    const { status } = await gus.revoke(id, 'the change freeze began at noon')
    return finding(status === 'revoked', `it was used; now it is ${status} by ${gus.id}`, began)
  })
  await report.expect('revoked: Hotwork refuses its access token at once', () =>
    refused('401', () => agent.awsCredentials(accessToken)),
  )
  report.latency('revocation to refusal by Hotwork', Date.now() - since)
  await report.expect('revoked: IAM refuses the AWS credentials too', () =>
    untilDead(report, { latency: 'revocation to refusal by IAM', since }, use),
  )
}

/** A person clicks Approve and is told the refusal; no approval is counted. */
async function clickInVain({ desk, person, reader }: World, { id, card }: Asked, who: string, why: RegExp) {
  const before = decisionsOf(await reader.request(id))
  const { status, told } = await desk.clickAndRead(card, 'approve', person(who).slackUserId)
  const after = decisionsOf(await reader.request(id))
  const held = status === 200 && why.test(told) && after.length === before.length
  return finding(held, `${status}; told: "${told}"; counted: ${after.join(', ') || 'nothing'}`)
}
