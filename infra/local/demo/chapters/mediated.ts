import { GetFunctionConfigurationCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { clientSettings } from '../../emulator.ts'
import { approveThrough } from '../approvers.ts'
import { askFor, describeTask } from '../asking.ts'
import { finding, refusedByHotwork } from '../findings.ts'
import type { World } from '../world.ts'

/** An action whose values IAM cannot pin: Hotwork makes the one call that was approved, and the agent gets its answer. */
export async function tellMediated(world: World): Promise<void> {
  const { report, local } = world
  const agent = await world.agent('agent:remediator')
  const ask = world.example('prod-worker-timeout')
  const { FunctionName, Timeout } = ask.action.properties as { FunctionName: string; Timeout: number }
  const lambda = new LambdaClient(clientSettings(local.aws))
  const timeoutNow = async () => (await lambda.send(new GetFunctionConfigurationCommand({ FunctionName }))).Timeout

  const id = await report.expect(
    'the card says nothing of what a credential leaves open: there will be none',
    async () => {
      const task = await askFor(agent, ask)
      await approveThrough(world, task)
      const settled = await agent.readTask(task.task.id)
      const held = settled.task.status === 'approved' && settled.hotwork.unpinned.length === 0
      return finding(held, describeTask(settled), task.task.id)
    },
  )
  const { access_token } = await agent.exchangeToken(id)
  await report.expect('no AWS credentials are given out for it', () =>
    refusedByHotwork(() => agent.awsCredentials(access_token), { status: 400, code: 'mediated' }),
  )
  await report.expect('Hotwork makes the call, and the agent gets the answer of AWS', async () => {
    const before = await timeoutNow()
    const sentAt = Date.now()
    const { output } = await agent.awsCall(access_token)
    report.latency('mediated call', Date.now() - sentAt)
    const held = output['Timeout'] === Timeout && (await timeoutNow()) === Timeout
    return finding(held, `the timeout was ${before} s and is ${output['Timeout']} s; no environment in the answer`)
  })
  await report.expect('it is made once: asked again, Hotwork says how it went', () =>
    refusedByHotwork(() => agent.awsCall(access_token), { status: 403, code: 'uses_exhausted', says: /succeeded/ }),
  )
  await report.expect('the record has the call, begun before it was made and ended after', async () => {
    const entries = await world.reader.ledger(id)
    const uses = entries.filter(({ type }) => type === 'UseBegun' || type === 'UseEnded')
    const said = uses.map(({ type, facts }) => `${type} ${facts['outcome'] ?? ''}`.trim()).join(', ')
    return finding(said === 'UseBegun, UseEnded succeeded', said)
  })
  await agent.complete(id, 'succeeded', `the timeout is ${Timeout} s`)
  lambda.destroy()
}
