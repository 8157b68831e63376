import { agentView } from '../../../functions/adapters/http/agent-view.ts'
import type { Bundle } from '../../../functions/domain/policy/bundle.ts'
import type { AgentId } from '../../../functions/domain/values.ts'
import { lookAtHosts } from '../../../functions/operations/agents/look-at-hosts.ts'
import { readAgent } from '../../../functions/operations/agents/read-agents.ts'
import { MemoryAwsHosts } from '../../support/agents/memory-aws-hosts.ts'
import type { HostPolicy } from '../../support/agents/memory-host-simulator.ts'
import { withAgent } from '../../support/bundles.ts'
import { agent, parameter, person, World } from '../../support/world.ts'

/**
 * Hotwork asks IAM what the hosts of agents could do without it, and policy raises the tier of such an agent's
 * requests.
 */

const nightly = agent('nightly')
const role = 'arn:aws:iam::000000000000:role/nightly-jobs'
const wide: HostPolicy = { name: 'wide', action: 'ssm:*', resource: 'arn:aws:ssm:*:*:parameter/staging/*' }
const staging = 'arn:*:ssm:*:*:parameter/staging/*'
const ask = { ...parameter('/staging/checkout/payment-timeout-ms'), agent: nightly, purpose: 'maintenance' }
const day = 86_400

function lookingWorld(bundle?: Bundle) {
  const [world, aws] = [new World(bundle), new MemoryAwsHosts()]
  const { simulator, probers } = aws
  simulator.attach(role, wide)
  const look = (id: AgentId = nightly) => lookAtHosts({ ...world.ports, agents: world.agents, probers }, { only: [id] })
  const answer = async () => {
    const { looked } = await world.agents.host(nightly)
    return looked?.actions['ssm:PutParameter']?.find(({ resource }) => resource === staging)
  }
  const tier = async () => {
    const evaluated = await world.evaluate(ask)
    return 'requestable' in evaluated ? evaluated.requestable?.tier : undefined
  }
  return { world, aws, simulator, probers, look, answer, tier }
}

test('an agent whose host could do it without asking is asked of more people, by one read more and no call of IAM', async () => {
  const { world, simulator, look, answer, tier } = lookingWorld()
  expect(await tier()).toBe(1)
  expect(await look()).toBe(1)
  expect(await answer()).toEqual({ resource: staging, answer: 'allowed', by: ['wide (role)'] })
  const before = { reads: world.agents.reads, asked: simulator.asked }
  expect(await tier()).toBe(2)
  expect(world.agents.reads - before.reads).toBe(1)
  expect(simulator.asked).toBe(before.asked)
})

test('the answer stands in the request: a later change of the host changes no grant, and costs no read', async () => {
  const { world, simulator, look } = lookingWorld()
  await look()
  const request = await world.submitted(ask)
  expect(request).toMatchObject({ tier: 2, ask: { host: { ambient: 'allowed' } } })
  await world.decide(request, 'ana')
  await world.decide(request, 'eve')
  simulator.attach(role)
  await look()
  const { reads } = world.agents
  expect(await world.issueToken(await world.state(request.ask.id))).toMatchObject({ ok: true })
  expect(world.agents.reads).toBe(reads)
})

test('a host that has lost the right is denied, and its agent is asked of fewer', async () => {
  const { world, simulator, look, answer, tier } = lookingWorld()
  await look()
  world.clock.advance(60)
  simulator.attach(role, wide, { ...wide, name: 'guardrail', effect: 'Deny' })
  await look()
  expect(await answer()).toEqual({ resource: staging, answer: 'denied', explicit: true })
  expect(await tier()).toBe(1)
})

test('a denial by a condition that only the call can tell is unknown', async () => {
  const { simulator, look, answer } = lookingWorld()
  simulator.attach(role, { ...wide, when: 'aws:SourceVpce' })
  await look()
  expect(await answer()).toEqual({ resource: staging, answer: 'unknown' })
})

test.each(['throttled', 'not_permitted', 'too_slow', 'fault'] as const)(
  'while IAM does not answer (%s) the earlier answers hold for a week, and the log says why',
  async (why) => {
    const { world, simulator, look, answer, tier } = lookingWorld()
    await look()
    simulator.unseen = why
    for (let days = 1; days < 7; days++) {
      world.clock.advance(day)
      expect(await look()).toBe(0)
      expect(await tier()).toBe(2)
    }
    expect(await answer()).toMatchObject({ answer: 'allowed' })
    expect(JSON.stringify(world.log.lines)).toContain(why)
    world.clock.advance(day)
    await look()
    expect(await world.submitted(ask)).toMatchObject({ tier: 2, ask: { host: { ambient: 'unknown' } } })
  },
)

