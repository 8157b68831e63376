import { createHandler } from '../../../functions/handlers/timers/look-at-hosts.ts'
import { principalsPerStatement } from '../../../functions/targets/aws/iam/trust-policy.ts'
import { MemoryAwsHosts } from '../../support/agents/memory-aws-hosts.ts'
import { agent, World } from '../../support/world.ts'

/** One function looks at hosts: once a day at all, on demand at one, and after a change at those that it concerns. */

const nightly = agent('nightly')
const role = 'arn:aws:iam::000000000000:role/nightly-jobs'
const context = { getRemainingTimeInMillis: () => 600_000 }

function looking() {
  const [world, aws] = [new World(), new MemoryAwsHosts()]
  aws.simulator.attach(role)
  const roleList = { roles: async () => [] }
  const roles = { ...world.ports, platformRoles: world.agents, roleList, readPrincipals: principalsPerStatement }
  const handler = createHandler({ ...world.ports, agents: world.agents, probers: aws.probers, roles })
  return { world, aws, run: (event?: unknown) => handler(event, context) }
}
const message = (change: object = {}) =>
  JSON.stringify({
    ...{ account: '000000000000', region: 'us-east-1', source: 'aws.iam', name: 'PutRolePolicy' },
    ...{ at: '2020-01-01T00:00:00Z', about: ' nightly-jobs', ...change },
  })
const batch = (...bodies: string[]) => ({ Records: bodies.map((body, at) => ({ messageId: `m${at}`, body })) })

test('a change has the host looked at, and its message is done', async () => {
  const { world, run } = looking()
  expect(await run(batch(message()))).toEqual({ batchItemFailures: [] })
  expect((await world.agents.host(nightly)).looked).toMatchObject({ at: world.clock.now(), role })
  expect((await world.agents.host(agent('builder'))).looked?.failed).toBeUndefined()
})

test.each(['', 'null', '{"agent":"agent:nightly"}', message({ account: 'all' }), message({ decide: 'denied' })])(
  'the message %j is refused with an alarm and dropped, and the others count',
  async (body) => {
    const { world, run } = looking()
    expect(await run(batch(body, message()))).toEqual({ batchItemFailures: [] })
    expect(world.log.lines).toContainEqual(expect.objectContaining({ message: 'change_not_understood' }))
    expect(JSON.stringify(world.log.lines)).not.toContain('denied')
    expect((await world.agents.host(nightly)).looked).toBeDefined()
  },
)

test('all messages of a batch are given again if AWS gave no answer', async () => {
  const { world, aws, run } = looking()
  await run({ agent: nightly })
  world.clock.advance(3600)
  aws.simulator.unseen = 'throttled'
  const at = new Date((world.clock.now() - 75) * 1000).toISOString()
  const failed = ['m0', 'm1'].map((itemIdentifier) => ({ itemIdentifier }))
  expect(await run(batch(message({ at }), message({ at, about: ' other' })))).toEqual({ batchItemFailures: failed })
})

test('the timer looks at all, and a person at one', async () => {
  const { world, run } = looking()
  world.agents.firstLook = () => undefined
  expect(await run({ agent: nightly })).toEqual({ looked: 1 })
  expect((await world.agents.host(agent('builder'))).looked).toBeUndefined()
  await run(undefined)
  expect((await world.agents.host(agent('builder'))).looked).toBeDefined()
})
