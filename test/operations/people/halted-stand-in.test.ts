import { endStandIn, giveStandIn } from '../../../functions/operations/people/stand-ins.ts'
import { viewRequest } from '../../../functions/operations/requests/read-requests.ts'
import { waitingFor } from '../../../functions/operations/requests/waiting.ts'
import { person, prodParameter, sampleBundle, World, withTerms } from '../../support/world.ts'
import { Halting } from '../halts/halt-world.ts'

/**
 * What a thief of a person's token sets up in that person's name: it ends with the halt of that person and stays ended
 * when the halt is lifted, and a stage that asks for a strong login is not decided by way of a weaker one.
 */

const sample = sampleBundle()
/** The owners of the stage are ana and chloe; ben decides in it only as a stand-in. */
const twoOwners = {
  ...sample,
  directory: {
    ...sample.directory,
    groups: {
      ...sample.directory.groups,
      'payments-owners': [person('ana'), person('chloe')],
      rota: [person('ana'), person('ben'), person('chloe')],
    },
  },
}
const day = 86_400
type Login = { acr?: string; at?: number }
const chloe = { kind: 'person', value: person('chloe') } as const

const give = (world: World, login: Login = {}) =>
  giveStandIn(
    { person: person('chloe'), by: person('ben'), login, until: world.clock.now() + day },
    { ...world.ports, standIns: world.standIns },
  )
async function given(world: World, login: Login = {}) {
  const done = await give(world, login)
  if (!done.ok) throw new Error(`${done.code}: ${done.detail}`)
  return done.value
}

describe('a halt of the person who gave a stand-in ends it for good', () => {
  let world: Halting
  beforeEach(() => {
    world = new Halting(twoOwners)
  })
  const waiting = async () => (await waitingFor(person('ben'), world.ports)).length

  test('also once the halt is lifted: the accomplice decides nothing in their stead', async () => {
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

  test('one that they give after the lifting counts, also in the same second', async () => {
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

describe('a stage that asks for a strong login is decided by a stand-in', () => {
  const strict = withTerms(twoOwners, 'owner', { acr: 'strong', maxAge: 900 })
  const weak = 'the stand-in was given with a login that is too weak for this stage'
  const strong = (world: World, age = 0): Login => ({ acr: 'strong', at: world.clock.now() - age })
  const decides = async (world: World) => {
    const request = await world.submitted(prodParameter)
    return world.decide(request, 'ben', 'approve', { login: strong(world) })
  }

  test.each<[login: string, login: (world: World) => Login]>([
    ['no strong login', () => ({})],
    ['a weaker login', (world) => ({ acr: 'weak', at: world.clock.now() })],
    ['a login that was too old when it was given', (world) => strong(world, 901)],
  ])('not where it was given with %s, however strong the stand-in’s own login', async (_login, login) => {
    const world = new World(strict)
    await given(world, login(world))
    expect(await decides(world)).toMatchObject({ ok: false, code: 'insufficient_login', detail: weak })
  })

  test('where it was given with such a login, whose age counts at the giving', async () => {
    const world = new World(strict)
    await given(world, strong(world))
    world.clock.advance(day / 2)
    const done = await decides(world)
    expect(done).toMatchObject({ ok: true })
    if (!done.ok) return
    expect(done.value.state.stages[0]?.decisions).toMatchObject([{ given: { login: { acr: 'strong' } } }])
  })

  test('on the terms of today where it is the last approval, so that none is announced that could not be claimed', async () => {
    const owned = { ...twoOwners, ladder: { ...twoOwners.ladder, tiers: twoOwners.ladder.tiers.map(ownerAlone) } }
    const world = new World(owned)
    await given(world)
    const request = await world.submitted(prodParameter)
    world.policy = new World(withTerms(owned, 'owner', { acr: 'strong', maxAge: 900 })).policy
    await world.decide(request, 'ben', 'approve', { login: strong(world) })
    expect(await world.state(request.ask.id)).toMatchObject({ status: 'denied' })
  })

  test('denying takes no login, as ever', async () => {
    const world = new World(strict)
    await given(world)
    const request = await world.submitted(prodParameter)
    expect(await world.decide(request, 'ben', 'deny')).toMatchObject({ ok: true })
  })

  test('the page offers no approval that would be refused', async () => {
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
  ])('on the terms of today at issue: given with a %s login', async (_strength, login, issued) => {
    const world = new World(twoOwners)
    await given(world, login(world))
    const request = await world.submitted(prodParameter)
    await world.decide(request, 'ben', 'approve', { login: strong(world) })
    await world.decide(await world.state(request.ask.id), 'eve', 'approve', { login: strong(world) })
    world.policy = new World(strict).policy
    expect(await world.issueToken(request)).toMatchObject(issued)
  })
})
