import { freshFor, type GroupSnapshot, groupsByChat } from '../../../functions/domain/people/organisation.ts'
import type { Bundle } from '../../../functions/domain/policy/bundle.ts'
import type { PersonId } from '../../../functions/domain/values.ts'
import { waitingFor } from '../../../functions/operations/cards/waiting.ts'
import { BoardUnavailable } from '../../../functions/operations/faults.ts'
import { refreshChatGroups } from '../../../functions/operations/people/chat-accounts.ts'
import { askAboutPerson } from '../../../functions/operations/policy/questions.ts'
import { revokeRequest } from '../../../functions/operations/requests/end-request.ts'
import { person, prodParameter, sampleBundle, start, type What, World } from '../../support/world.ts'

/**
 * Whoever may edit a Slack user group may put themselves into it. So what Slack says of its groups helps to decide what
 * is of a low tier, while it is fresh, and does nothing else.
 */

const sample = sampleBundle()
const bundle: Bundle = {
  ...sample,
  directory: { ...sample.directory, chatGroups: { 'payments-owners': 'S0OWNERS', security: 'S0SECURITY' } },
}
/** Tier 1: one owner. */
const flag: What = {
  action: 'flags:set',
  arguments: { environment: 'prod', flag: 'new-basket', value: false },
  resource: { type: 'flags:flag', id: 'prod/new-basket' },
}
const lena = person('lena')
let world: World
const say = (groups: { [group: string]: PersonId[] }, at = world.clock.now()) =>
  world.requests.putChatGroups({ groups, at })
beforeEach(() => {
  world = new World(bundle)
})

describe('a member of a Slack user group', () => {
  test('decides a request of tier 1 as one of the group, and is waited for', async () => {
    const request = await world.submitted(flag)
    expect(request.tier).toBe(1)
    expect(await world.decide(request, 'lena')).toMatchObject({ ok: false, code: 'not_eligible' })
    say({ 'payments-owners': [lena] })
    expect(await waitingFor(lena, world.ports)).toHaveLength(1)
    expect(await world.decide(request, 'lena')).toMatchObject({ ok: true, value: { state: { status: 'approved' } } })
  })

  test('decides nothing of tier 2', async () => {
    const request = await world.submitted(prodParameter)
    say({ 'payments-owners': [lena] })
    expect(await waitingFor(lena, world.ports)).toEqual([])
    expect(await world.decide(request, 'lena')).toMatchObject({ ok: false, code: 'not_eligible' })
    expect(await world.decide(request, 'lena', 'deny')).toMatchObject({ ok: false, code: 'not_eligible' })
  })

  test('revokes nothing by it, nor lifts, reviews, or uses break-glass', async () => {
    const request = await world.submitted(flag)
    const security = { groups: { security: [lena] }, at: start }
    say(security.groups)
    expect(await revokeRequest({ id: request.ask.id, person: lena, reason: 'x' }, world.ports)).toMatchObject({
      code: 'not_permitted',
    })
    for (const action of ['revoke', 'lift', 'breakGlass', 'review'] as const)
      expect(askAboutPerson(world.policy, action, lena, start, { state: request, chatGroups: security })).toMatchObject(
        { permit: false },
      )
  })

  test('decides nothing once what Slack said is a quarter of an hour old', async () => {
    const request = await world.submitted(flag)
    say({ 'payments-owners': [lena] }, world.clock.now() - freshFor)
    expect(await world.decide(request, 'lena')).toMatchObject({ code: 'not_eligible' })
    say({ 'payments-owners': [lena] }, world.clock.now() - freshFor + 1)
    expect(await world.decide(request, 'lena')).toMatchObject({ ok: true })
  })

  test('does not count any more when the credential is claimed, if Slack has been silent since', async () => {
    const request = await world.submitted(flag)
    say({ 'payments-owners': [lena] })
    await world.decide(request, 'lena')
    world.clock.advance(freshFor)
    expect(await world.issueToken(request)).toMatchObject({ ok: false, code: 'approver_not_eligible' })
  })

  test('decides nothing for their own agent', async () => {
    world = new World({ ...bundle, agents: bundle.agents.map((each) => ({ ...each, owner: lena })) })
    const request = await world.submitted(flag)
    say({ 'payments-owners': [lena] })
    expect(await world.decide(request, 'lena')).toMatchObject({ code: 'self_approval' })
  })

  test('decides nothing by a group that the directory does not take from Slack, or not any more', async () => {
    for (const directory of [sample.directory, { ...bundle.directory, chatGroups: { security: 'S0SECURITY' } }]) {
      world = new World({ ...bundle, directory })
      const request = await world.submitted(flag)
      say({ 'payments-owners': [lena] })
      expect(await world.decide(request, 'lena')).toMatchObject({ code: 'not_eligible' })
    }
  })

  test('decides nothing when they are not active', async () => {
    const people = bundle.directory.people.map((each) =>
      each.id === lena ? { ...each, status: 'inactive' as const } : each,
    )
    world = new World({ ...bundle, directory: { ...bundle.directory, people } })
    const request = await world.submitted(flag)
    say({ 'payments-owners': [lena] })
    expect(await world.decide(request, 'lena')).toMatchObject({ code: 'not_eligible' })
  })
})

test.each([
  [0, 0, ['payments-owners']],
  [1, freshFor - 1, ['payments-owners']],
  [1, freshFor, []],
  [2, 0, []],
  [Number.NaN, 0, []],
  [1, Number.NaN, []],
])('by Slack somebody is, at tier %p and %p seconds later, in %j', (tier, later, groups) => {
  const snapshot: GroupSnapshot = { groups: { 'payments-owners': [lena], security: [] }, at: start }
  expect(groupsByChat(snapshot, lena, tier, start + later)).toEqual(groups)
  expect(groupsByChat(undefined, lena, tier, start)).toEqual([])
})

describe('asking Slack', () => {
  const saved: GroupSnapshot[] = []
  beforeEach(() => {
    saved.length = 0
  })
  const refresh = (members: (group: string) => Promise<string[]>, links: { [user: string]: PersonId } = {}) =>
    refreshChatGroups(bundle.directory, 'T0HOTWORK', {
      userGroups: { members },
      snapshots: {
        save: async (snapshot) => {
          saved.push(snapshot)
          return true
        },
      },
      links: { find: async (_team, user) => links[user] },
      clock: world.clock,
    })

  test('keeps the people of the directory alone, by the account it names or that they linked', async () => {
    await refresh(async (group) => (group === 'S0OWNERS' ? ['U0LENA', 'U0STRANGER', 'U0LINKED'] : []), {
      U0LINKED: person('gus'),
    })
    expect(saved).toEqual([{ groups: { 'payments-owners': [lena, person('gus')], security: [] }, at: start }])
  })

  test('keeps nothing when Slack does not say of one of them', async () => {
    const silent = refresh((group) =>
      group === 'S0SECURITY' ? Promise.reject(new BoardUnavailable('Slack is down')) : Promise.resolve(['U0LENA']),
    )
    await expect(silent).rejects.toThrow(BoardUnavailable)
    expect(saved).toEqual([])
  })
})
