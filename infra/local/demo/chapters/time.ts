import { act } from '../../../../examples/remediator/act.ts'
import { askFor } from '../asking.ts'
import { finding, refusedByHotwork } from '../findings.ts'
import type { World } from '../world.ts'
import { untilDead } from './credential.ts'
import { tellRevocation } from './revocation.ts'

/** A request may end its wait and its grant early, at the earliest 10 s from now: here, for what time does by itself. */
const shortMilliseconds = 12_000

/** Time runs out, and somebody pulls the plug. Nothing here needs a timer to fire. */
export async function tellTime(world: World): Promise<void> {
  const { report, desk, person } = world
  const agent = await world.agent('agent:remediator')
  const until = new Date(Date.now() + shortMilliseconds)
  const endsAt = Math.floor(until.getTime() / 1000) * 1000
  const silent = await askFor(agent, world.example('prod-flag-item'), until)
  const staging = world.example('staging-payment-timeout')
  const brief = await askFor(agent, staging, until)

  const credentials = await report.expect('a staging credential until a few seconds from now works', async () => {
    const { access_token } = await agent.exchangeToken(brief.task.id)
    const credentials = await agent.awsCredentials(access_token)
    await act(staging.action, agent.settings.aws, credentials)
    const held = Date.parse(credentials.Expiration) <= endsAt
    return finding(held, `it was used; it ends at ${credentials.Expiration}`, credentials)
  })
  report.note('meanwhile:')
  await tellRevocation(world, agent)

  await report.expect('the end has come: the same call with the same credential is refused by IAM', async () => {
    const refused = await untilDead(
      report,
      { latency: 'expiry to refusal by IAM', since: endsAt, how: 'notAllowed' },
      () => act(staging.action, agent.settings.aws, credentials),
    )
    return { ...refused, held: refused.held && Date.now() >= endsAt }
  })
  await report.expect('and Hotwork gives no other', () =>
    refusedByHotwork(() => agent.exchangeToken(brief.task.id), {
      status: 400,
      code: 'invalid_authorization_details',
      says: /: expired/,
    }),
  )
  await report.expect('a prod request that nobody answered has expired: silence is never consent', async () => {
    const { task } = await agent.waitUntilSettled(silent.task.id)
    const { status } = await world.reader.request(silent.task.id)
    return finding(task.status === 'expired' && status === 'expired', `task ${task.status}, request ${status}`)
  })
  const ben = person('person:ben')
  await report.expect('a click after that is told so, in private', async () => {
    const card = await desk.untilCard(silent.task.id)
    const before = (await desk.toldTo(ben.slackUserId)).length
    const { status } = await desk.click(card, 'approve', ben.slackUserId)
    const { text } = await desk.untilTold(ben.slackUserId, before)
    return finding(status === 200 && /too late/i.test(text), `${status}; told: "${text}"`)
  })
}
