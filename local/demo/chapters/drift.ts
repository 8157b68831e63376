// Rules: test/local/demo-options.test.ts
import { Trouble } from '../../../client/outcome.ts'
import { act } from '../act.ts'
import { approveThrough, askFor, describeApprovals, describeTask } from '../asking.ts'
import { completed, finding } from '../findings.ts'
import { readParameter, setParameter, type World } from '../world.ts'

/** A value is changed by hand between the approval and the claim. */
export async function tellDrift(world: World): Promise<void> {
  const { report, local, desk } = world
  const agent = await world.agent('agent:remediator')
  const ask = world.example('prod-payment-timeout')
  const { Name, Value } = ask.action.properties
  await setParameter(local, Name, '300')

  const { task } = await askFor(agent, ask)
  const { id } = task
  await report.expect('the card shows the present value beside the new one', async () => {
    const { says } = await desk.untilCard(id)
    return finding(says.includes('300') && says.includes(String(Value)), `300, and ${Value} then`)
  })
  await report.expect('two people approve that', async () => {
    const approvals = await approveThrough(world, id)
    return finding((await agent.readTask(id)).task.status === 'approved', describeApprovals(approvals))
  })
  await report.expect('a person changes the value by hand, and the agent’s claim is refused', async () => {
    const { access_token: token } = await agent.exchangeToken(id)
    await setParameter(local, Name, '320')
    try {
      await agent.awsCredentials(token)
    } catch (fault) {
      if (!(fault instanceof Trouble)) throw fault
      const held = fault.status === 409 && fault.told.code === 'state_changed' && !fault.message.includes('320')
      return finding(held, `${fault.status} ${fault.told.code}: ${fault.told.title}`)
    }
    return finding(false, 'it was let through')
  })
  await report.expect('the request waits in its next round, and the card shows the new value', async () => {
    const card = await desk.untilCard(id, ({ says }) => says.includes('320'))
    const now = await agent.readTask(id)
    return finding(now.task.status === 'pending' && now.hotwork.round === 2, `${describeTask(now)}, round 2`, card)
  })
  await report.expect('they decide again, on the present value, and the agent does it', async () => {
    const approvals = await approveThrough(world, id)
    const { access_token: token } = await agent.exchangeToken(id)
    await act(ask.action, world.aws, await agent.awsCredentials(token))
    const value = await readParameter(local, Name)
    return finding(value === Value, `${describeApprovals(approvals)}; ${Name} is ${value}`)
  })
  await report.expect('the task is completed', () => completed(agent, id, 'succeeded', 'set after a drift'))
}