test('a host about which IAM never answered is unknown', async () => {
  const { world, simulator, look } = lookingWorld()
  world.agents.firstLook = () => undefined
  simulator.unseen = 'throttled'
  await look()
  expect(await world.submitted(ask)).toMatchObject({ tier: 2, ask: { host: { ambient: 'unknown' } } })
})

test('a deleted role is unknown, and the row says so', async () => {
  const { world, simulator, look, answer } = lookingWorld()
  await look()
  simulator.remove(role)
  world.clock.advance(60)
  await look()
  expect(await answer()).toBeUndefined()
  expect((await world.agents.host(nightly)).looked?.failed).toMatchObject({ why: 'no_such_role' })
})

test('one agent alone is looked at when a person wants to know now, and a host in words never', async () => {
  const { simulator, look } = lookingWorld()
  expect(await look(agent('planner'))).toBe(0)
  expect(simulator.asked).toBe(0)
  expect(await look(nightly)).toBe(1)
})

test('a fault of one prober leaves its host unknown with the reason, and the others are looked at', async () => {
  const { world, probers, answer } = lookingWorld()
  const broken = () => ({
    ...probers(),
    githubEnvironment: { probe: () => Promise.reject(new TypeError('a form of AWS that was not expected')) },
  })
  expect(await lookAtHosts({ ...world.ports, agents: world.agents, probers: broken })).toBe(1)
  expect(await answer()).toMatchObject({ answer: 'allowed' })
  expect((await world.agents.host(agent('builder'))).looked?.failed).toMatchObject({ why: 'fault' })
})

test('the roles and secrets of a host are shown to security and to the people who answer for the agent alone', async () => {
  const { world } = lookingWorld()
  const secrets = [{ kind: 'secret' as const, name: 'db', role }]
  await world.agents.saveLooked(nightly, { at: world.clock.now(), role, actions: {}, roles: [], secrets })
  const seenBy = async (name: string) => {
    const read = await readAgent({ id: nightly, person: person(name) }, { ...world.ports, agents: world.agents })
    if (!read.ok) throw new Error(read.code)
    const { ambient } = agentView(read.value, { bundle: world.policy.bundle, now: world.clock.now() })
    return ambient.secrets
  }
  expect(await seenBy('gus')).toEqual(secrets)
  expect(await seenBy('mia')).toEqual(secrets)
  expect(await seenBy('ana')).toBeUndefined()
})

test('a run that is out of time leaves the rest to the next day', async () => {
  const { world, probers } = lookingWorld()
  const ports = { ...world.ports, agents: world.agents, probers }
  expect(await lookAtHosts(ports, { until: world.clock.now() })).toBe(0)
  expect(JSON.stringify(world.log.lines)).toContain('hosts_not_seen')
})

test('a row that cannot be read holds up no look', async () => {
  const { world, look } = lookingWorld()
  jest.spyOn(world.agents, 'files').mockRejectedValue(new SyntaxError('not JSON'))
  expect(await look()).toBe(1)
  expect(world.log.lines).toContainEqual(expect.objectContaining({ message: 'looks_not_read' }))
})

test('the host with the oldest look comes first, and of two as old the one with the older answers', async () => {
  const { world, aws, look } = lookingWorld(withAgent(agent('builder'), { runsOn: { awsRole: `${role}-2` } }))
  const probed: string[] = []
  const probers = () => ({
    awsRole: {
      probe: async (where: string) => {
        probed.push(where)
        return { actions: {} }
      },
    },
  })
  const both = [nightly, agent('builder')]
  const lookBy = (only: readonly AgentId[]) => lookAtHosts({ ...world.ports, agents: world.agents, probers }, { only })
  await look(nightly)
  world.clock.advance(60)
  await lookBy(both)
  expect(probed.splice(0)).toEqual([`${role}-2`, role])
  aws.simulator.unseen = 'throttled'
  world.clock.advance(60)
  await look(nightly)
  await lookBy([agent('builder')])
  probed.length = 0
  world.clock.advance(60)
  await lookBy(both)
  expect(probed).toEqual([role, `${role}-2`])
})

test('another agent of any class on the same host takes more people too', async () => {
  const { world, look } = lookingWorld(withAgent(agent('builder'), { runsOn: { awsRole: role } }))
  await look(agent('builder'))
  const evaluated = await world.evaluate({ ...ask, agent: agent('builder'), purpose: 'release' })
  expect(evaluated).toMatchObject({ requestable: { tier: 2 } })
})

test('rows that cannot be read permit nothing', async () => {
  const { world } = lookingWorld()
  world.agents.fault = new Error('no answer')
  await expect(world.evaluate(ask)).rejects.toThrow('no answer')
})
