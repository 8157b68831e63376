import { CedarPolicy } from '../../../functions/adapters/cedar/cedar-policy.ts'
import { noCounts } from '../../../functions/domain/agents/activity.ts'
import type { Subject } from '../../../functions/domain/agents/agent-file.ts'
import { askAboutPerson } from '../../../functions/domain/deciding/questions.ts'
import { verifyOther } from '../../../functions/domain/ledger/ledger.ts'
import { commitmentTo } from '../../../functions/domain/ledger/texts.ts'
import type { GroupReading } from '../../../functions/domain/people/group-source.ts'
import type { PersonId } from '../../../functions/domain/values.ts'
import type { GroupSource } from '../../../functions/group-sources/kinds.ts'
import { CurrentPolicy } from '../../../functions/operations/agents/current-policy.ts'
import { readAgent } from '../../../functions/operations/agents/read-agents.ts'
import { readSubject, recertify, whyNotRecertify } from '../../../functions/operations/agents/recertify.ts'
import { openedBy } from '../../../functions/operations/break-glass/what-to-open.ts'
import { StoreUnavailable } from '../../../functions/operations/faults.ts'
import { evidenceNow } from '../../support/agents/evidence.ts'
import { withAgent, withGroups, withPerson } from '../../support/bundles.ts'
import { unwrap } from '../../support/unwrap.ts'
import { agent, person, prodParameter, sampleBundle, stagingParameter, start, World } from '../../support/world.ts'

const remediator = agent('remediator')
const day = 86_400

const withRemediator = (changes: object) => withAgent(remediator, changes)

const portsOf = (world: World) => ({ ...world.ports, agents: world.agents })
const recertifyAs = async (
  world: World,
  who: string,
  subject: Subject = remediator,
  more: Partial<Parameters<typeof recertify>[0]> = {},
) => {
  const evidence = await evidenceNow(world, subject)
  return recertify({ subject, person: person(who), reason: 'still needed', evidence, ...more }, portsOf(world))
}

