import { CedarPolicy } from '../../../functions/adapters/cedar/cedar-policy.ts'
import { withHash } from '../../../functions/adapters/policy-folder/compile-folder.ts'
import type { Subject } from '../../../functions/domain/agents/agent-file.ts'
import { mostStored, nothingGoverned } from '../../../functions/domain/agents/governed-registry.ts'
import { deniesOf } from '../../../functions/domain/credentials/denies.ts'
import { verifyOther } from '../../../functions/domain/ledger/ledger.ts'
import type { Bundle } from '../../../functions/domain/policy/bundle.ts'
import { createHandler } from '../../../functions/handlers/timers/look-after-agents.ts'
import { CurrentPolicy } from '../../../functions/operations/agents/current-policy.ts'
import { endSuspended } from '../../../functions/operations/agents/end-suspended.ts'
import { lookAfterAgents } from '../../../functions/operations/agents/look-after-agents.ts'
import type { AgentNotice } from '../../../functions/operations/agents/ports.ts'
import { recertify } from '../../../functions/operations/agents/recertify.ts'
import { recordRegistry } from '../../../functions/operations/agents/record-registry.ts'
import type { EndMessage } from '../../../functions/operations/credentials/ports.ts'
import { StoreUnavailable } from '../../../functions/operations/faults.ts'
import type { BundleStore } from '../../../functions/operations/policy/ports.ts'
import { renderAgentNotice } from '../../channels/slack/cards/rendering.ts'
import { evidenceNow } from '../../support/agents/evidence.ts'
import { governDeployer } from '../../support/agents/governed.ts'
import { MemoryAgentLives } from '../../support/agents/memory-agent-lives.ts'
import { MemoryUnknownCallers } from '../../support/agents/memory-unknown-callers.ts'
import { withAgent, withGroups, withPerson } from '../../support/bundles.ts'
import { agent, issuer, person, sampleBundle, start, World } from '../../support/world.ts'

const remediator = agent('remediator')
const day = 86_400

/** The sample without its agent past its date. */
const onTime = (bundle: Bundle = sampleBundle()): Bundle => ({
  ...bundle,
  agents: bundle.agents.filter(({ recertifyBy }) => recertifyBy > start),
})

const changed = (changes: object, bundle = onTime()): Bundle => withAgent(remediator, changes, bundle)

/** The timer over a world. */
class Timer {
  readonly lives: MemoryAgentLives
  readonly told: AgentNotice[] = []
  readonly ended: EndMessage[] = []
  readonly world: World
  /** Each sending throws this. */
  fault: Error | undefined

  constructor(bundle: Bundle) {
    this.world = new World(bundle)
    this.lives = new MemoryAgentLives(this.world.ledger)
  }

  get ports() {
    const send =
      <T>(into: T[]) =>
      async (messages: readonly T[]) => {
        await Promise.resolve()
        if (this.fault) throw this.fault
        into.push(...messages)
      }
    return {
      ...this.world.ports,
      agents: this.world.agents,
      lives: this.lives,
      bundles: this.world.bundles,
      unknown: new MemoryUnknownCallers(),
      notices: { send: send<AgentNotice>(this.told) },
      deny: { send: send<EndMessage>(this.ended) },
    }
  }

  look() {
    return lookAfterAgents(this.ports)
  }

  async recertify(subject: Subject = remediator, who = 'gus') {
    const evidence = await evidenceNow(this.world, subject)
    return recertify({ subject, person: person(who), reason: 'needed', evidence }, this.ports)
  }
}

const run = (timer: Timer, other: object = {}) => {
  const ports = { ...timer.ports, files: sampleBundle(), bundles: timer.world.bundles, ...other }
  return createHandler(ports)(undefined, { getRemainingTimeInMillis: () => 60_000 })
}
const down = () => Promise.reject(new StoreUnavailable('down'))

