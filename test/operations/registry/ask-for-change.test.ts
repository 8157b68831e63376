import { nothingGoverned } from '../../../functions/domain/agents/governed-registry.ts'
import { dayIn, RegistryWorld, reporter } from '../../support/registry-world.ts'
import { unwrap } from '../../support/unwrap.ts'
import { agent, person } from '../../support/world.ts'

let world: RegistryWorld
beforeEach(() => {
  world = new RegistryWorld()
})

test('a person asks for an agent, and people of security are asked', async () => {
  const { ask, tier, stages, status } = await world.asked('eve', 'RegisterAgent', reporter)
  expect([status, tier, stages.map(({ terms }) => terms.name)]).toEqual(['pending', 1, ['owner']])
  expect(ask).toMatchObject({
    agent: { id: 'person:eve' },
    owner: 'person:eve',
    barred: ['person:dan'],
    resource: { type: 'agent', id: 'agent:reporter' },
    credential: 'registry',
    change: {},
  })
  expect(await world.story(ask.id)).toEqual(['Submitted', 'StageOpened'])
  await world.expectReplay(ask.id)
})

test('the same key and body is the same request, and another body is refused', async () => {
  const first = unwrap(await world.change('eve', 'RegisterAgent', reporter, 'k'))
  const again = unwrap(await world.change('eve', 'RegisterAgent', reporter, 'k'))
  expect([first.created, again.created, again.stored.state.ask.id]).toEqual([true, false, first.stored.state.ask.id])
  const other = { ...reporter, autonomy: 'assistive' }
  expect(await world.change('eve', 'RegisterAgent', other, 'k')).toMatchObject({ code: 'duplicate_request' })
})

test('an agent that works alone is looked at twice', async () => {
  const request = await world.asked('eve', 'RegisterAgent', { ...reporter, autonomy: 'autonomous' })
  expect([request.tier, request.stages.map(({ terms }) => terms.name)]).toEqual([2, ['owner', 'sre']])
})

test('a person sees the entry before and after, and who decides, before they ask', async () => {
  const foreseen = unwrap(await world.foresee('lena', 'RetireAgent', { id: 'agent:builder' }))
  expect(foreseen).toMatchObject({ tier: 1, rows: [{ member: 'status', from: 'active', to: 'retired' }] })
  expect(foreseen.stages).toEqual([{ name: 'owner', quorum: 1, people: expect.arrayContaining(['person:gus']) }])
  expect((await world.requests.pendingIds(10)).length).toBe(0)
})

test.each<[rule: string, action: string, changes: object, code: string, detail: RegExp]>([
  [
    'an owner who does not exist',
    'RegisterAgent',
    { owner: 'person:zoe' },
    'invalid_registry',
    /not in directory\.json/,
  ],
  ['a name of agents.json', 'RegisterAgent', { id: 'agent:builder' }, 'invalid_registry', /is there already/],
  [
    'the identity of another agent',
    'RegisterAgent',
    { identities: [{ issuer: 'workloads', subject: 'agent-builder' }] },
    'invalid_registry',
    /agent:builder/,
  ],
  [
    'the identity of a person',
    'RegisterAgent',
    { identities: [{ issuer: 'people', subject: 'person-ana' }] },
    'invalid_registry',
    /person:ana/,
  ],
  ['a date too far ahead', 'RegisterAgent', { recertifyBy: dayIn(200) }, 'invalid_registry', /too late/],
  ['a member that it has not', 'RegisterAgent', { status: 'retired' }, 'invalid_arguments', /status/],
  ['no owner', 'RegisterAgent', { owner: undefined }, 'invalid_arguments', /owner/],
])('a registration with %s is refused before people are asked', async (_, action, changes, code, detail) => {
  const args = JSON.parse(JSON.stringify({ ...reporter, ...changes }))
  expect(await world.change('eve', action, args)).toMatchObject({
    ok: false,
    code,
    detail: expect.stringMatching(detail),
  })
  expect(await world.requests.pendingIds(10)).toEqual([])
})

test('the identity of a tool is refused', async () => {
  const [tool] = world.policy.bundle.tools.filter(({ identities }) => identities.length > 0)
  const identities = JSON.parse(JSON.stringify(tool?.identities ?? []))
  const refused = await world.change('eve', 'RegisterAgent', { ...reporter, identities })
  expect(refused).toMatchObject({ code: 'invalid_registry', detail: expect.stringMatching(/tool:/) })
})

test('an owner who is leaving gets no agent', async () => {
  const { directory } = world.policy.bundle
  const people = directory.people.map((each) =>
    each.id === person('dan') ? { ...each, leavesOn: world.clock.now() + 86_400 } : each,
  )
  world = new RegistryWorld({ ...world.policy.bundle, directory: { ...directory, people } })
  expect(await world.change('eve', 'RegisterAgent', reporter)).toMatchObject({
    code: 'invalid_registry',
    detail: '`agent:reporter`: `person:dan` is leaving: name another person as `owner`',
  })
})

