import { askFor, describeTask } from '../asking.ts'
import { finding } from '../findings.ts'
import type { World } from '../world.ts'
import { headOf } from './story.ts'

/** Slack answers nothing but errors for a while: people decide elsewhere, and the card is right in the end. */
export async function tellSlackDown(world: World): Promise<void> {
  const { report, desk, person } = world
  const agent = await world.agent('agent:remediator')
  await desk.breakSlack(500)
  let isDown = true
  const mend = async () => {
    if (isDown) await desk.breakSlack(0)
    isDown = false
  }
  try {
    const id = await report.expect('the agent asks while Slack is down, and its request waits as always', async () => {
      const task = await askFor(agent, world.example('prod-payment-timeout'))
      return finding(task.task.status === 'pending', describeTask(task), task.task.id)
    })
    await report.expect('Ben and Eve decide through the API meanwhile', async () => {
      await person('person:ben').decide(await world.reader.request(id), 'approve')
      const { status, stages } = await person('person:eve').decide(await world.reader.request(id), 'approve')
      const who = stages.flatMap(({ name, decisions }) => decisions.map((each) => `${each.person} for ${name}`))
      return finding(status === 'approved', `${status} by ${who.join(' and ')}`)
    })
    await report.expect('the agent claims its credential and is done, with no card anywhere', async () => {
      await agent.awsCredentials((await agent.exchangeToken(id)).access_token)
      const { hotwork } = await agent.complete(id, 'succeeded', 'done while Slack was down')
      const cards = await desk.cardsThatSay(id)
      return finding(hotwork.grant?.status === 'completed' && cards.length === 0, `${cards.length} cards`)
    })
    await report.expect('Slack is back: the card comes by itself, as the request is now', async () => {
      const began = Date.now()
      await mend()
      const card = await desk.untilCard(id, ({ says }) => says.includes('Completed'))
      report.latency('Slack back to card', Date.now() - began)
      return finding(card.buttons.length === 0, `${headOf(card)}; buttons: ${card.buttons.join(', ') || 'none'}`)
    })
    await report.expect('it is posted once, not once for each change that was missed', async () => {
      const cards = await desk.cardsThatSay(id)
      return finding(cards.length === 1, `${cards.length} card of ${id}`)
    })
  } finally {
    await mend()
  }
}