test('the timer keeps the bundle of its deployment even if all else fails', async () => {
  const timer = new Timer(onTime())
  const { lives, agents } = timer.ports
  const others = {
    lives: Object.assign(Object.create(lives), { registry: down }),
    agents: Object.assign(Object.create(agents), { certified: down, files: down }),
  }
  await expect(run(timer, others)).rejects.toThrow(StoreUnavailable)
  expect(await timer.world.bundles.load(sampleBundle().hash)).toEqual({ bundle: sampleBundle(), at: start })
})

test('a bundle that cannot be kept fails the run after the rest is done, and is kept by the next run', async () => {
  const timer = new Timer(onTime())
  const { bundles } = timer.world
  await expect(run(timer, { bundles: { isKept: down } as unknown as BundleStore })).rejects.toThrow(StoreUnavailable)
  expect((await timer.lives.registry())?.bundle).toBe(sampleBundle().hash)
  expect((await timer.world.agents.files([remediator])).get(remediator)?.activity).toBeDefined()
  expect(await bundles.isKept(sampleBundle().hash)).toBe(false)
  await run(timer)
  expect(await bundles.isKept(sampleBundle().hash)).toBe(true)
})

const errorsOf = ({ world }: Timer) =>
  world.log.lines.filter(({ level }) => level === 'error').map(({ message }) => message)

test('owner and backup owner are told 30, 7 and 1 day before the date, once each', async () => {
  const timer = new Timer(changed({ recertifyBy: start + 31 * day, backupOwner: person('ana') }))
  const { clock } = timer.world
  await timer.look()
  expect(timer.told).toEqual([])
  for (const [after, days] of [
    [1, 30],
    [23, 7],
    [6, 1],
  ] as const) {
    clock.advance(after * day)
    await timer.look()
    await timer.look()
    expect(timer.told.splice(0)).toMatchObject([
      { about: remediator, to: { person: 'person:dan' }, notice: { kind: 'due', days } },
      { about: remediator, to: { person: 'person:ana' }, notice: { kind: 'due', days } },
    ])
  }
  expect(errorsOf(timer)).toEqual([])
})

test('a timer that was down for weeks sends the last reminder alone', async () => {
  const timer = new Timer(changed({ recertifyBy: start + 2 * day }))
  await timer.look()
  expect(timer.told).toMatchObject([{ notice: { kind: 'due', days: 7 } }])
})

test('a reminder that failed is sent by the next run', async () => {
  const timer = new Timer(changed({ recertifyBy: start + 2 * day }))
  timer.fault = new Error('down')
  await timer.look()
  expect(errorsOf(timer)).toEqual(['look_after_failed'])
  timer.fault = undefined
  await timer.look()
  expect(timer.told).toHaveLength(1)
})

test('an agent at its date is suspended loudly and once: an entry, an alarm, messages, and the end of its grants', async () => {
  const timer = new Timer(changed({ recertifyBy: start + 10 }))
  const { world } = timer
  const approved = await world.approved()
  world.clock.advance(10)
  expect(await timer.look()).toBe(1)
  expect(await timer.look()).toBe(1)
  const entries = await world.ledger.entries(remediator)
  expect(entries).toMatchObject([
    { type: 'Suspended', actor: { type: 'system' }, facts: { why: 'recertification', due: start + 10 } },
  ])
  expect(verifyOther(remediator, entries)).not.toHaveProperty('broken')
  expect(errorsOf(timer)).toEqual(['agent_suspended'])
  expect(timer.told.map(({ to }) => to)).toEqual([{ person: 'person:dan' }, { channel: 'hotwork-agents' }])
  expect(timer.ended).toMatchObject([{ end: remediator }])
  await endSuspended(remediator, timer.ports)
  const ended = await world.state(approved.ask.id)
  expect(ended).toMatchObject({ status: 'revoked', reason: 'agent:remediator was not recertified in time' })
})

