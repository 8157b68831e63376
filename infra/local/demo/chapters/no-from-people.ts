import { askWithCard, describeTask } from '../asking.ts'
import { finding, refusedByHotwork } from '../findings.ts'
import type { World } from '../world.ts'
import { headOf } from './story.ts'

/** People say no, and a click comes too late. */
export async function tellNoFromPeople(world: World): Promise<void> {
  const { report, desk, person } = world
  const agent = await world.agent('agent:remediator')
  const { task, card } = await askWithCard(world, agent, world.example('prod-worker-timeout'))
  const { id } = task.task
  report.note(describeTask(task))

  await report.expect('while people decide, there is no token', () =>
    refusedByHotwork(() => agent.exchangeToken(id), {
      status: 400,
      code: 'invalid_authorization_details',
      says: /: pending/,
    }),
  )
  const chloe = person('person:chloe')
  await report.expect('Chloe, an owner, clicks Deny, and one no is enough', async () => {
    const waiting = agent.waitUntilSettled(id)
    const { status, clickedAt } = await desk.click(card, 'deny', chloe.slackUserId)
    const settled = await waiting
    report.latency('click to the waiting agent', Date.now() - clickedAt)
    return finding(
      status === 200 && settled.task.status === 'denied',
      `${status}; the agent learns: ${settled.task.status}`,
    )
  })
  await report.expect('denied: there is no token', () =>
    refusedByHotwork(() => agent.exchangeToken(id), {
      status: 400,
      code: 'invalid_authorization_details',
      says: /: denied/,
    }),
  )
  await report.expect('the card says who denied it, and has no buttons left', async () => {
    const denied = await desk.untilCard(id, ({ says }) => says.includes('Denied'))
    return finding(denied.buttons.length === 0 && denied.says.includes(chloe.id), headOf(denied))
  })
  const ben = person('person:ben')
  await report.expect('Ben’s screen has not caught up; his Approve is too late, and he alone is told', async () => {
    const before = (await desk.toldTo(ben.slackUserId)).length
    const { status } = await desk.click(card, 'approve', ben.slackUserId)
    const { text } = await desk.untilTold(ben.slackUserId, before)
    const request = await ben.request(id)
    const held = status === 200 && request.status === 'denied' && /too late/i.test(text)
    return finding(held, `${status}; told: "${text}"; still ${request.status}`)
  })
}
