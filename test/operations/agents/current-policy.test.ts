import { type GovernedRegistry, nothingGoverned } from '../../../functions/domain/agents/governed-registry.ts'
import { askAboutPerson } from '../../../functions/domain/deciding/questions.ts'
import { type Agent, agentStatus } from '../../../functions/domain/people/organisation.ts'
import { agentOf } from '../../../functions/domain/policy/bundle.ts'
import { readSubject, recertify } from '../../../functions/operations/agents/recertify.ts'
import { StoreUnavailable } from '../../../functions/operations/faults.ts'
import { unwrap } from '../../support/unwrap.ts'
import { agent, person, prodParameter, sampleBundle, stagingParameter, start, World } from '../../support/world.ts'

const day = 86_400
const [remediator, fresh] = [agent('remediator'), agent('fresh')]
const known = agentOf(sampleBundle(), remediator) as Agent
const newAgent: Agent = {
  ...known,
  id: fresh,
  identities: [{ issuer: 'workloads', subject: 'fresh' }],
  recertifyBy: start + 90 * day,
}

let world: World
beforeEach(() => {
  world = new World()
})

/** The registry changes in the store, two seconds before anything else happens. */
function change(next: Partial<GovernedRegistry>): void {
  const { governed } = world.ledger
  world.ledger.governed = { ...governed, ...next, version: governed.version + 1 }
  world.clock.advance(2)
}
const asking = (of: Agent['id']) => world.evaluate({ ...stagingParameter, agent: of })
const statusOf = (id: Agent['id']) => {
  const { bundle } = world.policy
  const found = agentOf(bundle, id)
  return found && agentStatus(found, bundle.directory, world.clock.now())
}

test('an agent that was registered at run time is known to the next question, and one that was retired is refused', async () => {
  expect(await asking(fresh)).not.toMatchObject({ reason: 'approval_required' })
  expect(agentOf(world.policy.bundle, fresh)).toBeUndefined()
  change({ agents: [newAgent] })
  expect(await asking(fresh)).toMatchObject({ reason: 'approval_required' })
  change({ agents: [{ ...newAgent, status: 'retired' }] })
  expect(await asking(fresh)).toMatchObject({ reason: 'agent_retired' })
})

test('an agent of the folder that was retired at run time is refused', async () => {
  expect(await asking(remediator)).toMatchObject({ reason: 'approval_required' })
  change({ retired: [{ id: remediator, at: world.clock.now() }] })
  expect(await asking(remediator)).toMatchObject({ reason: 'agent_retired' })
})

test('the registry is at most two seconds old, and is read no more often', async () => {
  const { policy, agents, clock } = world
  await policy.look?.([])
  world.ledger.governed = { ...nothingGoverned, version: 1, agents: [newAgent] }
  await policy.look?.([remediator])
  clock.advance(1)
  await policy.look?.([])
  expect([agents.registryReads, agentOf(policy.bundle, fresh)]).toEqual([1, undefined])
  clock.advance(1)
  await policy.look?.([])
  expect([agents.registryReads, agentOf(policy.bundle, fresh)]).toEqual([2, newAgent])
})

describe('a registry that cannot be read', () => {
  beforeEach(async () => {
    await world.policy.look?.([])
    world.clock.advance(2)
    world.agents.registryFault = new StoreUnavailable('it is down')
  })

  test('no question of an agent is answered, and none about a person, until it can be read again', async () => {
    await expect(asking(remediator)).rejects.toThrow(StoreUnavailable)
    expect(() => askAboutPerson(world.policy, 'read', person('gus'), start)).toThrow(StoreUnavailable)
    expect(world.log.lines).toContainEqual(expect.objectContaining({ message: 'registry_not_read', level: 'error' }))
    world.agents.registryFault = undefined
    expect(await asking(remediator)).toMatchObject({ reason: 'approval_required' })
  })

  test('no decision counts, and the request stays as it was', async () => {
    world.agents.registryFault = undefined
    const request = await world.submitted(prodParameter)
    world.clock.advance(2)
    world.agents.registryFault = new StoreUnavailable('it is down')
    await expect(world.decide(request, 'ana')).rejects.toThrow(StoreUnavailable)
    expect(await world.state(request.ask.id)).toEqual(request)
  })

  test('a person may still stop something', async () => {
    await world.policy.look?.([]).catch(() => {})
    expect(askAboutPerson(world.policy, 'revoke', person('gus'), world.clock.now()).permit).toBe(true)
  })

  test('a registry that was read within two seconds counts', async () => {
    world.agents.registryFault = undefined
    await world.policy.look?.([])
    world.agents.registryFault = new StoreUnavailable('it is down')
    world.clock.advance(1)
    expect(await asking(remediator)).toMatchObject({ reason: 'approval_required' })
  })
})

test('an agent of the registry is suspended after its date, and goes on after a recertification', async () => {
  change({ agents: [{ ...newAgent, recertifyBy: start + day }] })
  world.clock.advance(day)
  expect(await asking(fresh)).toMatchObject({ reason: 'agent_suspended' })
  const { digest } = unwrap(await readSubject({ subject: fresh, person: person('gus') }, world.ports as never))
  const ask = { subject: fresh, person: person('gus'), reason: 'still needed', evidence: digest }
  unwrap(await recertify(ask, { ...world.ports, agents: world.agents }))
  expect(await asking(fresh)).toMatchObject({ reason: 'approval_required' })
  expect(statusOf(fresh)).toBe('active')
})

test('the files of a policy are the folder alone, and its registered bundle includes the registry', async () => {
  change({ agents: [newAgent] })
  await world.policy.look?.([])
  const { files, registered } = world.policy
  expect(files && agentOf(files, fresh)).toBeUndefined()
  expect(registered && agentOf(registered, fresh)).toEqual(newAgent)
})

test('each entry names the version of the registry beside the bundle, from its first change on', async () => {
  const before = await world.submitted(prodParameter)
  expect(await world.ledger.entries(before.ask.id)).not.toContainEqual(
    expect.objectContaining({ registry: expect.anything() }),
  )
  change({ agents: [newAgent] })
  await world.decide(before, 'ana')
  const versions = (await world.ledger.entries(before.ask.id)).map(({ registry }) => registry)
  expect(versions.slice(-1)).toEqual([1])
  const { ask } = await world.submitted({ ...prodParameter, agent: fresh })
  expect((await world.ledger.entries(ask.id)).every(({ registry }) => registry === 1)).toBe(true)
  await world.expectReplay(ask.id)
})