test('the AWS sessions of a suspended agent are denied', async () => {
  const timer = new Timer(changed({ recertifyBy: start + 100 }))
  const { world } = timer
  const request = await world.approved()
  expect(await world.issueAws(request, await world.claim(request))).toMatchObject({ ok: true })
  world.clock.advance(100)
  await endSuspended(remediator, timer.ports)
  expect(deniesOf(await world.stored(request.ask.id), world.clock.now()).size).toBe(1)
})

test('an agent that is recertified at the same moment works or is suspended, and the record says which', async () => {
  const timer = new Timer(changed({ recertifyBy: start + 10 }))
  timer.world.clock.advance(10)
  const [done] = await Promise.all([timer.recertify(), timer.look(), timer.look()])
  expect(done).toMatchObject({ ok: true })
  expect(await timer.look()).toBe(0)
  const types = (await timer.world.ledger.entries(remediator)).map(({ type }) => type)
  expect(types.filter((type) => type === 'Recertified')).toHaveLength(1)
  expect(types.at(-1)).toBe('Recertified')
  // An earlier message arrives late, and ends nothing.
  const approved = await timer.world.approved()
  await endSuspended(remediator, timer.ports)
  expect(await timer.world.state(approved.ask.id)).toMatchObject({ status: 'approved' })
})

test.each([
  [{ status: 'retired' }, 'retired'],
  [{ status: 'suspended' }, 'suspended'],
  [{ owner: person('none') }, 'owner_inactive'],
])('the end of an agent that is %j in the files is told in the same way', async (changes, why) => {
  const timer = new Timer(changed(changes))
  await timer.look()
  expect(await timer.world.ledger.entries(remediator)).toMatchObject([{ type: 'Suspended', facts: { why } }])
  expect(timer.told).toContainEqual(expect.objectContaining({ notice: { kind: 'suspended', why } }))
})

test('a break-glass profile past its date is told to the owners of its resources and the channel, with an alarm', async () => {
  const late = structuredClone(onTime())
  for (const each of late.breakGlass?.profiles ?? []) each.recertifyBy = start
  const timer = new Timer(late)
  expect(await timer.look()).toBe(1)
  expect(await timer.look()).toBe(1)
  expect(errorsOf(timer)).toEqual(['recertification_overdue'])
  expect(timer.told.map(({ to }) => to)).toEqual([
    ...['ana', 'ben', 'chloe'].map((who) => ({ person: person(who) })),
    { channel: 'hotwork-agents' },
  ])
  const [message] = timer.told
  expect(renderAgentNotice(message as AgentNotice, issuer).text).toContain('It works as before: look at its rights.')
})

/** The messages about the remediator's owner, and their places. */
const ofOwner = (timer: Timer) => timer.told.filter(({ notice }) => notice.kind === 'owner')

test("the owner's lead, the other owner and the channel are told once that the owner leaves within 30 days", async () => {
  const last = start + 40 * day
  const dated = changed({ backupOwner: person('ana'), recertifyBy: start + 20 * day })
  const timer = new Timer(withPerson(person('dan'), { leavesOn: last, lead: person('lena') }, dated))
  await timer.look()
  expect(ofOwner(timer)).toEqual([])
  timer.world.clock.advance(10 * day)
  await timer.look()
  const notice = { kind: 'owner', owner: 'person:dan', on: last, answers: 'person:ana', entry: 'folder' }
  expect(ofOwner(timer)).toMatchObject([
    { about: remediator, to: { person: 'person:ana' }, notice },
    { about: remediator, to: { person: 'person:lena' }, notice },
    { about: remediator, to: { channel: 'hotwork-agents' }, notice },
  ])
  // The agent is suspended and recertified meanwhile, and later the owner leaves.
  timer.world.clock.advance(10 * day)
  await timer.look()
  await timer.recertify()
  await timer.look()
  await timer.look()
  expect(ofOwner(timer)).toHaveLength(3)
  timer.world.clock.advance(20 * day)
  await timer.look()
  await timer.look()
  const { on: _, ...left } = notice
  expect(ofOwner(timer).slice(3)).toMatchObject(Array.from({ length: 3 }, () => ({ notice: left })))
  expect(ofOwner(timer).slice(3)[0]?.notice).not.toHaveProperty('on')
})

