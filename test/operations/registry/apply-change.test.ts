import { agentEndedBy } from '../../../functions/domain/requests/change-registry.ts'
import { completeRequest } from '../../../functions/operations/requests/end-request.ts'
import { withGroups } from '../../support/bundles.ts'
import { RegistryWorld, reporter } from '../../support/registry-world.ts'
import { unwrap } from '../../support/unwrap.ts'
import { agent, agentKey, person, stagingParameter } from '../../support/world.ts'

let world: RegistryWorld
beforeEach(() => {
  world = new RegistryWorld()
})
const governed = () => world.agents.governed()

async function approved(who: string, action: string, args: Parameters<RegistryWorld['asked']>[2], by: string[]) {
  const request = await world.asked(who, action, args)
  for (const each of by) unwrap(await world.decide(request, each))
  return request.ask.id
}

test('an approved registration is written with the end of its request and an entry on the chain of the agent', async () => {
  const id = await approved('eve', 'RegisterAgent', reporter, ['gus'])
  expect(await world.apply(id)).toMatchObject({ ok: true, value: { state: { status: 'completed' } } })
  expect(await governed()).toMatchObject({ version: 1, agents: [{ id: 'agent:reporter', owner: 'person:dan' }] })
  const [entry] = await world.ledger.entries(agent('reporter'))
  expect(entry).toMatchObject({
    type: 'Registered',
    actor: { type: 'person', id: 'person:eve' },
    facts: { request: id, version: 1, owner: 'person:dan' },
  })
  expect(await world.story(id)).toEqual(['Submitted', 'StageOpened', 'Decided', 'Approved', 'Completed'])
  await world.expectReplay(id)
})

test('the new agent asks, without a deployment', async () => {
  await world.made('eve', 'RegisterAgent', reporter, ['gus'])
  world.clock.advance(1)
  const asked = await world.submitted({ ...stagingParameter, agent: agent('reporter'), purpose: 'release' })
  expect(asked).toMatchObject({ status: 'pending', ask: { owner: 'person:dan' } })
})

test('a second delivery changes nothing', async () => {
  const id = await approved('eve', 'RegisterAgent', reporter, ['gus'])
  unwrap(await world.apply(id))
  expect(await world.apply(id)).toMatchObject({ ok: false, code: 'invalid_task_state' })
  expect((await governed()).version).toBe(1)
})

test('a crash before the commit leaves nothing, and the next delivery finishes it', async () => {
  const id = await approved('eve', 'RegisterAgent', reporter, ['gus'])
  const commit = jest.spyOn(world.requests, 'commit').mockRejectedValueOnce(new Error('crash'))
  await expect(world.apply(id)).rejects.toThrow('crash')
  expect([(await governed()).version, (await world.stored(id)).status]).toEqual([0, 'approved'])
  commit.mockRestore()
  unwrap(await world.apply(id))
  expect((await governed()).version).toBe(1)
})

test('the later one fails, with the reason, if two registrations of one identity are approved at once', async () => {
  const first = await approved('eve', 'RegisterAgent', reporter, ['gus'])
  const second = await approved('eve', 'RegisterAgent', { ...reporter, id: 'agent:twin' }, ['gus'])
  unwrap(await world.apply(first))
  expect(await world.apply(second)).toMatchObject({
    value: { state: { status: 'completed', outcome: 'failed', code: 'invalid_registry' } },
  })
  expect((await governed()).agents.map(({ id }) => id)).toEqual(['agent:reporter'])
  expect((await world.state(second)) as { note?: string }).toMatchObject({
    note: expect.stringMatching(/agent:reporter/),
  })
})

test('two changes that race are both made, one after the other', async () => {
  const first = await approved('eve', 'RegisterAgent', reporter, ['gus'])
  const other = { ...reporter, id: 'agent:other', identities: [{ issuer: 'workloads', subject: 'agent-other' }] }
  const second = await approved('eve', 'RegisterAgent', other, ['gus'])
  const done = await Promise.all([world.apply(first), world.apply(second)])
  expect(done).toMatchObject([{ ok: true }, { ok: true }])
  expect(await governed()).toMatchObject({ version: 2, agents: { length: 2 } })
})

