import type { HostChange } from '../../../functions/domain/agents/host-change.ts'
import { changesSeen } from '../../../functions/domain/agents/host-words.ts'
import { lookAgain } from '../../../functions/operations/agents/look-again.ts'
import { lookAtHosts } from '../../../functions/operations/agents/look-at-hosts.ts'
import { MemoryAwsHosts } from '../../support/agents/memory-aws-hosts.ts'
import type { HostPolicy } from '../../support/agents/memory-host-simulator.ts'
import { withAgent } from '../../support/bundles.ts'
import { agent, parameter, sampleBundle, World } from '../../support/world.ts'

/** A change at AWS has Hotwork look again at the hosts that it concerns, and a flood of changes a bounded number of times. */

const nightly = agent('nightly')
const [account, region] = ['000000000000', 'us-east-1']
const role = `arn:aws:iam::${account}:role/nightly-jobs`
const wide: HostPolicy = { name: 'wide', action: 'ssm:*', resource: 'arn:aws:ssm:*:*:parameter/staging/*' }
const ask = { ...parameter('/staging/checkout/payment-timeout-ms'), agent: nightly, purpose: 'maintenance' }
const never = Number.POSITIVE_INFINITY
const issuer = 'token.actions.githubusercontent.com'
const trustOfGithub = (sub: string) => ({
  ...{ Effect: 'Allow', Action: 'sts:AssumeRoleWithWebIdentity' },
  Principal: { Federated: `arn:aws:iam::${account}:oidc-provider/${issuer}` },
  Condition: { StringLike: { [`${issuer}:sub`]: sub } },
})
/** The sample with so many agents, each on a role of its own. */
function sampleOf(count: number) {
  const bundle = sampleBundle()
  const agents = bundle.agents.filter(({ id }) => id === nightly)
  const named = (at: number) => ({ id: agent(`a${at}`), runsOn: { awsRole: `${role}-${at}` } })
  return {
    ...bundle,
    agents: Array.from({ length: count }, (_, at) => agents.map((one) => ({ ...one, ...named(at) }))).flat(),
  }
}
/** The least wait of a message (test/infra/host-changes.test.ts). */
const wait = 75

async function changingWorld() {
  const [world, aws] = [new World(), new MemoryAwsHosts()]
  aws.simulator.attach(role)
  const probed: string[] = []
  const probers = () => {
    const { awsRole, ...rest } = aws.probers()
    const probe: typeof awsRole.probe = (where, bundle) => {
      probed.push(where)
      return awsRole.probe(where, bundle)
    }
    return { ...rest, awsRole: { probe } }
  }
  const ports = { ...world.ports, agents: world.agents, probers }
  await lookAtHosts(ports)
  world.clock.advance(3600)
  probed.length = 0
  const change = (more: Partial<HostChange> = {}): HostChange => ({
    ...{ account, region, at: world.clock.now() },
    of: { kind: 'role', name: 'nightly-jobs' },
    ...more,
  })
  const again = (changes: readonly HostChange[], until = never) => lookAgain(changes, ports, until)
  const looked = async () => (await world.agents.host(nightly)).looked
  const tier = async () => {
    const evaluated = await world.evaluate(ask)
    return 'requestable' in evaluated ? evaluated.requestable?.tier : undefined
  }
  return { world, aws, ports, probed, change, again, looked, tier }
}

test('a right that a host gets is known after its event, and raises the tier', async () => {
  const { world, aws, probed, change, again, tier } = await changingWorld()
  expect(await tier()).toBe(1)
  aws.simulator.attach(role, wide)
  const told = change()
  world.clock.advance(wait)
  expect(await again([told])).toBe(true)
  expect(probed).toEqual([role])
  expect(await tier()).toBe(2)
})

test('a change that no host has to do with costs no look', async () => {
  const { world, probed, change, again } = await changingWorld()
  expect(await again([change({ of: { kind: 'role', name: 'elsewhere' } })])).toBe(true)
  expect(await again([change({ of: { kind: 'host', service: 'lambda', names: ['daily'] } })])).toBe(true)
  expect(probed).toEqual([])
  expect(JSON.stringify(world.log.lines)).not.toContain('hosts_looked_at_again')
})