describe('an agent past its date', () => {
  let world: World
  beforeEach(() => {
    world = new World(withRemediator({ recertifyBy: start - 1, recertifyEvery: 90 * day }))
  })

  test('an agent past its date is refused, works from its recertification on, and is refused again when that has run out', async () => {
    expect(await world.evaluate(stagingParameter)).toMatchObject({ reason: 'agent_suspended' })
    const done = await recertifyAs(world, 'gus')
    expect(done).toMatchObject({ ok: true, value: { due: start + 90 * day, at: start, by: 'person:gus' } })
    expect(await world.evaluate(stagingParameter)).toMatchObject({ reason: 'approval_required' })
    const submitted = await world.submitted(stagingParameter)
    world.clock.advance(90 * day)
    expect(await world.evaluate(stagingParameter)).toMatchObject({ reason: 'agent_suspended' })
    expect(submitted.status).toBe('approved')
    expect(await world.issueToken(submitted)).toMatchObject({ ok: false })
  })

  test('a recertification that cannot be read leaves the date in the file in force', async () => {
    await recertifyAs(world, 'gus')
    // A Lambda that starts now has read nothing yet.
    let isDown = true
    const certified: typeof world.agents.certified = async (subjects) => {
      if (isDown) throw new StoreUnavailable('down')
      return world.agents.certified(subjects)
    }
    const late = new CedarPolicy(withRemediator({ recertifyBy: start - 1 }))
    world.policy = new CurrentPolicy(late, {
      agents: { certified, governed: () => world.agents.governed() },
      clock: world.clock,
      log: world.log,
    })
    expect(await world.evaluate(stagingParameter)).toMatchObject({ reason: 'agent_suspended' })
    isDown = false
    expect(await world.evaluate(stagingParameter)).toMatchObject({ reason: 'approval_required' })
  })

  test('people past their date are read before the call, and the agent only when policy asks about it', async () => {
    const asked: (readonly Subject[])[] = []
    const certified = async (subjects: readonly Subject[]) => {
      asked.push(subjects)
      return world.agents.certified(subjects)
    }
    const bundle = withPerson(person('ben'), { recertifyBy: start - 1 }, withRemediator({ recertifyBy: start - 1 }))
    const { clock, log } = world
    const policy = new CurrentPolicy(new CedarPolicy(bundle), {
      agents: { certified, governed: () => world.agents.governed() },
      clock,
      log,
    })
    await policy.look([])
    await policy.look([remediator, remediator])
    expect(asked).toEqual([[person('ben')], [remediator]])
  })

  test('a Lambda that starts with a narrowing, or with a changed state, knows the recertified agent', async () => {
    await recertifyAs(world, 'gus')
    world.reader.preview('ssm:PutParameter')
    world.reader.set(prodParameter.resource.id, { Value: '1' })
    const request = await world.submitted(prodParameter)
    const restart = () => {
      const files = new CedarPolicy(withRemediator({ recertifyBy: start - 1 }))
      world.policy = new CurrentPolicy(files, world)
    }
    restart()
    expect(await world.decide(request, 'ben', 'approve', { narrow: { minutes: 5 } })).toMatchObject({ ok: true })
    world.reader.set(prodParameter.resource.id, { Value: '2' })
    restart()
    const less = await world.state(request.ask.id)
    expect(await world.decide(less, 'ana', 'approve', { narrow: { minutes: 4 } })).toMatchObject({ ok: false })
    expect(await world.state(request.ask.id)).toMatchObject({ status: 'pending', round: 3 })
  })

  test('a recertification is on record with who, when, until when and on what evidence; the reason lies beside the entry', async () => {
    await recertifyAs(world, 'gus')
    const [entry] = (await world.ledger.entries(remediator)).filter(({ type }) => type === 'Recertified')
    expect(entry).toMatchObject({
      type: 'Recertified',
      actor: { type: 'person', id: 'person:gus' },
      policies: ['security-recertifies'],
      facts: { due: start + 90 * day, evidence: expect.stringMatching(/^sha-256:/) },
    })
    const [text] = world.ledger.texts.all()
    expect(text).toMatchObject({ text: 'still needed', person: 'person:gus' })
    expect(entry?.facts['reason']).toBe(commitmentTo('still needed', text?.salt ?? ''))
    expect(verifyOther(remediator, await world.ledger.entries(remediator))).not.toHaveProperty('broken')
  })
})

/** Reads of the agent's host: one at the evaluation and one at the submission. */
const hostReads = 2

test('a bundle in which no date has passed costs no read', async () => {
  const world = new World()
  await world.approved()
  expect(world.agents.reads).toBe(hostReads)
})

test('another agent past its date costs this one nothing', async () => {
  const bundle = sampleBundle()
  const agents = bundle.agents.map((each) => (each.id === remediator ? each : { ...each, recertifyBy: start - 1 }))
  const world = new World({ ...bundle, agents })
  await world.approved()
  expect(world.agents.reads).toBe(hostReads)
})

test.each([
  ['a person policy does not let', 'ana', 'not_permitted'],
  ['a person in security', 'gus', undefined],
  ['a person in platform', 'lena', undefined],
])('an agent is recertified by %s', async (_what, who, code) => {
  const done = await recertifyAs(new World(), who)
  expect(done.ok ? undefined : done.code).toBe(code)
})

test.each([
  ['the owner', { owner: person('gus') }],
  ['the backup owner', { backupOwner: person('gus') }],
])(
  'an agent is never recertified by %s, though policy would let them, and the refusal is on their record',
  async (_what, changes) => {
    const world = new World(withRemediator(changes))
    expect(await recertifyAs(world, 'gus')).toMatchObject({ ok: false, code: 'own_recertification' })
    expect(await world.story('person:gus')).toEqual(['Refused'])
    expect(await recertifyAs(world, 'hana')).toMatchObject({ ok: true })
  },
)

