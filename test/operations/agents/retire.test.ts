import type { GovernedRegistry } from '../../../functions/domain/agents/governed-registry.ts'
import { nothingGoverned, withGoverned } from '../../../functions/domain/agents/governed-registry.ts'
import { verifyOther } from '../../../functions/domain/ledger/ledger.ts'
import { commitmentTo } from '../../../functions/domain/ledger/texts.ts'
import type { Agent } from '../../../functions/domain/people/organisation.ts'
import { agentOf } from '../../../functions/domain/policy/bundle.ts'
import { AgentId } from '../../../functions/domain/values.ts'
import { endSuspended } from '../../../functions/operations/agents/end-suspended.ts'
import { recertify, retire, whyNotRecertify } from '../../../functions/operations/agents/recertify.ts'
import type { EndMessage } from '../../../functions/operations/credentials/ports.ts'
import { evidenceNow } from '../../support/agents/evidence.ts'
import { governDeployer } from '../../support/agents/governed.ts'
import { withAgent } from '../../support/bundles.ts'
import { agent, person, prodParameter, sampleBundle, stagingParameter, start, World } from '../../support/world.ts'

const remediator = agent('remediator')
const ended: EndMessage[] = []
let fault: Error | undefined
const deny = {
  send: async (messages: readonly EndMessage[]) => {
    await Promise.resolve()
    if (fault) throw fault
    ended.push(...messages)
  },
}
beforeEach(() => {
  ended.length = 0
  fault = undefined
})
const portsOf = (world: World) => ({ ...world.ports, agents: world.agents, deny })

async function answer(world: World, how: typeof retire, who: string, subject = remediator, more: object = {}) {
  const evidence = await evidenceNow(world, subject)
  return how({ subject, person: person(who), reason: 'no longer needed', evidence, ...more }, portsOf(world))
}
const story = async (world: World, id = remediator) =>
  (await world.story(id)).filter((type) => type === 'Retired' || type === 'Recertified')

test('an agent of the files is retired at once: no ask is taken, what it held ends, and the registry has it', async () => {
  const world = new World()
  const approved = await world.approved()
  world.clock.advance(3)
  expect(await answer(world, retire, 'gus')).toMatchObject({ ok: true, value: { by: 'person:gus', at: start + 3 } })
  world.clock.advance(2)
  expect(await world.evaluate(stagingParameter)).toMatchObject({ reason: 'agent_retired' })
  expect(world.ledger.governed).toMatchObject({
    version: 1,
    retired: [{ id: remediator, at: start + 3 }],
    changed: { [remediator]: start + 3 },
  })
  expect(ended).toMatchObject([{ end: remediator }])
  await endSuspended(remediator, world.ports)
  expect(await world.state(approved.ask.id)).toMatchObject({ status: 'revoked' })
})

test('an answer no is on record with who, the evidence and the registry; its reason lies beside the entry', async () => {
  const world = new World()
  await answer(world, retire, 'gus')
  const entries = await world.ledger.entries(remediator)
  const [text] = world.ledger.texts.all()
  expect(entries).toMatchObject([
    {
      type: 'Retired',
      actor: { type: 'person', id: 'person:gus' },
      policies: ['security-recertifies'],
      facts: { version: 1, evidence: expect.stringMatching(/^sha-256:/) },
    },
  ])
  expect(entries[0]?.facts['reason']).toBe(commitmentTo('no longer needed', text?.salt ?? ''))
  expect(verifyOther(remediator, entries)).not.toHaveProperty('broken')
})

test('an agent of the registry is retired with its name, and its identities stay taken for a year', async () => {
  const world = new World()
  const known = agentOf(world.policy.bundle, 'agent:builder') as Agent
  const identity = { issuer: 'workloads', subject: 'agent-fresh' }
  const fresh: Agent = { ...known, id: AgentId.parse('agent:fresh'), identities: [identity] }
  world.ledger.governed = { ...nothingGoverned, version: 4, agents: [fresh] }
  await world.policy.look?.([])
  expect(await answer(world, retire, 'gus', fresh.id)).toMatchObject({ ok: true })
  const next: GovernedRegistry = world.ledger.governed
  expect(next).toMatchObject({ version: 5, agents: [{ id: fresh.id, status: 'retired' }], retired: [] })
  expect(next.former).toEqual([{ agent: fresh.id, identity, until: start + 365 * 86_400 }])
})

test.each([
  ['the owner', 'gus', { owner: person('gus') }, 'own_recertification'],
  ['the backup owner', 'gus', { backupOwner: person('gus') }, 'own_recertification'],
  ['a person without the right', 'ana', {}, 'not_permitted'],
])('an agent is never retired by %s', async (_what, who, changes, code) => {
  const world = new World(withAgent(remediator, changes))
  expect(await answer(world, retire, who)).toMatchObject({ ok: false, code })
  expect([await world.story(person(who)), world.ledger.governed.version, ended]).toEqual([['Refused'], 0, []])
})

