import { createHmac } from 'node:crypto'
import { DeskClient } from '../../../local/demo/desk-client.ts'
import { builder } from '../support/claimed-flag.ts'
import { deployed, setFlag } from '../support/deployment.ts'

/** Two workspaces of Slack in one deployment: after silence, tier 1 has a card in both (test/support/swift-policies.ts). */

const hotwork = deployed('swift')
const { desk, local } = hotwork
const war = local.workspaces['war'] as NonNullable<typeof local.workspaces.war>
const there = new DeskClient(war)

async function escalated() {
  const id = await hotwork.submitted(builder, setFlag({ environment: 'staging' }))
  const [here, other] = await Promise.all([
    desk.untilCard(id, ({ says }) => says.includes('escalated to on-call')),
    there.untilCard(id, ({ buttons }) => buttons.includes('approve')),
  ])
  return { id, here, other }
}

const decisionsOf = async (id: string) =>
  (await hotwork.ledger(id)).filter(({ type }) => type === 'Decided').map(({ actor }) => actor.id)

test('a person decides once, with the account of either workspace, and the cards of both are redrawn', async () => {
  const { id, here, other } = await escalated()
  await there.click(other, 'approve', 'U9JADE')
  expect(await hotwork.view(id)).toMatchObject({ status: 'approved' })
  const closed = ({ says, buttons }: { says: string; buttons: string[] }) =>
    says.includes('Approved') && !buttons.includes('approve')
  await Promise.all([desk.untilCard(id, closed), there.untilCard(id, closed)])
  const { told } = await desk.clickAndRead(here, 'approve', 'U0JADE')
  expect(told).toMatch(/settled or has ended/)
  expect(await decisionsOf(id)).toEqual(['person:jade'])
})

test('one user id is another person in each workspace, and the secret of one signs nothing of the other', async () => {
  const { id, other } = await escalated()
  await there.click(other, 'deny', 'U0JADE')
  expect(await decisionsOf(id)).toEqual(['person:kofi'])
  const { headers, body } = await there.lastInteraction()
  const timestamp = String(Math.floor(Date.now() / 1000))
  const signed = (secret: string) => ({
    ...headers,
    'x-slack-request-timestamp': timestamp,
    'x-slack-signature': `v0=${createHmac('sha256', secret).update(`v0:${timestamp}:${body}`).digest('hex')}`,
  })
  const send = (secret: string) => hotwork.send('POST', '/slack/events', { headers: signed(secret), body })
  expect((await send(local.slack.signingSecret)).status).toBe(401)
  expect((await send(war.signingSecret)).status).toBe(200)
})