test('a change that was seen by a later look costs none', async () => {
  const { world, ports, probed, change, again } = await changingWorld()
  const told = change()
  world.clock.advance(60)
  await lookAtHosts(ports, { only: [nightly] })
  world.clock.advance(wait)
  expect(await again([told])).toBe(true)
  expect(probed).toHaveLength(1)
})

test('a change is looked at again that came after its run had read the roles, and before its host had its turn', async () => {
  const runsOn = { githubEnvironment: 'example-org/checkout#nightly' }
  const [world, aws] = [new World(withAgent(nightly, { runsOn })), new MemoryAwsHosts()]
  const trust = trustOfGithub('repo:example-org/checkout:environment:nightly')
  let told: HostChange | undefined
  const probers = () => {
    const { githubEnvironment, ...rest } = aws.probers()
    const probe: typeof githubEnvironment.probe = async (where, bundle) => {
      const probed = await githubEnvironment.probe(where, bundle)
      world.clock.advance(30)
      told ??= { account, region, at: world.clock.now(), of: { kind: 'roles' } }
      aws.role('admin', trust, wide)
      world.clock.advance(30)
      return probed
    }
    return { ...rest, githubEnvironment: { probe } }
  }
  const ports = { ...world.ports, agents: world.agents, probers }
  const mayPut = async () => {
    const { looked } = await world.agents.host(nightly)
    return looked?.actions['ssm:PutParameter']?.some(({ answer }) => answer === 'allowed')
  }
  await lookAtHosts(ports)
  expect([told, await mayPut()]).toEqual([expect.anything(), false])
  world.clock.advance(wait)
  expect(await lookAgain(told ? [told] : [], ports, never)).toBe(true)
  expect(await mayPut()).toBe(true)
})

test('a trickle of changes has every host looked at within the hour, though no run reaches all', async () => {
  const world = new World(sampleOf(10))
  const ids = world.policy.bundle.agents.map(({ id }) => id)
  const probe = async () => {
    world.clock.advance(100)
    return { actions: {} }
  }
  const ports = { ...world.ports, agents: world.agents, probers: () => ({ awsRole: { probe } }) }
  await lookAtHosts(ports)
  for (let run = 0; run < 40; run++) {
    const told: HostChange = { account, region, at: world.clock.now(), of: { kind: 'roles' } }
    world.clock.advance(wait)
    await lookAgain([told], ports, world.clock.now() + 530)
  }
  const files = await world.agents.files(ids)
  for (const id of ids) expect(world.clock.now() - (files.get(id)?.looked?.at ?? 0)).toBeLessThan(3600)
})

test('a look that came as the change spread is made again', async () => {
  const { world, ports, probed, change, again } = await changingWorld()
  const told = change()
  world.clock.advance(5)
  await lookAtHosts(ports, { only: [nightly] })
  world.clock.advance(wait)
  expect(await again([told])).toBe(true)
  expect(probed).toHaveLength(2)
})

test('ten thousand changes in a minute cost at most two looks at one host, and the last change is seen', async () => {
  const { world, aws, probed, change, again, tier } = await changingWorld()
  const flood: { due: number; change: HostChange }[] = []
  for (let event = 0; event < 10_000; event++) {
    const at = world.clock.now() + Math.floor((event * 60) / 10_000)
    const of = event % 10 === 0 ? ({ kind: 'roles' } as const) : ({ kind: 'role', name: 'nightly-jobs' } as const)
    flood.push({ due: at + wait, change: change({ at, of }) })
  }
  aws.simulator.attach(role, wide)
  for (let batch = 0; batch < flood.length; batch += 500) {
    const some = flood.slice(batch, batch + 500)
    const late = (some.at(-1)?.due ?? 0) - world.clock.now()
    world.clock.advance(Math.max(0, late))
    expect(await again(some.map((each) => each.change))).toBe(true)
  }
  expect(probed.length).toBeGreaterThanOrEqual(1)
  expect(probed.length).toBeLessThanOrEqual(2)
  expect(await tier()).toBe(2)
})