test('a change of an entry that moved since people decided makes nothing', async () => {
  await world.made('eve', 'RegisterAgent', reporter, ['gus'])
  const change = (description: string) => ({ id: 'agent:reporter', description })
  const first = await approved('dan', 'ChangeAgent', change('one'), ['gus'])
  const second = await approved('dan', 'ChangeAgent', change('two'), ['gus'])
  unwrap(await world.apply(first))
  expect(await world.apply(second)).toMatchObject({ value: { state: { outcome: 'failed', code: 'registry_moved' } } })
  expect((await governed()).agents).toMatchObject([{ description: 'one' }])
})

test('an approver who lost the right makes it fail', async () => {
  const id = await approved('eve', 'RegisterAgent', reporter, ['gus'])
  world.policy = new RegistryWorld(withGroups({ security: [person('hana'), person('ivo')] })).policy
  expect(await world.apply(id)).toMatchObject({
    value: { state: { outcome: 'failed', code: 'approver_not_eligible' } },
  })
  expect((await governed()).version).toBe(0)
})

test('a change that policy no longer permits makes nothing', async () => {
  const id = await approved('eve', 'RegisterAgent', reporter, ['gus'])
  const { policies, ...rest } = world.policy.bundle
  world.policy = new RegistryWorld({ ...rest, policies: { ...policies, 'hotwork:RegisterAgent': {} } }).policy
  expect(await world.apply(id)).toMatchObject({ value: { state: { outcome: 'failed', code: 'policy_denied' } } })
})

test('a request that is not approved is not made', async () => {
  const { ask } = await world.asked('eve', 'RegisterAgent', reporter)
  expect(await world.apply(ask.id)).toMatchObject({ ok: false, code: 'invalid_task_state' })
  expect((await governed()).version).toBe(0)
})

test('a transfer moves the owner and ends what the agent held', async () => {
  await world.made('eve', 'RegisterAgent', reporter, ['gus'])
  const done = await world.made('dan', 'TransferAgent', { id: 'agent:reporter', owner: 'person:ana' }, ['gus'], 'ana')
  const at = world.clock.now() - 3
  expect(await governed()).toMatchObject({
    version: 2,
    agents: [{ owner: 'person:ana' }],
    changed: { 'agent:reporter': at },
  })
  expect(agentEndedBy(done)).toBe('agent:reporter')
  const entries = await world.ledger.entries(agent('reporter'))
  expect(entries.map(({ type }) => type)).toEqual(['Registered', 'RegistrationChanged'])
})

test('a retirement keeps its identities from others for a year', async () => {
  await world.made('eve', 'RegisterAgent', reporter, ['gus'])
  const done = await world.made('dan', 'RetireAgent', { id: 'agent:reporter' }, ['gus'])
  expect(agentEndedBy(done)).toBe('agent:reporter')
  const until = world.clock.now() - 3 + 365 * 86_400
  expect((await governed()).former).toMatchObject([{ agent: 'agent:reporter', until }])
  const heir = { ...reporter, id: 'agent:heir' }
  expect(await world.change('eve', 'RegisterAgent', heir)).toMatchObject({ code: 'invalid_registry' })
})

test('an open ask of an agent that was retired is no longer decided', async () => {
  await world.made('eve', 'RegisterAgent', reporter, ['gus'])
  world.clock.advance(1)
  const open = await world.submitted({ ...stagingParameter, agent: agent('reporter'), purpose: 'release' })
  await world.made('dan', 'RetireAgent', { id: 'agent:reporter' }, ['gus'])
  expect(await world.decide(open, 'ana')).toMatchObject({ ok: false })
})

test('a description changes nothing that the agent holds', async () => {
  await world.made('eve', 'RegisterAgent', reporter, ['gus'])
  const done = await world.made('dan', 'ChangeAgent', { id: 'agent:reporter', description: 'reports' }, ['gus'])
  expect(agentEndedBy(done)).toBeUndefined()
})

test('no one claims or completes a change themselves', async () => {
  const id = await approved('eve', 'RegisterAgent', reporter, ['gus'])
  const request = await world.state(id)
  expect(await world.issueToken(request, { jkt: agentKey })).toMatchObject({ ok: false })
  const by = { id, agent: person('eve') as never, outcome: 'succeeded' as const }
  expect(await completeRequest(by, world.ports)).toMatchObject({ ok: false, code: 'invalid_task_state' })
})

test('a change that is not made within its time expires', async () => {
  const id = await approved('eve', 'RegisterAgent', reporter, ['gus'])
  world.clock.advance(2 * 3600)
  expect(await world.apply(id)).toMatchObject({ ok: false, code: 'invalid_task_state' })
  expect((await governed()).version).toBe(0)
})
