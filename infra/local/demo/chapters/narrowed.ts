import { asApproved } from '../../../../examples/remediator/wire.ts'
import { askWithCard, describeTask } from '../asking.ts'
import { finding, refusedByHotwork } from '../findings.ts'
import type { World } from '../world.ts'
import { headOf } from './story.ts'

/** An approver leaves less than was asked, in a form in Slack, and the agent gets that and no more. */
export async function tellNarrowed(world: World): Promise<void> {
  const { report, desk, person } = world
  const agent = await world.agent('agent:remediator')
  const ask = world.example('prod-worker-timeout')
  const { task, card } = await askWithCard(world, agent, ask)
  const { id } = task.task
  report.note(describeTask(task))
  const asked = await world.reader.request(id)
  const ben = person('person:ben')

  await report.expect('Ben, an owner, presses Narrow, and leaves 45 of 60 seconds and 5 of 15 minutes', async () => {
    await desk.click(card, 'narrow', ben.slackUserId)
    const left = { 'argument:Timeout': '45', minutes: '5' }
    await desk.submitForm(ben.slackUserId, left)
    const { status, round, stage, digest } = await world.reader.request(id)
    const held = status === 'pending' && round === 2 && stage === 'sre' && digest !== asked.digest
    return finding(held, `round ${round}, waits for ${stage}; ${asked.digest} is now ${digest}`)
  })
  await report.expect('the agent sees what is left of what it asked', async () => {
    const { hotwork } = await agent.readTask(id)
    const { narrowed, round } = hotwork
    const held = round === 2 && narrowed?.arguments['Timeout'] === 45 && narrowed.lifetime === 5 * 60
    return finding(held, `round ${round}, ${JSON.stringify(narrowed)}`)
  })
  const eve = person('person:eve')
  await report.expect('Eve, of sre, still has what was asked on her screen: her approval of that is refused', () =>
    refusedByHotwork(() => eve.decide(asked, 'approve', 'sre'), { status: 409, code: 'stale_round' }),
  )
  await report.expect('the same card says what was made less; Eve reads that, and approves it', async () => {
    const narrowed = await desk.untilCard(id, ({ says }) => says.includes('Less than was asked'))
    const { status } = await desk.click(narrowed, 'approve', eve.slackUserId)
    const now = await world.reader.request(id)
    const held = status === 200 && narrowed.ts === card.ts && narrowed.says.includes('60 → 45')
    return finding(held && now.status === 'approved', `${headOf(narrowed)}; ${status}, ${now.status}`)
  })
  await report.expect('what was asked at first is out of the approval’s scope, and what is left is in it', async () => {
    const settled = await agent.readTask(id)
    const approval = settled.result?.approval ?? { id: 'none' }
    const covers = (each: typeof ask) => agent.evaluate({ ...each, context: { ...each.context, approval } })
    const [whole, left] = [await covers(ask), await covers(asApproved(ask, settled))]
    const held = !whole.decision && whole.context.reason === 'out_of_scope' && left.decision
    return finding(held, `60 s: ${whole.context.reason}; 45 s: ${left.decision}`)
  })
  await report.expect('the agent claims it, for 5 minutes at most, has that done, and completes', async () => {
    const { access_token, expires_in } = await agent.exchangeToken(id)
    const { output } = await agent.awsCall(access_token)
    const { hotwork } = await agent.complete(id, 'succeeded', 'the timeout is 45 s')
    const held = output['Timeout'] === 45 && hotwork.grant?.status === 'completed' && expires_in <= 300
    return finding(held, `a token for ${expires_in} s, a timeout of ${output['Timeout']} s; ${hotwork.grant?.status}`)
  })
}
