import { askAboutPerson } from '../../../functions/domain/deciding/questions.ts'
import type { GroupReading, SourcedGroup, SourcedMember } from '../../../functions/domain/people/group-source.ts'
import type { Bundle } from '../../../functions/domain/policy/bundle.ts'
import type { NumericDate, PersonId } from '../../../functions/domain/values.ts'
import { holdsFor } from '../../../functions/group-sources/kind.ts'
import { sourceOf } from '../../../functions/group-sources/kinds.ts'
import { BoardUnavailable, ScheduleUnavailable } from '../../../functions/operations/faults.ts'
import { declareHalt } from '../../../functions/operations/halts/halt.ts'
import { listGroups } from '../../../functions/operations/people/list-groups.ts'
import { findOnCall } from '../../../functions/operations/people/on-call.ts'
import type { Shift } from '../../../functions/operations/people/ports.ts'
import { readChatGroup, readSchedule } from '../../../functions/operations/people/read-sources.ts'
import { refreshGroups } from '../../../functions/operations/people/refresh-groups.ts'
import { revokeRequest } from '../../../functions/operations/requests/end-request.ts'
import { waitingFor } from '../../../functions/operations/requests/waiting.ts'
import { withPerson } from '../../support/bundles.ts'
import { MemoryHaltStore } from '../../support/ledger/memory-halt-store.ts'
import { MemoryGroupReadings } from '../../support/people/memory-group-readings.ts'
import { agent, flag, person, prodParameter, sampleBundle, start, World, withTerms } from '../../support/world.ts'

/**
 * People who may edit a source can put themselves into its group. So a source helps to decide requests of a low tier,
 * while its answer holds, and does little else.
 */

const sample = sampleBundle()
const sourced = (source: SourcedGroup['source'], changes: Partial<SourcedGroup> = {}): SourcedGroup => ({
  source,
  tiers: 1,
  breakGlass: false,
  ...changes,
})
const withSources = (sources: { [group: string]: SourcedGroup }): Bundle => ({
  ...sample,
  directory: { ...sample.directory, sources },
})
const chatGroup = (id: string, changes: Partial<SourcedGroup> = {}) => sourced({ chatGroup: id }, changes)
const schedule = (id: string, changes: Partial<SourcedGroup> = {}) =>
  sourced({ pager: { schedule: id, level: 1 } }, changes)
const bundle = withSources({ 'payments-owners': chatGroup('S0OWNERS'), security: chatGroup('S0SECURITY') })
const [lena, jade, kofi] = [person('lena'), person('jade'), person('kofi')]
/** The flags of this name belong to the person on call, and to no person in the directory. */
const shed = flag('shed-load', true)
let world: World
const readingOf = (group: string, members: readonly SourcedMember[], at: NumericDate): GroupReading => {
  const { source } = world.policy.bundle.directory.sources?.[group] ?? { source: { chatGroup: 'S0NONE' } }
  return { source: sourceOf(source).key, members: [...members], readAt: at, holdsUntil: at + holdsFor }
}
const say = (groups: { [group: string]: PersonId[] }, at = world.clock.now()) => {
  for (const [group, people] of Object.entries(groups))
    shift(
      group,
      people.map((each) => ({ person: each })),
      at,
    )
}
const shift = (group: string, members: readonly SourcedMember[], at = world.clock.now()) =>
  world.requests.putReading(group, readingOf(group, members, at))
beforeEach(() => {
  world = new World(bundle)
})

test('a member of a Slack group decides a request of tier 1 as one of the group, and is waited for', async () => {
  const request = await world.submitted(flag())
  expect(request.tier).toBe(1)
  expect(await world.decide(request, 'lena')).toMatchObject({ ok: false, code: 'not_eligible' })
  say({ 'payments-owners': [lena] })
  expect(await waitingFor(lena, world.ports)).toHaveLength(1)
  expect(await world.decide(request, 'lena')).toMatchObject({ ok: true, value: { state: { status: 'approved' } } })
})

test('a member of a Slack group decides nothing of tier 2, unless the directory lets the group count there', async () => {
  const request = await world.submitted(prodParameter)
  say({ 'payments-owners': [lena] })
  expect(await waitingFor(lena, world.ports)).toEqual([])
  expect(await world.decide(request, 'lena')).toMatchObject({ ok: false, code: 'not_eligible' })
  expect(await world.decide(request, 'lena', 'deny')).toMatchObject({ ok: false, code: 'not_eligible' })
  world = new World(withSources({ 'payments-owners': chatGroup('S0OWNERS', { tiers: 2 }) }))
  const again = await world.submitted(prodParameter)
  say({ 'payments-owners': [lena] })
  expect(await world.decide(again, 'lena')).toMatchObject({ ok: true })
})

