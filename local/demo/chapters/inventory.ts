import { join } from 'node:path'
import {
  DeleteRolePolicyCommand,
  IAMClient,
  PutRolePolicyCommand,
  SimulatePrincipalPolicyCommand,
} from '@aws-sdk/client-iam'
import type { Ask } from '../../../functions/domain/cards/wire/task.ts'
import { clientSettings } from '../../emulator.ts'
import { askFor, describeTask } from '../asking.ts'
import { finding } from '../findings.ts'
import { mustWork, withTerminal } from '../terminal.ts'
import type { World } from '../world.ts'

const nightly = 'agent:nightly'

type Inventory = { ways_round: readonly { action: string; resource: string; by: readonly string[] }[] }

/** The host of one agent could do without asking what the agent asks for: that is found, shown and drawn, and policy raises its tier. */
export const tellInventory = (world: World): Promise<void> =>
  withTerminal(world, world.reader.id, async (run) => {
    const { report, reader, example, stack } = world
    const type = async (...words: readonly string[]) => mustWork(await run('agents', ...words))
    const picture = join(stack.folder, 'inventory.svg')
    await report.expect('IAM says what the host of an agent could do without asking, and by which policy', async () => {
      const found = JSON.parse(await type('inventory', nightly, '--picture', picture, '--json')) as Inventory
      const ways = found.ways_round.map(({ action, resource, by }) => `${action} on ${resource}, by ${by.join(', ')}`)
      return finding(ways.length > 0, `${ways.join('; ') || 'no way round'}; drawn in ${picture}`)
    })
    const agent = await world.agent(nightly)
    const staging = example('staging-payment-timeout')
    const ask = { ...staging, subject: { ...staging.subject, id: nightly } }
    await report.expect('so what it asks needs two people, where an agent like it needs one', async () => {
      const task = await askFor(agent, ask)
      const request = await reader.request(task.task.id)
      await agent.cancel(task.task.id)
      const { ambient } = request as { ambient?: string }
      return finding(task.hotwork.tier === 2 && ambient === 'allowed', `${describeTask(task)}; ambient: ${ambient}`)
    })
    await report.expect('with a policy for that host on its role, IAM denies it the way round', async () => {
      const { before, meanwhile } = await simulateWith(await type('guardrail', nightly), ask, world)
      return finding(before === 'allowed' && meanwhile === 'explicitDeny', `${before}, then ${meanwhile}`)
    })
  })

/** What IAM says that the host could do, before and while its role carries a policy. */
async function simulateWith(PolicyDocument: string, { action, resource }: Ask, { local: { aws } }: World) {
  const iam = new IAMClient(clientSettings(aws))
  const [RoleName, PolicyName] = ['nightly-jobs', 'hotwork-guardrail']
  const PolicySourceArn = `arn:aws:iam::${aws.accountId}:role/${RoleName}`
  const asked = { PolicySourceArn, ActionNames: [action.name], ResourceArns: [resource.id] }
  const simulate = async () =>
    (await iam.send(new SimulatePrincipalPolicyCommand(asked))).EvaluationResults?.[0]?.EvalDecision
  try {
    const before = await simulate()
    await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName, PolicyDocument }))
    const meanwhile = await simulate()
    await iam.send(new DeleteRolePolicyCommand({ RoleName, PolicyName }))
    return { before, meanwhile }
  } finally {
    iam.destroy()
  }
}