test('an answer no by other evidence than is shown now retires no agent', async () => {
  const world = new World()
  const evidence = `sha-256:${'0'.repeat(43)}`
  expect(await answer(world, retire, 'gus', remediator, { evidence })).toMatchObject({ code: 'stale_digest' })
  expect(await story(world)).toEqual([])
})

test('a retired agent is neither let go on nor retired again, and the refusal has the next step', async () => {
  const world = new World()
  await answer(world, retire, 'gus')
  for (const how of [recertify, retire])
    expect(await answer(world, how as typeof retire, 'hana')).toMatchObject({ ok: false, code: 'already_retired' })
  world.clock.advance(2)
  await world.policy.look?.([])
  expect(whyNotRecertify(remediator, person('hana'), world.ports)).toBe('already_retired')
  expect(await story(world)).toEqual(['Retired'])
})

test('twenty concurrent answers of which one is no: the agent is retired once, and no later answer lets it go on', async () => {
  const world = new World()
  await Promise.all(
    Array.from({ length: 20 }, (_, at) =>
      answer(world, at === 7 ? retire : (recertify as typeof retire), at % 2 === 0 ? 'gus' : 'lena'),
    ),
  )
  const types = await story(world)
  expect(types.at(-1)).toBe('Retired')
  expect(types.filter((type) => type === 'Retired')).toHaveLength(1)
})

test('an answer no loses against another change of the registry, and is then made over the newer one', async () => {
  const world = new World()
  const [first, second] = await Promise.all([
    answer(world, retire, 'gus'),
    answer(world, retire, 'gus', agent('builder')),
  ])
  expect([first, second]).toMatchObject([{ ok: true }, { ok: true }])
  expect(world.ledger.governed).toMatchObject({ version: 2, retired: [expect.anything(), expect.anything()] })
})

test('an agent is retired even if the end of its grants cannot be sent: its requests are refused', async () => {
  fault = new Error('the queue is down')
  const world = new World()
  const request = await world.submitted(prodParameter)
  world.clock.advance(1)
  expect(await answer(world, retire, 'gus')).toMatchObject({ ok: true })
  world.clock.advance(2)
  await world.decide(request, 'ben')
  expect((await world.state(request.ask.id)).status).not.toBe('approved')
  expect(world.log.lines).toContainEqual(expect.objectContaining({ message: 'retired_not_told' }))
})

test('an agent that the folder took over from the registry is retired too, and stays so if the folder forgets it', async () => {
  const world = new World()
  const own = agentOf(world.policy.bundle, remediator)
  world.ledger.governed = { ...nothingGoverned, version: 1, agents: own ? [own] : [] }
  world.clock.advance(3)
  expect(await answer(world, retire, 'gus')).toMatchObject({ ok: true })
  world.clock.advance(3)
  expect(await world.evaluate(stagingParameter)).toMatchObject({ reason: 'agent_retired' })
  const without = { ...sampleBundle(), agents: sampleBundle().agents.filter(({ id }) => id !== remediator) }
  expect(agentOf(withGoverned(without, world.ledger.governed), remediator)?.status).toBe('retired')
})

test('a new owner does not recertify the agent in the two seconds in which the policy is older', async () => {
  const world = new World()
  governDeployer(world)
  const [deployer] = world.ledger.governed.agents
  if (!deployer) throw new TypeError('it was registered')
  await world.policy.look?.([])
  world.clock.advance(1)
  world.ledger.governed = { ...world.ledger.governed, version: 2, agents: [{ ...deployer, owner: person('gus') }] }
  for (const how of [retire, recertify as typeof retire])
    expect(await answer(world, how, 'gus', deployer.id)).toMatchObject({ code: 'own_recertification' })
})

test('a new look that finds the same leaves the evidence as it was, and one that finds more makes it stale', async () => {
  const world = new World()
  const looked = { role: 'arn:aws:iam::000000000000:role/builder', actions: {} }
  await world.agents.saveLooked(remediator, { ...looked, at: start })
  const evidence = await evidenceNow(world, remediator)
  world.clock.advance(60)
  await world.agents.saveLooked(remediator, { ...looked, at: start + 60 })
  expect(await answer(world, recertify as typeof retire, 'gus', remediator, { evidence })).toMatchObject({ ok: true })
  await world.agents.saveLooked(remediator, { ...looked, at: start + 61, unseen: 1 })
  expect(await answer(world, retire, 'gus', remediator, { evidence })).toMatchObject({ code: 'stale_digest' })
})
