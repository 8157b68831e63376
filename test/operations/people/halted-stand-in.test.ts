import { endStandIn } from '../../../functions/operations/people/stand-ins.ts'
import { viewRequest } from '../../../functions/operations/requests/read-requests.ts'
import { waitingFor } from '../../../functions/operations/requests/waiting.ts'
import { withGroups } from '../../support/bundles.ts'
import { unwrap } from '../../support/unwrap.ts'
import { person, prodParameter, sampleBundle, World, withTerms } from '../../support/world.ts'
import { Halting } from '../halts/halt-world.ts'

/**
 * A thief of a person's token may give a stand-in in that person's name: a halt of the person ends it for good, and a
 * stage that asks for a strong login is not decided by way of a weaker one.
 */

const sample = sampleBundle()
/** The owners of the stage are ana and chloe; ben decides in it only as a stand-in. */
const twoOwners = withGroups({
  'payments-owners': [person('ana'), person('chloe')],
  rota: [person('ana'), person('ben'), person('chloe')],
})
type Login = { acr?: string; at?: number }
const chloe = { kind: 'person', value: person('chloe') } as const

const given = async (world: World, login: Login = {}) => unwrap(await world.giveStandIn('chloe', 'ben', { login }))

describe('a halt of the absent person', () => {
  let world: Halting
  beforeEach(() => {
    world = new Halting(twoOwners)
  })
  const waiting = async () => (await waitingFor(person('ben'), world.ports)).length

  test('an earlier stand-in is over even after the lifting: the accomplice decides nothing', async () => {
    await given(world)
    const request = await world.submitted(prodParameter)
    expect(await waiting()).toBe(1)
    world.clock.advance(1)
    const { id } = await world.halted(chloe)
    expect(await world.decide(request, 'ben')).toMatchObject({ code: 'not_eligible' })
    world.clock.advance(1)
    await world.lifted(id)
    world.clock.advance(1)
    expect(await world.decide(request, 'ben')).toMatchObject({ code: 'not_eligible' })
    expect(await world.decide(request, 'ben', 'deny')).toMatchObject({ code: 'not_eligible' })
    expect(await waiting()).toBe(0)
    expect(await world.decide(request, 'chloe')).toMatchObject({ ok: true })
  })

  test('a stand-in given after the lifting counts, also in the same second', async () => {
    const before = await given(world)
    const { id } = await world.halted(chloe)
    await world.lifted(id)
    await endStandIn({ id: before.id, person: person('chloe') }, { ...world.ports, standIns: world.standIns })
    await given(world)
    const request = await world.submitted(prodParameter)
    expect(await waiting()).toBe(1)
    expect(await world.decide(request, 'ben')).toMatchObject({ ok: true })
  })
})

const ownerAlone = (tier: (typeof sample.ladder.tiers)[number]) => ({
  ...tier,
  stages: tier.stages.filter(({ name }) => name === 'owner'),
})

const strict = withTerms(twoOwners, 'owner', { acr: 'strong', maxAge: 900 })
const weak = 'the stand-in was given with a login that is too weak for this stage'
const strong = (world: World, age = 0): Login => ({ acr: 'strong', at: world.clock.now() - age })
const decides = async (world: World) => {
  return world.decide(await world.submitted(prodParameter), 'ben', 'approve', { login: strong(world) })
}

test.each<[login: string, login: (world: World) => Login]>([
  ['no strong login', () => ({})],
  ['a weaker login', (world) => ({ acr: 'weak', at: world.clock.now() })],
  ['a login that was too old when it was given', (world) => strong(world, 901)],
])('a stand-in given with %s decides nothing there, however strong the stand-in’s own login', async (_login, login) => {
  const world = new World(strict)
  await given(world, login(world))
  expect(await decides(world)).toMatchObject({ ok: false, code: 'insufficient_login', detail: weak })
})

test('a stand-in given with such a login decides, and its age counts at the giving', async () => {
  const world = new World(strict)
  await given(world, strong(world))
  world.clock.advance(43_200)
  const done = await decides(world)
  expect(done).toMatchObject({ ok: true })
  if (!done.ok) return
  expect(done.value.state.stages[0]?.decisions).toMatchObject([{ given: { login: { acr: 'strong' } } }])
})

test('a stand-in’s last approval counts on the terms of today, so that none is announced that could not be claimed', async () => {
  const owned = { ...twoOwners, ladder: { ...twoOwners.ladder, tiers: twoOwners.ladder.tiers.map(ownerAlone) } }
  const world = new World(owned)
  await given(world)
  const request = await world.submitted(prodParameter)
  world.policy = new World(withTerms(owned, 'owner', { acr: 'strong', maxAge: 900 })).policy
  await world.decide(request, 'ben', 'approve', { login: strong(world) })
  expect(await world.state(request.ask.id)).toMatchObject({ status: 'denied' })
})

test('a denial by a stand-in takes no login, as ever', async () => {
  const world = new World(strict)
  await given(world)
  expect(await world.decide(await world.submitted(prodParameter), 'ben', 'deny')).toMatchObject({ ok: true })
})

test('a page offers the stand-in no approval that would be refused', async () => {
  const world = new World(strict)
  await given(world)
  const { id } = (await world.submitted(prodParameter)).ask
  const viewed = await viewRequest({ id, person: person('ben') }, world.ports)
  expect(viewed).toMatchObject({ value: { whyNot: { approve: 'insufficient_login' } } })
  if (viewed.ok) expect(viewed.value.whyNot.deny).toBeUndefined()
})

test.each<[strength: string, login: (world: World) => Login, issued: object]>([
  ['weak', () => ({}), { ok: false, code: 'policy_denied' }],
  ['strong', strong, { ok: true }],
])('a grant by a stand-in given with a %s login is issued on the terms of today', async (_strength, login, issued) => {
  const world = new World(twoOwners)
  await given(world, login(world))
  const request = await world.submitted(prodParameter)
  await world.decide(request, 'ben', 'approve', { login: strong(world) })
  await world.decide(await world.state(request.ask.id), 'eve', 'approve', { login: strong(world) })
  world.policy = new World(strict).policy
  expect(await world.issueToken(request)).toMatchObject(issued)
})
