import { randomUUID } from 'node:crypto'
import { finding, refusedByHotwork } from '../findings.ts'
import type { World } from '../world.ts'
import { withArguments } from './credential.ts'

/** Policy says no: then nobody is asked, since no approval could help. */
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
      // By which policy is for people: the agent that asks is not told.
      const held = !decision && context.reason === 'policy_denied' && !context.access_request
      return finding(held, `${context.reason}; ${context.access_request ? 'may be asked for' : 'nothing to ask for'}`)
    })
  }

  const agent = await world.agent('agent:remediator')
  const ask = world.example('prod-payment-timeout')
  await report.expect('an evaluation for one value cannot be submitted with another', async () => {
    const evaluation = await agent.evaluate(ask)
    const changed = withArguments(ask, { Value: '9000' })
    const wanted = { status: 400, code: 'invalid_denial_binding' }
    return refusedByHotwork(() => agent.submit(changed, evaluation, randomUUID()), wanted)
  })
  await report.expect('a resource that the arguments do not name is refused, not believed', async () => {
    const elsewhere = { ...ask, resource: { ...ask.resource, id: ask.resource.id.replace('/prod/', '/staging/') } }
    const { decision, context } = await agent.evaluate(elsewhere)
    return finding(!decision && context.reason === 'invalid_arguments', `${context.reason}: ${context.detail}`)
  })
}