test('an agent of the registry whose owner left the directory is told to the channel, with the transfer as next step', async () => {
  const timer = new Timer(onTime())
  const { world } = timer
  governDeployer(world)
  const agents = world.ledger.governed.agents.map((each) => ({ ...each, owner: person('zoe') }))
  world.ledger.governed = { ...world.ledger.governed, agents }
  world.clock.advance(3)
  await timer.look()
  expect(timer.told.map(({ about, to, notice }) => [about, to, notice.kind])).toEqual([
    ['agent:deployer', { person: 'person:zoe' }, 'suspended'],
    ['agent:deployer', { channel: 'hotwork-agents' }, 'suspended'],
    ['agent:deployer', { channel: 'hotwork-agents' }, 'owner'],
  ])
  const [message] = ofOwner(timer)
  const { text } = renderAgentNotice(message as AgentNotice, issuer)
  expect(text).toContain('agent:deployer: its owner person:zoe is inactive or no longer in the directory')
  expect(text).toContain('registry transfer agent:deployer --to PERSON')
})

test('a message about a leaving owner that failed is sent by the next run', async () => {
  const timer = new Timer(withPerson(person('dan'), { leavesOn: start + day }, onTime()))
  timer.fault = new Error('down')
  await timer.look()
  timer.fault = undefined
  await timer.look()
  expect(ofOwner(timer)).toMatchObject([{ about: remediator, to: { channel: 'hotwork-agents' } }])
})

test('a group and a person past their dates have an entry each on a chain of their own', async () => {
  const bundle = withPerson(person('jade'), { recertifyBy: start }, onTime())
  const timer = new Timer({ ...bundle, directory: { ...bundle.directory, recertifyGroups: { sre: start } } })
  await timer.look()
  for (const subject of ['group:sre', 'person:jade'] as const) {
    const entries = await timer.world.ledger.entries(subject)
    expect(entries).toMatchObject([{ type: 'Suspended' }])
    expect(verifyOther(subject, entries)).not.toHaveProperty('broken')
  }
  expect(errorsOf(timer)).toEqual(['recertification_overdue', 'recertification_overdue'])
  expect(timer.told.filter(({ about }) => about === 'person:jade').map(({ to }) => to)).toContainEqual({
    person: 'person:lena',
  })
  expect(timer.told.filter(({ about }) => about === 'group:sre').map(({ to }) => to)).toContainEqual({
    person: 'person:eve',
  })
  expect(timer.ended).toEqual([])
})

const record = (timer: Timer, bundle: Bundle) => recordRegistry(bundle, timer.ports)
const other = (hash: string, bundle: Bundle): Bundle => ({ ...bundle, hash: hash as Bundle['hash'] })

test('the first deployment records each agent and person, without names or identities of people', async () => {
  const timer = new Timer(sampleBundle())
  const { agents, directory } = sampleBundle()
  expect(await record(timer, sampleBundle())).toBe(
    agents.length + directory.people.length + Object.keys(directory.sources ?? {}).length,
  )
  expect(await record(timer, sampleBundle())).toBe(0)
  const [entry] = await timer.world.ledger.entries('person:ana')
  expect(entry).toMatchObject({ type: 'Registered', facts: { registration: { groups: ['payments-owners', 'sre'] } } })
  expect(JSON.stringify(entry)).not.toMatch(/Alves|U0ANA|person-ana/)
})