test('a second look within a minute is put off, and its changes are given again', async () => {
  const { world, ports, probed, change, again } = await changingWorld()
  await lookAtHosts(ports, { only: [nightly] })
  world.clock.advance(59)
  const told = change()
  expect(await again([told])).toBe(false)
  expect(probed).toHaveLength(1)
  world.clock.advance(wait)
  expect(await again([told])).toBe(true)
  expect(probed).toHaveLength(2)
})

test.each(['throttled', 'too_slow', 'fault'] as const)('a look without an answer (%s) is made again', async (why) => {
  const { world, aws, change, again, tier } = await changingWorld()
  const told = change()
  aws.simulator.attach(role, wide)
  aws.simulator.unseen = why
  world.clock.advance(wait)
  expect(await again([told])).toBe(false)
  aws.simulator.unseen = undefined
  world.clock.advance(600)
  expect(await again([told])).toBe(true)
  expect(await tier()).toBe(2)
})

test('a role that is gone is an answer', async () => {
  const { world, aws, change, again, looked } = await changingWorld()
  aws.simulator.remove(role)
  const told = change()
  world.clock.advance(wait)
  expect(await again([told])).toBe(true)
  expect((await looked())?.failed?.why).toBe('no_such_role')
})

test('changes are given again if the time is up', async () => {
  const { world, probed, change, again } = await changingWorld()
  const told = change()
  world.clock.advance(wait)
  expect(await again([told], world.clock.now())).toBe(false)
  expect(probed).toEqual([])
})

test('a change of an account that Hotwork does not serve is no change, and its place is not kept', async () => {
  const { world, probed, change, again } = await changingWorld()
  expect(await again([change({ account: '999999999999', of: { kind: 'roles' } })])).toBe(true)
  expect(probed).toEqual([])
  expect(await world.agents.heard([`999999999999 ${region}`])).toEqual(new Map())
  expect(JSON.stringify(world.log.lines)).toContain('change_of_unknown_account')
})

test('a change in the future is one of now', async () => {
  const { world, probed, change, again } = await changingWorld()
  const told = change({ at: world.clock.now() + 1e9 })
  world.clock.advance(wait)
  expect(await again([told])).toBe(false)
  world.clock.advance(wait)
  await again([told])
  expect(probed).toHaveLength(2)
})

test('an event proves that changes are seen within minutes, and two days without one that they are not', async () => {
  const { world, ports, again, looked } = await changingWorld()
  const within = async () => changesSeen((await looked())?.silent)
  expect(await within()).toBe(
    'changes at AWS are seen within a day, because no CloudTrail trail sends them (000000000000 us-east-1)',
  )
  // The look's own call, which the daily look makes.
  expect(await again([{ account, region, at: world.clock.now() }])).toBe(true)
  await lookAtHosts(ports)
  expect(await within()).toBe('changes at AWS are seen within minutes')
  expect(await world.submitted(ask)).toMatchObject({ ask: { host: { live: true } } })
  world.clock.advance(2 * 86_400)
  await lookAtHosts(ports)
  expect(await within()).toContain('within a day')
  const { ask: asked } = await world.submitted({ ...ask, purpose: 'maintenance' })
  expect(asked.host?.live).toBeUndefined()
})

test('a place is written once an hour, for any number of events', async () => {
  const { world, change, again } = await changingWorld()
  const place = `${account} ${region}`
  const first = world.clock.now()
  await again([change()])
  world.clock.advance(3599)
  await again([change()])
  expect((await world.agents.heard([place])).get(place)).toBe(first)
  world.clock.advance(1)
  await again([change()])
  expect((await world.agents.heard([place])).get(place)).toBe(first + 3600)
})
