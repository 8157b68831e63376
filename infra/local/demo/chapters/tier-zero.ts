import { act } from '../../../../examples/remediator/act.ts'
import { performTask } from '../../../../examples/remediator/perform-task.ts'
import { readParameter } from '../administrator.ts'
import { describeTask } from '../asking.ts'
import { finding } from '../findings.ts'
import type { World } from '../world.ts'

/** An autonomous agent puts staging right, and nobody is asked. */
export async function tellTierZero({ report, agent, example, local }: World): Promise<void> {
  const remediator = await agent('agent:remediator')
  const ask = example('staging-payment-timeout')
  await report.expect('the whole task is done without a person', async () => {
    let tier = -1
    let asked = true
    const task = await performTask(
      remediator,
      ask,
      async (credentials) => {
        if (credentials) await act(ask.action, remediator.settings.aws, credentials)
        return 'set'
      },
      (step) => {
        if (step.name !== 'submitted') return
        tier = step.task.hotwork.tier
        asked = step.task.task.status === 'pending'
      },
    )
    const ended = task.hotwork.grant?.status
    return finding(tier === 0 && !asked && ended === 'completed', `${describeTask(task)}; its grant is ${ended}`)
  })
  await report.expect('an administrator of the account sees the new value', async () => {
    const value = await readParameter(local.aws, String(ask.action.properties['Name']))
    return finding(value === ask.action.properties['Value'], `${ask.action.properties['Name']} is ${value}`)
  })
}