test('an entry of a deployment says from what to what, for which owner and by which commit; one for each change', async () => {
  const timer = new Timer(sampleBundle())
  await record(timer, sampleBundle())
  const deployment = { ...sampleBundle().deployment, commit: 'f00f00f' }
  const supervised = changed({ autonomy: 'supervised', owner: person('eve') }, sampleBundle())
  const next = other('next', { ...supervised, deployment })
  expect(await record(timer, next)).toBe(1)
  expect(await record(timer, next)).toBe(0)
  const entry = (await timer.world.ledger.entries(remediator)).at(-1)
  expect(entry).toMatchObject({
    type: 'RegistrationChanged',
    bundle: 'next',
    facts: {
      from: { owner: 'person:dan', autonomy: 'autonomous' },
      to: { owner: 'person:eve', autonomy: 'supervised' },
      owner: 'person:eve',
      commit: 'f00f00f',
    },
  })
})

test('a deployment unregisters an agent that was removed, and records the other group of a person', async () => {
  const timer = new Timer(sampleBundle())
  await record(timer, sampleBundle())
  const { agents, ...moved } = withGroups({ sre: [person('ana')] })
  const next = other('next', { ...moved, agents: agents.filter(({ id }) => id !== remediator) })
  expect(await record(timer, next)).toBe(1 + 3)
  expect((await timer.world.ledger.entries(remediator)).at(-1)?.type).toBe('Unregistered')
  expect((await timer.world.ledger.entries('person:dan')).at(-1)).toMatchObject({
    type: 'RegistrationChanged',
    facts: { from: { groups: ['sre'] }, to: { groups: [] } },
  })
})

test.each([
  ['identity', { identities: [{ issuer: 'people', subject: 'person-other' }] }],
  ['Slack account', { chatUser: 'U0OTHER' }],
  ['account at the pager', { pagerUser: 'POTHER1' }],
])('a record says that another %s counts as a person, and hides its value', async (_what, change) => {
  const timer = new Timer(sampleBundle())
  await record(timer, sampleBundle())
  expect(await record(timer, other('next', withPerson(person('jade'), change)))).toBe(1)
  const entries = await timer.world.ledger.entries('person:jade')
  expect(entries.at(-1)?.facts).toEqual({ from: {}, to: { otherIdentities: true } })
  expect(JSON.stringify(entries)).not.toMatch(/known|person-other|OTHER/)
})

test('a group that its source may fill for more acts is on record, from what to what', async () => {
  const timer = new Timer(sampleBundle())
  await record(timer, sampleBundle())
  const { directory } = sampleBundle()
  const before = directory.sources?.['on-call-now']
  if (!before) throw new Error('it has no source')
  const sources = { 'on-call-now': { ...before, tiers: 3, breakGlass: true } }
  expect(await record(timer, other('next', { ...sampleBundle(), directory: { ...directory, sources } }))).toBe(1)
  expect((await timer.world.ledger.entries('group:on-call-now')).at(-1)).toMatchObject({
    type: 'RegistrationChanged',
    facts: { from: { tiers: 1, breakGlass: false }, to: { tiers: 3, breakGlass: true } },
  })
})

test('concurrent runs, and the run after one that died, record each change once', async () => {
  const timer = new Timer(sampleBundle())
  await Promise.all(Array.from({ length: 5 }, () => record(timer, sampleBundle())))
  // The run died before it stored that this was done.
  await timer.lives.saveRegistry({ bundle: 'none', subjects: [] })
  await record(timer, sampleBundle())
  expect((await timer.world.ledger.entries(remediator)).map(({ type }) => type)).toEqual(['Registered'])
})