test('a subject without a date is not recertified', async () => {
  expect(await recertifyAs(new World(), 'gus', 'group:none')).toMatchObject({ ok: false, code: 'unknown_subject' })
  expect(await recertifyAs(new World(), 'gus', agent('none'))).toMatchObject({ ok: false, code: 'unknown_subject' })
})

test('a recertification puts on record what the person was shown, and no evidence that came after', async () => {
  const world = new World()
  const evidence = await evidenceNow(world, remediator)
  await world.agents.saveActivity(remediator, {
    ...{ at: start, days30: { ...noCounts, extraCalls: 3 }, days90: noCounts, lastUse: {} },
  })
  expect(await recertifyAs(world, 'gus', remediator, { evidence })).toMatchObject({ ok: false, code: 'stale_digest' })
  expect(await world.story(remediator)).toEqual([])
  const seen = unwrap(await readAgent({ id: remediator, person: person('gus') }, portsOf(world)))
  expect(seen.evidence).not.toBe(evidence)
  const done = await recertifyAs(world, 'gus', remediator, { evidence: seen.evidence })
  expect(done).toMatchObject({ ok: true, value: { evidence: seen.evidence } })
})

test('an act that is told twice is one: the same answer, and one entry', async () => {
  const world = new World()
  const first = await recertifyAs(world, 'gus')
  world.clock.advance(59)
  expect(await recertifyAs(world, 'gus')).toEqual(first)
  world.clock.advance(2)
  expect(await recertifyAs(world, 'gus')).not.toEqual(first)
  expect((await world.story(remediator)).filter((type) => type === 'Recertified')).toHaveLength(2)
})

test('twenty concurrent recertifications are one for each person, and the last of the chain is the one that holds', async () => {
  const world = new World()
  await Promise.all(Array.from({ length: 20 }, (_, index) => recertifyAs(world, index % 2 === 0 ? 'gus' : 'lena')))
  const entries = await world.ledger.entries(remediator)
  const held = (await world.agents.certified([remediator])).get(remediator)
  expect(entries.at(-1)?.actor.id).toBe(held?.by)
})

const ana = person('ana')
const mayDecide = async (world: World, who: PersonId) =>
  askAboutPerson(world.policy, 'read', who, world.clock.now()).permit

test('a person past their date counts as inactive, until another person recertifies them', async () => {
  const world = new World(withPerson(ana, { recertifyBy: start - 1 }))
  await world.policy.look?.([])
  expect(await mayDecide(world, ana)).toBe(false)
  expect(await recertifyAs(world, 'gus', ana)).toMatchObject({ ok: true })
  await world.policy.look?.([])
  expect(await mayDecide(world, ana)).toBe(true)
})

test('a person is inactive from the day on which they leave, recertified or not', async () => {
  const world = new World(withPerson(ana, { recertifyBy: start + 5, leavesOn: start + 10 }))
  expect(await recertifyAs(world, 'gus', ana)).toMatchObject({ ok: true })
  expect(await mayDecide(world, ana)).toBe(true)
  world.clock.advance(10)
  await world.policy.look?.([])
  expect(await mayDecide(world, ana)).toBe(false)
})

test('a group past its date has no members, and none of its members may recertify it', async () => {
  const bundle = sampleBundle()
  const directory = { ...bundle.directory, recertifyGroups: { security: start + 10 } }
  const world = new World({ ...bundle, directory })
  expect(world.policy.bundle.directory.groups['security']).toContain('person:gus')
  expect(await recertifyAs(world, 'gus', 'group:security')).toMatchObject({ code: 'own_recertification' })
  world.clock.advance(10)
  expect(world.policy.bundle.directory.groups['security']).toEqual([])
  expect(await recertifyAs(world, 'lena', 'group:security')).toMatchObject({ ok: true })
  await world.policy.look?.([])
  expect(world.policy.bundle.directory.groups['security']).toContain('person:gus')
})