test('a member of a Slack group stops agents, since stopping is easy: revokes, and declares a halt', async () => {
  const request = await world.submitted(flag())
  say({ security: [lena] })
  const halt = () =>
    declareHalt(
      { target: { kind: 'agent', value: agent('remediator') }, reason: 'it loops', person: lena },
      { ...world.ports, halts: new MemoryHaltStore(world.requests, world.ledger), targetRoles: [] },
    )
  expect(await halt()).toMatchObject({ ok: true })
  expect(await revokeRequest({ id: request.ask.id, person: lena, reason: 'x' }, world.ports)).toMatchObject({
    ok: true,
  })
})

test('a member of a Slack group lifts nothing by it, nor reviews, nor uses break-glass', async () => {
  const request = await world.submitted(flag())
  const readings = { security: readingOf('security', [{ person: lena }], start) }
  for (const action of ['lift', 'breakGlass', 'review', 'erase', 'allowStanding'] as const)
    expect(askAboutPerson(world.policy, action, lena, start, { state: request, readings })).toMatchObject({
      permit: false,
    })
})

test('a member of a Slack group decides nothing once Slack’s answer is a quarter of an hour old', async () => {
  const request = await world.submitted(flag())
  say({ 'payments-owners': [lena] }, world.clock.now() - holdsFor)
  expect(await world.decide(request, 'lena')).toMatchObject({ code: 'not_eligible' })
  say({ 'payments-owners': [lena] }, world.clock.now() - holdsFor + 1)
  expect(await world.decide(request, 'lena')).toMatchObject({ ok: true })
})

test('a member’s approval does not count at the claim if Slack has been silent since', async () => {
  const request = await world.submitted(flag())
  say({ 'payments-owners': [lena] })
  await world.decide(request, 'lena')
  world.clock.advance(holdsFor)
  expect(await world.issueToken(request)).toMatchObject({ ok: false, code: 'approver_not_eligible' })
})

test('a member of a Slack group decides nothing for their own agent', async () => {
  world = new World({ ...bundle, agents: bundle.agents.map((each) => ({ ...each, owner: lena })) })
  const request = await world.submitted(flag())
  say({ 'payments-owners': [lena] })
  expect(await world.decide(request, 'lena')).toMatchObject({ code: 'self_approval' })
})

test('a member of a Slack group that the directory does not name, or no longer names, decides nothing', async () => {
  for (const changed of [sample, withSources({ 'payments-owners': chatGroup('S0OTHER') })]) {
    world = new World(changed)
    const request = await world.submitted(flag())
    const stale = { source: 'chat S0OWNERS', members: [{ person: lena }] }
    world.requests.putReading('payments-owners', { ...stale, readAt: start, holdsUntil: start + holdsFor })
    expect(await world.decide(request, 'lena')).toMatchObject({ code: 'not_eligible' })
  }
})

test('an inactive member of a Slack group decides nothing', async () => {
  world = new World(withPerson(lena, { status: 'inactive' }, bundle))
  const request = await world.submitted(flag())
  say({ 'payments-owners': [lena] })
  expect(await world.decide(request, 'lena')).toMatchObject({ code: 'not_eligible' })
})

describe('the person on call', () => {
  beforeEach(() => {
    world = new World(withTerms(sample, 'owner', { onSilence: 'expire' }))
  })
  const day = [
    { person: jade, until: start + 600 },
    { person: kofi, from: start + 600, until: start + 86_400 },
  ]

  test('the person on call decides, and after the shift the next one does, with no deployment and no new reading', async () => {
    const [first, second] = [await world.submitted(shed), await world.submitted(flag('shed-load'))]
    shift('on-call-now', day)
    expect(await world.decide(first, 'kofi')).toMatchObject({ code: 'not_eligible' })
    expect(await world.decide(first, 'jade')).toMatchObject({ ok: true })
    world.clock.advance(600)
    expect(await world.decide(second, 'jade')).toMatchObject({ code: 'not_eligible' })
    expect(await world.decide(second, 'kofi')).toMatchObject({ ok: true })
  })

  test('an approval ends with the shift of the person who gave it, at the claim too', async () => {
    const request = await world.submitted(shed)
    shift('on-call-now', day)
    await world.decide(request, 'jade')
    world.clock.advance(600)
    expect(await world.issueToken(request)).toMatchObject({ ok: false, code: 'approver_not_eligible' })
  })

  test('an empty schedule makes a request wait, and does not refuse it', async () => {
    const request = await world.submitted(shed)
    expect(request).toMatchObject({ tier: 1, status: 'pending' })
    expect(await world.decide(request, 'jade')).toMatchObject({ code: 'not_eligible' })
  })

  test('a schedule does not exist at a tier for which it does not count: a request there is refused at once', async () => {
    const { sources = {} } = sample.directory
    const none = { 'on-call-now': { ...(sources['on-call-now'] as SourcedGroup), tiers: 0 } }
    world = new World(withTerms(withSources(none), 'owner', { onSilence: 'expire' }))
    expect(await world.submit(shed)).toMatchObject({
      ok: false,
      detail: expect.stringContaining('no_eligible_approvers'),
    })
  })
})

