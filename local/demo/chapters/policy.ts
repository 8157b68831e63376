import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { carryThrough, describeApprovals, describeTask, readExampleTable, withArguments } from '../asking.ts'
import { evaluatedNo, finding, refused } from '../findings.ts'
import { readParameter, requestsFolder, type World } from '../world.ts'

export async function tellTierZero(world: World): Promise<void> {
  const { report, example, local } = world
  const ask = example('staging-payment-timeout')
  await report.expect('the whole task is done without a person', async () => {
    const end = await carryThrough(world, ask)
    if ('refused' in end) return finding(false, end.refused)
    const { hotwork } = end.task
    const held = hotwork.tier === 0 && end.approvals.length === 0 && hotwork.grant?.status === 'completed'
    return finding(held, `${describeTask(end.task)}; its grant is ${hotwork.grant?.status}`)
  })
  await report.expect('an administrator of the account sees the new value', async () => {
    const { Name, Value } = ask.action.properties
    const value = await readParameter(local, Name)
    return finding(value === Value, `${Name} is ${value}`)
  })
}

export async function tellNoFromPolicy(world: World): Promise<void> {
  const { report } = world
  const refusals = [
    ['a parameter of Hotwork’s own is forbidden, at every tier', 'forbidden-hotwork-parameter'],
    ['a planner gets no credential that changes anything', 'forbidden-planner-parameter'],
    ['a build bot does no repairs', 'forbidden-builder-repair'],
  ] as const
  for (const [expected, file] of refusals) {
    await report.expect(expected, async () => {
      const ask = world.example(file)
      const { decision, context } = await (await world.agent(ask.subject.id)).evaluate(ask)
      // The agent is not told which policy refused: that is for people.
      const held = !decision && context.reason === 'policy_denied' && !context.access_request
      return finding(held, `${context.reason}; ${context.access_request ? 'may be asked for' : 'nothing to ask for'}`)
    })
  }

  const agent = await world.agent('agent:remediator')
  const ask = world.example('prod-payment-timeout')
  await report.expect('an evaluation for one value cannot be submitted with another', async () => {
    const evaluation = await agent.evaluate(ask)
    const other = withArguments(ask, { Value: '9000' })
    return refused('400 invalid_denial_binding', () =>
      agent.submit(other, evaluation, { idempotencyKey: randomUUID() }),
    )
  })
  const elsewhere = { ...ask, resource: { ...ask.resource, id: ask.resource.id.replace('/prod/', '/staging/') } }
  await report.expect('a resource that the arguments do not name is refused, not believed', () =>
    evaluatedNo(agent, elsewhere, 'invalid_arguments'),
  )
}

export async function tellExamples(world: World): Promise<void> {
  for (const { name, agent, outcome } of readExampleTable(join(requestsFolder, 'README.md'))) {
    const tier = typeof outcome === 'number' ? `tier ${outcome}` : outcome
    await world.report.expect(`${name}: ${tier}, for ${agent}`, async () => {
      const end = await carryThrough(world, world.example(name))
      if ('refused' in end) return finding(end.refused === outcome, `refused: ${end.refused}`)
      const { hotwork } = end.task
      const by = describeApprovals(end.approvals) || 'no person was asked'
      const held = hotwork.tier === outcome && hotwork.grant?.status === 'completed'
      return finding(held, `tier ${hotwork.tier}; ${by}; ${end.done}`)
    })
  }
}