test('identities and autonomy are not changed in one', async () => {
  await world.made('eve', 'RegisterAgent', reporter, ['gus'])
  const both = { id: 'agent:reporter', identities: [{ issuer: 'workloads', subject: 'x' }], autonomy: 'autonomous' }
  expect(await world.change('dan', 'ChangeAgent', both)).toMatchObject({
    code: 'invalid_arguments',
    detail: expect.stringMatching(/one after the other/),
  })
})

test('an agent is not transferred to its owner', async () => {
  await world.made('eve', 'RegisterAgent', reporter, ['gus'])
  const same = { id: 'agent:reporter', owner: 'person:dan' }
  expect(await world.change('dan', 'TransferAgent', same)).toMatchObject({
    code: 'invalid_registry',
    detail: '`person:dan` is the owner of `agent:reporter` already: name another person',
  })
})

test('an agent of the files is retired, and not changed', async () => {
  const change = { id: 'agent:builder', description: 'x' }
  expect(await world.change('lena', 'ChangeAgent', change)).toMatchObject({
    code: 'invalid_registry',
    detail: expect.stringMatching(/in agents\.json/),
  })
  expect(await world.change('lena', 'RetireAgent', { id: 'agent:builder' })).toMatchObject({ ok: true })
})

test('a person who does not answer for it changes no agent of another', async () => {
  await world.made('eve', 'RegisterAgent', reporter, ['gus'])
  const change = { id: 'agent:reporter', description: 'x' }
  expect(await world.change('eve', 'ChangeAgent', change)).toMatchObject({ code: 'policy_denied' })
})

test('a change is never decided by policy alone', async () => {
  const { policies, ...rest } = world.policy.bundle
  const lenient = { open: 'permit (principal, action, resource);' }
  const open = Object.fromEntries(
    Object.entries(policies).map(([name, all]) => [name, name.startsWith('hotwork:') ? lenient : all]),
  )
  world = new RegistryWorld({ ...rest, policies: open })
  expect(await world.asked('eve', 'RegisterAgent', reporter)).toMatchObject({ tier: 1, status: 'pending' })
})

test.each([
  ['gus', true],
  ['dan', false],
  ['eve', false],
] as const)('%s may decide a registration by eve of an agent for dan: %s', async (who, may) => {
  const request = await world.asked('eve', 'RegisterAgent', reporter)
  const found = await world.decide(request, who)
  expect(found).toMatchObject(may ? { ok: true } : { ok: false, code: 'self_approval' })
})

test('an action that is no change of the registry is refused', async () => {
  const request = await world.change('eve', 'Unknown', reporter)
  expect(request).toMatchObject({ code: 'unknown_action' })
})

test('a name of no action is refused on record, and is not recorded: it may be anything', async () => {
  // Cut anywhere, this text has a lone surrogate, which no entry can hold.
  expect(await world.change('eve', '\u{1f600}'.repeat(60), {})).toMatchObject({ code: 'unknown_action' })
  const [entry] = await world.ledger.entries(person('eve'))
  expect(entry).toMatchObject({ type: 'Refused', facts: { code: 'unknown_action' } })
  expect(JSON.stringify(entry)).not.toContain('\u{1f600}')
})

test('a retired agent of the folder is not registered again after the folder forgot it', async () => {
  const retired = [{ id: agent('reporter'), at: world.clock.now() - 86_400 }]
  world.ledger.governed = { ...nothingGoverned, version: 1, retired }
  expect(await world.change('eve', 'RegisterAgent', reporter)).toMatchObject({
    code: 'invalid_registry',
    detail: '`agent:reporter` was retired: choose another name',
  })
})

describe('the time of an identity', () => {
  const own = { issuer: 'workloads', subject: 'agent-reporter' }
  const old = { issuer: 'workloads', subject: 'agent-old' }
  const identities = (...each: object[]) => ({ id: 'agent:reporter', identities: each as never })

  test('an identity that had ended and is given back is another workload: two people decide it', async () => {
    await world.made(
      'eve',
      'RegisterAgent',
      { ...reporter, ...identities(own, { ...old, validUntil: '2027-01-10' }) },
      ['gus'],
    )
    const sooner = await world.foresee('dan', 'ChangeAgent', identities(own, { ...old, validUntil: '2027-01-09' }))
    expect(sooner).toMatchObject({ value: { tier: 1 } })
    expect(await world.foresee('dan', 'ChangeAgent', identities(own, old))).toMatchObject({ value: { tier: 2 } })
  })

  test('an identity whose end was moved into the past is kept from others for a year from then', async () => {
    await world.made('eve', 'RegisterAgent', reporter, ['gus'])
    const other = { issuer: 'workloads', subject: 'agent-new' }
    await world.made('dan', 'ChangeAgent', identities(other, { ...own, validUntil: '2020-01-01' }), ['gus', 'eve'])
    const heir = { ...reporter, ...identities({ ...own, validFrom: '2027-01-15' }), id: 'agent:heir' }
    expect(await world.change('eve', 'RegisterAgent', heir)).toMatchObject({ code: 'invalid_registry' })
  })
})
