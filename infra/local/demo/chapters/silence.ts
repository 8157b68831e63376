import { askWithCard, describeTask } from '../asking.ts'
import { finding } from '../findings.ts'
import type { World } from '../world.ts'

/**
 * A stage that nobody answers is widened to others, once, and then it is over. In a deployment of its own, whose ladder
 * has seconds where the sample's has minutes, so that it is waited for.
 */
export async function tellSilence(world: World): Promise<void> {
  const { report, person, desk, reader } = world
  const agent = await world.agent('agent:remediator')
  const [jade, eve] = [person('person:jade'), person('person:eve')]
  const first = await askWithCard(world, agent, world.example('prod-payment-timeout'))
  const second = await askWithCard(world, agent, world.example('prod-worker-timeout'))
  const [one, other] = [first.task.task.id, second.task.task.id]
  report.note(describeTask(first.task))

  await report.expect('Jade is on call: while the owners have time, her press changes nothing', async () => {
    const before = (await desk.toldTo(jade.slackUserId)).length
    await desk.click(first.card, 'approve', jade.slackUserId)
    const { text } = await desk.untilTold(jade.slackUserId, before)
    const { status, stages } = await reader.request(one)
    return finding(status === 'pending' && stages[0]?.decisions.length === 0, `told: "${text}"`)
  })
  const widened = await report.expect(
    'the owners are silent; at their deadline the card asks those on call as well',
    async () => {
      const card = await desk.untilCard(one, ({ says }) => says.includes('escalated to on-call'))
      const { status } = await reader.request(one)
      return finding(status === 'pending', `"${card.says.slice(0, 100).trim()}..."; still ${status}`, card)
    },
  )
  await report.expect('now Jade’s press counts, in the owners’ place, and Eve decides the next stage', async () => {
    await desk.click(widened, 'approve', jade.slackUserId)
    const card = await desk.untilCard(one, ({ says }) => says.includes('Waiting for sre'))
    await desk.click(card, 'approve', eve.slackUserId)
    const { status, stages } = await reader.request(one)
    const who = stages.flatMap(({ name, decisions }) => decisions.map((each) => `${each.person} for ${name}`))
    return finding(status === 'approved', `${status} by ${who.join(', ')}`)
  })
  await report.expect(
    'the other request nobody answers at all: a second silence ends it, and is no consent',
    async () => {
      const { task } = await agent.waitUntilSettled(other)
      const card = await desk.untilCard(other, ({ says }) => says.includes('Expired'))
      return finding(task.status === 'expired' && card.buttons.length === 0, `the agent learns: ${task.status}`)
    },
  )
  await report.expect('all of it is on record', async () => {
    const types = async (id: string) => (await reader.ledger(id)).map(({ type }) => type)
    const [answered, silent] = [await types(one), await types(other)]
    const held = answered.includes('StageEscalated') && silent.includes('StageEscalated') && silent.at(-1) === 'Expired'
    return finding(held, `${answered.join(', ')}; and ${silent.join(', ')}`)
  })
  await agent.complete(one, 'failed', 'the demo has seen what it wanted')
}