describe('the identities that a deployment takes away', () => {
  const content = sampleBundle()
  const { hash: _, ...rest } = content
  const agents = content.agents.filter(({ id }) => id !== remediator)
  const next = withHash({ ...rest, agents })
  const deployed = async () => {
    const timer = new Timer(content)
    await run(timer)
    return timer
  }
  const deployNext = (timer: Timer, more: object = {}) => run(timer, { files: next, ...more })
  const governed = ({ world }: Timer) => world.ledger.governed

  test('they are kept from others for a year, once', async () => {
    const timer = await deployed()
    expect(governed(timer)).toEqual(nothingGoverned)
    await deployNext(timer)
    await deployNext(timer)
    const identity = { issuer: 'workloads', subject: 'agent-remediator' }
    expect(governed(timer)).toMatchObject({
      version: 1,
      former: [{ agent: remediator, identity, until: start + 365 * day }],
    })
  })

  test('a run that died after it kept them, and runs at once, keep them once', async () => {
    const timer = await deployed()
    jest.spyOn(timer.lives, 'saveRegistry').mockImplementationOnce(down)
    await expect(deployNext(timer)).rejects.toThrow(StoreUnavailable)
    await Promise.all([deployNext(timer), deployNext(timer)])
    expect(governed(timer)).toMatchObject({ version: 1, former: [{ agent: remediator }] })
  })

  test('a change of the registry at once is kept beside them', async () => {
    const timer = await deployed()
    const change = { ...nothingGoverned, version: 1, changed: { [remediator]: start } }
    const save = timer.lives.saveGoverned.bind(timer.lives)
    jest.spyOn(timer.lives, 'saveGoverned').mockImplementationOnce(async (of) => {
      timer.world.ledger.governed = change
      return save(of)
    })
    await deployNext(timer)
    expect(governed(timer)).toMatchObject({ version: 2, changed: change.changed, former: [{ agent: remediator }] })
  })

  test('more of them than the registry can store are logged, and do not hold up the record', async () => {
    const timer = await deployed()
    jest.spyOn(timer.world.agents, 'sizeOf').mockReturnValue(mostStored + 1)
    await deployNext(timer)
    for (const message of ['registry_without_room', 'former_identities_unknown'])
      expect(timer.world.log.lines).toContainEqual(expect.objectContaining({ message }))
    expect(governed(timer)).toEqual(nothingGoverned)
    expect((await timer.lives.registry())?.bundle).toBe(next.hash)
  })

  test('a last bundle that was not kept is logged, and does not hold up the record', async () => {
    const timer = await deployed()
    await timer.lives.saveRegistry({ bundle: 'sha-256:lost', subjects: [] })
    await deployNext(timer)
    expect(timer.world.log.lines).toContainEqual(expect.objectContaining({ message: 'former_identities_unknown' }))
    expect((await timer.lives.registry())?.bundle).toBe(next.hash)
  })
})

test('a recertification is no change of the files', async () => {
  const bundle = changed({ recertifyBy: start - 1 })
  const timer = new Timer(bundle)
  await record(timer, bundle)
  await timer.recertify()
  timer.world.policy = new CurrentPolicy(new CedarPolicy(bundle), timer.world)
  await timer.look()
  expect(await record(timer, other('next', bundle))).toBe(0)
})

test('a message says what is so and who may do what, and links to the page', () => {
  const about = { about: remediator, to: { channel: 'x' } } as const
  const due = renderAgentNotice({ ...about, notice: { kind: 'due', days: 7, due: start } }, issuer)
  expect(due.text).toContain('agent:remediator is to be recertified by 2027-01-15T08:00:00Z, in 7 days')
  // The message has it in the reader's zone.
  expect(JSON.stringify(due.blocks)).toContain(`"timestamp":${start}`)
  expect(due.text).toContain(`${issuer}/agents/agent:remediator`)
  const lost = renderAgentNotice({ ...about, notice: { kind: 'suspended', why: 'owner_inactive' } }, issuer)
  expect(lost.text).toContain('agent:remediator has no active owner. Its grants have ended')
})

test('the ends of an agent that was changed in the last quarter of an hour are sent again', async () => {
  const timer = new Timer(changed({}))
  const { world } = timer
  world.ledger.governed = { ...nothingGoverned, version: 1, changed: { [remediator]: start } }
  await timer.look()
  expect(timer.ended).toMatchObject([{ end: remediator, group: remediator }])
  world.clock.advance(900)
  await timer.look()
  expect(timer.ended).toHaveLength(1)
})