describe('a group past its date', () => {
  const bundle = sampleBundle()
  const { groups } = bundle.directory

  test('a group past its date is not recertified by the members that the files name', async () => {
    const directory = {
      ...bundle.directory,
      groups: { ...groups, sre: [person('gus')] },
      recertifyGroups: { sre: start - 1 },
    }
    const world = new World({ ...bundle, directory })
    expect(world.policy.bundle.directory.groups['sre']).toEqual([])
    expect(await recertifyAs(world, 'gus', 'group:sre')).toMatchObject({ code: 'own_recertification' })
    expect(whyNotRecertify('group:sre', person('gus'), world.ports)).toBe('own_recertification')
    expect(await recertifyAs(world, 'hana', 'group:sre')).toMatchObject({ ok: true })
  })

  const withSource = (source: GroupSource) =>
    new World({
      ...bundle,
      directory: {
        ...bundle.directory,
        sources: { sre: { source, tiers: 1, breakGlass: false } },
        recertifyGroups: { sre: start - 1 },
      },
    })
  const rota = (world: World, reading: Partial<GroupReading> = {}) =>
    world.requests.putReading('sre', {
      ...{ source: 'pager PSRE 1', members: [{ person: person('gus') }], rota: [person('gus'), person('lena')] },
      ...{ readAt: start, holdsUntil: start + 900, ...reading },
    })
  const pager = { pager: { schedule: 'PSRE', level: 1 } }

  test.each(['gus', 'lena'])(
    'a group past its date is not recertified by a person of its schedule, on shift or off: %s',
    async (who) => {
      const world = withSource(pager)
      rota(world)
      expect(await recertifyAs(world, who, 'group:sre')).toMatchObject({ code: 'own_recertification' })
      expect(await recertifyAs(world, 'hana', 'group:sre')).toMatchObject({ ok: true })
    },
  )

  test.each<[what: string, changes: Partial<GroupReading> | undefined]>([
    ['was never read', undefined],
    ['was read too long ago', { holdsUntil: start }],
    ['was read without the people off shift', { rota: undefined as never }],
    ['was another schedule when it was read', { source: 'pager POTHER 1' }],
  ])(
    'a group past its date is not recertified while its schedule %s, since its people are unknown',
    async (_what, changes) => {
      const world = withSource(pager)
      if (changes) rota(world, changes)
      expect(await recertifyAs(world, 'hana', 'group:sre')).toMatchObject({ code: 'members_unknown' })
      expect(await world.story('person:hana')).toEqual(['Refused'])
      rota(world)
      expect(await recertifyAs(world, 'hana', 'group:sre')).toMatchObject({ ok: true })
    },
  )

  test('a group past its date is not recertified by a login that claims it, or says nothing of groups, or is too old', async () => {
    const world = withSource({ claim: 'eng-sre' })
    const says = (groups: string[], saidUntil = start + 60) => ({ saidUntil, claimed: { groups, until: saidUntil } })
    const as = (who: string, more: object) => recertifyAs(world, who, 'group:sre', more)
    expect(await as('gus', says(['sre']))).toMatchObject({ code: 'own_recertification' })
    expect(await as('gus', {})).toMatchObject({ code: 'members_unknown' })
    expect(await as('gus', says(['sre'], start))).toMatchObject({ code: 'members_unknown' })
    expect(await as('hana', { saidUntil: start + 60 })).toMatchObject({ ok: true })
  })
})

describe('a break-glass profile', () => {
  const profile = 'profile:checkout-recovery'

  test('people who may open it, or are of the group that owns its resources, never recertify it', async () => {
    const bundle = withGroups({ security: ['ana', 'jade', 'gus'].map(person) })
    const world = new World(bundle)
    // Ana owns the resources, and Jade may open the profile.
    for (const who of ['ana', 'jade'])
      expect(await recertifyAs(world, who, profile)).toMatchObject({ code: 'own_recertification' })
    expect(await recertifyAs(world, 'ben', profile)).toMatchObject({ code: 'not_permitted' })
    expect(await recertifyAs(world, 'gus', profile)).toMatchObject({ ok: true, value: { by: 'person:gus' } })
    expect(await world.story(profile)).toEqual(['Recertified'])
  })

  test('its evidence is its rights: another one is stale', async () => {
    const world = new World()
    const evidence = await evidenceNow(world, profile)
    const wider = structuredClone(world.policy.bundle)
    for (const each of wider.breakGlass?.profiles ?? []) each.rights[0]?.resources.push('arn:aws:ssm:*:*:parameter/*')
    const other = new World(wider)
    expect(await recertifyAs(other, 'gus', profile, { evidence })).toMatchObject({ code: 'stale_digest' })
  })

  test('past its date it opens as before, since an emergency does not wait for a date', async () => {
    const late = structuredClone(sampleBundle())
    for (const each of late.breakGlass?.profiles ?? []) each.recertifyBy = start - 1
    expect(openedBy({ profile: 'checkout-recovery' }, new World(late))).toMatchObject({ ok: true })
  })
})