describe('the readers of a card', () => {
  const told = async (request: Awaited<ReturnType<World['submitted']>>) =>
    findOnCall((await world.state(request.ask.id)) ?? request, world.ports)

  test('a card names who could decide the waiting stage by a source, and until when', async () => {
    world = new World(sample)
    const request = await world.submitted(shed)
    expect(await told(request)).toEqual([{ group: 'on-call-now', by: 'schedule', members: [] }])
    shift('on-call-now', [
      { person: jade, until: start + 600 },
      { person: kofi, from: start + 600 },
    ])
    expect(await told(request)).toEqual([
      { group: 'on-call-now', by: 'schedule', members: [{ person: jade, until: start + 600 }] },
    ])
    await world.decide(request, 'jade')
    expect(await told(request)).toEqual([])
  })

  test('a card names neither a group that decides nothing here, nor one that does not count at this tier', async () => {
    world = new World(withSources({ 'payments-owners': chatGroup('S0OWNERS'), sre: sourced({ claim: 'sre' }) }))
    say({ 'payments-owners': [lena] })
    expect(await told(await world.submitted(flag()))).toEqual([
      { group: 'payments-owners', by: 'chat', members: [{ person: lena }] },
    ])
    expect(await told(await world.submitted(prodParameter))).toEqual([])
  })

  test('a card says of a group by login only that it has people', async () => {
    world = new World(withSources({ 'payments-owners': sourced({ claim: 'pay-owners' }) }))
    expect(await told(await world.submitted(flag()))).toEqual([{ group: 'payments-owners', by: 'login', members: [] }])
  })
})

describe('a login that claims groups', () => {
  beforeEach(() => {
    world = new World(withSources({ 'payments-owners': sourced({ claim: 'pay-owners' }) }))
  })
  const claimed = { groups: ['payments-owners'], until: start + 300 }

  test('a login’s groups decide for its person, and not for another', async () => {
    const request = await world.submitted(flag())
    expect(await world.decide(request, 'lena')).toMatchObject({ code: 'not_eligible' })
    expect(await waitingFor(lena, world.ports, claimed)).toHaveLength(1)
    expect(await world.decide(request, 'lena', 'approve', { claimed })).toMatchObject({ ok: true })
    expect(await world.issueToken(request)).toMatchObject({ ok: true })
  })

  test('a login’s groups stand in the record with the decision, and count at the claim until it ends', async () => {
    const request = await world.submitted(flag())
    await world.decide(request, 'lena', 'approve', { claimed })
    const entries = await world.ledger.entries(request.ask.id)
    expect(entries.find(({ type }) => type === 'Decided')?.facts).toMatchObject({ claimed })
    world.clock.advance(300)
    expect(await world.issueToken(request)).toMatchObject({ ok: false, code: 'approver_not_eligible' })
  })

  test('a login’s groups decide nothing above their tier', async () => {
    const request = await world.submitted(prodParameter)
    expect(await world.decide(request, 'lena', 'approve', { claimed })).toMatchObject({ code: 'not_eligible' })
  })
})