const dan = person('dan')
const gone = { status: 'inactive' }

test('an agent whose owner left goes on with its backup owner, and neither of the two decides what it asks', async () => {
  const world = new World(withPerson(dan, gone, withRemediator({ backupOwner: person('ana') })))
  const request = await world.submitted(prodParameter)
  expect(request.ask.owner).toBe('person:ana')
  expect(await world.decide(request, 'ana')).toMatchObject({ ok: false })
  expect(await world.decide(request, 'ben')).toMatchObject({ ok: true })
})

test('a backup owner decides nothing that the agent asks, even while the owner is there', async () => {
  const world = new World(withRemediator({ backupOwner: person('ana') }))
  const request = await world.submitted(prodParameter)
  expect(await world.decide(request, 'ana')).toMatchObject({ ok: false })
  expect(await world.decide(request, 'ben')).toMatchObject({ ok: true })
})

test('an agent without an active backup owner is orphaned: refused, and shown as orphaned', async () => {
  const backup = withRemediator({ backupOwner: person('ana') })
  const world = new World(withPerson(dan, gone, withPerson(person('ana'), gone, backup)))
  expect(await world.evaluate(stagingParameter)).toMatchObject({ reason: 'owner_inactive' })
  const read = await readAgent({ id: remediator, person: person('gus') }, portsOf(world))
  expect(read).toMatchObject({ ok: true, value: { status: 'orphaned' } })
})

test('an agent is shown with its live grants and its date', async () => {
  const world = new World()
  const approved = await world.approved()
  const read = await readAgent({ id: remediator, person: person('gus') }, portsOf(world))
  expect(read).toMatchObject({ ok: true, value: { status: 'active', grants: [{ ask: { id: approved.ask.id } }] } })
})

test('only a person who may inspect the agent gets names of roles and secrets with it and with its evidence', async () => {
  const world = new World()
  const nightly = agent('nightly')
  const role = 'arn:aws:iam::000000000000:role/nightly-jobs'
  const deploy = 'arn:aws:iam::000000000000:role/deploy'
  const answer = { resource: '*', answer: 'allowed' as const, by: ['wide (role)', 'all (role) of deploy'] }
  await world.agents.saveLooked(nightly, {
    ...{ at: world.clock.now(), role, actions: { 'ssm:PutParameter': [answer] }, partial: [`\`${deploy}\` is closed`] },
    roles: [{ arn: deploy, via: 'assume' }],
    secrets: [{ kind: 'secret', name: 'prod/database', role: deploy }],
  })
  const ports = { ...world.ports, agents: world.agents }
  const read = async (who: string) => {
    const evidence = unwrap(await readSubject({ subject: nightly, person: person(who) }, ports))
    return { evidence, seen: unwrap(await readAgent({ id: nightly, person: person(who) }, ports)) }
  }
  const [security, other] = [await read('gus'), await read('ana')]
  expect(JSON.stringify(security).match(/prod\/database/g)).toHaveLength(2)
  expect(JSON.stringify(other)).not.toMatch(/database|deploy/)
  expect(JSON.stringify(other)).toContain('wide (role)')
  // Both answer on the same evidence.
  expect(other.evidence.digest).toBe(security.evidence.digest)
  expect(other.seen.evidence).toBe(other.evidence.digest)
})