describe('the sources', () => {
  const all = { ...bundle.directory.sources, 'on-call-now': schedule('PONCALL'), sre: sourced({ claim: 'sre' }) }
  const refresh = (
    members: (group: string) => Promise<string[]>,
    onCall: (schedule: string) => Promise<Shift[]>,
    links: { [user: string]: PersonId } = {},
    users: () => Promise<string[]> = async () => ['PJADE01', 'PGONE'],
  ) =>
    refreshGroups(
      { ...sample.directory, sources: all },
      {
        readers: {
          chatGroup: readChatGroup(sample.deployment, {
            doors: new Map([['slack', { members }]]),
            links: { find: async (_team, user) => links[user] },
          }),
          pager: readSchedule({ onCall: (asked) => onCall(asked.schedule), users }, world.log),
        },
        readings: new MemoryGroupReadings(world.requests),
        clock: world.clock,
        log: world.log,
      },
    )
  const kept = async () =>
    (await world.requests.dependencies([], [], { groups: ['payments-owners', 'security', 'on-call-now', 'sre'] }))
      .readings

  test('a source keeps the people of the directory alone: by the account it names or that they linked, or their id in the pager', async () => {
    const slack = async (group: string) => (group === 'S0OWNERS' ? ['U0LENA', 'U0STRANGER', 'U0LINKED'] : [])
    const pager = async () => [{ user: 'PJADE01', until: start + 60 }, { user: 'PGONE' }]
    await refresh(slack, pager, { U0LINKED: person('gus') })
    const common = { readAt: start, holdsUntil: start + holdsFor }
    expect(await kept()).toEqual({
      'payments-owners': { source: 'chat S0OWNERS', members: [{ person: lena }, { person: person('gus') }], ...common },
      security: { source: 'chat S0SECURITY', members: [], ...common },
      'on-call-now': {
        source: 'pager PONCALL 1',
        members: [{ person: jade, until: start + 60 }],
        rota: [jade],
        unknown: ['PGONE'],
        ...common,
      },
    })
    expect(world.log.lines).toContainEqual({
      level: 'warn',
      message: 'group_with_unknown_users',
      fields: { group: 'on-call-now', users: 'PGONE' },
    })
  })

  test('a schedule that does not say who is in it leaves who is on call, and no rota', async () => {
    const down = () => Promise.reject(new ScheduleUnavailable('down'))
    await refresh(
      async () => [],
      async () => [{ user: 'PJADE01' }],
      {},
      down,
    )
    const reading = (await kept())?.['on-call-now']
    expect(reading).toMatchObject({ members: [{ person: jade }] })
    expect(reading).not.toHaveProperty('rota')
    expect(world.log.lines).toContainEqual({
      level: 'warn',
      message: 'rota_not_read',
      fields: { schedule: 'PONCALL', fault: 'ScheduleUnavailable' },
    })
  })

  test('a source that is down empties no other’s group, and its own last answer stays', async () => {
    await refresh(
      async () => ['U0LENA'],
      async () => [{ user: 'PJADE01' }],
    )
    world.clock.advance(60)
    const slackIsDown = () => Promise.reject(new BoardUnavailable('Slack is down'))
    await expect(refresh(slackIsDown, async () => [{ user: 'PKOFI01' }])).rejects.toThrow(BoardUnavailable)
    expect(await kept()).toMatchObject({
      'payments-owners': { members: [{ person: lena }], readAt: start },
      'on-call-now': { members: [{ person: kofi }], readAt: start + 60 },
    })
    world.clock.advance(60)
    const pagerIsDown = () => Promise.reject(new ScheduleUnavailable('PagerDuty is down'))
    await expect(refresh(async () => [], pagerIsDown)).rejects.toThrow(ScheduleUnavailable)
    expect(await kept()).toMatchObject({
      'payments-owners': { members: [], readAt: start + 120 },
      'on-call-now': { members: [{ person: kofi }], readAt: start + 60 },
    })
  })

  test('people see who is in each group now, until when, and what is wrong with its source', async () => {
    const groups = async () => {
      const listed = await listGroups({ person: lena }, world.ports)
      return listed.ok ? listed.value : []
    }
    const now = async () => (await groups()).find(({ name }) => name === 'on-call-now')
    world = new World(sample)
    expect(await now()).toMatchObject({ members: [], problem: expect.stringContaining('not been read yet') })
    shift('on-call-now', [{ person: jade, until: start + 600 }])
    expect(await now()).toEqual({
      name: 'on-call-now',
      people: [],
      sourced: sample.directory.sources?.['on-call-now'],
      members: [{ person: jade, until: start + 600 }],
      readAt: start,
      holdsUntil: start + holdsFor,
    })
    world.clock.advance(240)
    expect(await now()).toMatchObject({ members: [{ person: jade }], problem: expect.stringContaining('still counts') })
    // A day without an answer.
    world.clock.advance(86_400)
    expect(await now()).toMatchObject({ members: [], problem: expect.stringContaining('has expired') })
    expect((await groups()).find(({ name }) => name === 'sre')).toEqual({
      name: 'sre',
      people: sample.directory.groups['sre'],
      members: [],
    })
  })
})
