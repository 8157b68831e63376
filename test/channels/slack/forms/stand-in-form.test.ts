import type { StandIn } from '../../../../functions/domain/people/stand-in.ts'
import { giveStandIn } from '../../../../functions/operations/people/stand-ins.ts'
import { person, sampleBundle, start, World } from '../../../support/world.ts'
import { DeskWorld, wordsOf } from '../edge/desk-world.ts'

/** Out of office: the stand-ins on the tabs of both people, the page that names one, and a button to end it. */

const bundle = sampleBundle()
const day = 86_400
let desk: DeskWorld
let world: World
beforeEach(async () => {
  world = new World(bundle)
  desk = new DeskWorld(world)
  await desk.open()
})
afterEach(() => desk.close())

const said = async (user: string) => wordsOf((await desk.modals(user)).at(-1)?.blocks)
const standIns = async () => (await world.standIns.list({ limit: 10 })).items

async function given(absent: string, by: string): Promise<StandIn> {
  const ask = { person: person(absent), by: person(by), login: {}, until: world.clock.now() + day }
  const done = await giveStandIn(ask, { ...world.ports, standIns: world.standIns })
  if (!done.ok) throw new Error(`${done.code}: ${done.detail}`)
  return done.value
}

test('the tab shows the stand-ins of both people, and leads to the page that names one', async () => {
  await given('ana', 'chloe')
  const home = await desk.home('U0ANA')
  expect(wordsOf(home.blocks)).toMatch(/Out of office[\s\S]*decides for you until/)
  expect(JSON.stringify(home.blocks)).toMatch(/"url":"[^"]*\/stand-ins"/)
  expect(wordsOf((await desk.home('U0CHLOE')).blocks)).toMatch(/You decide for [\s\S]*Ana/)
})

test.each([
  ['away', 'stand-ins'],
  ['request', 'ask'],
])('`/hotwork %s` leads to the page %s', async (verb, page) => {
  await desk.type('U0ANA', verb)
  const { ephemerals } = await desk.control('ephemerals?user=U0ANA')
  expect(JSON.stringify(ephemerals.at(-1))).toContain(`https://hotwork.example/${page}"`)
})

const click = async (user: string, { id }: StandIn) =>
  desk.click(user, await desk.home(user), 'stand_in_end', `stand-in-do:${id}`)

test.each([['U0ANA'], ['U0CHLOE']])(
  'End by %s, one of the two, ends the stand-in, says so and redraws the tab',
  async (user) => {
    await click(user, await given('ana', 'chloe'))
    expect(await standIns()).toMatchObject([{ ended: { at: start } }])
    expect(await said(user)).toMatch(/no longer decides for Ana/)
    expect(wordsOf((await desk.homeNow(user))?.blocks)).toContain('No other person decides for you')
  },
)

test('End on an outdated tab ends the stand-in once', async () => {
  const standIn = await given('ana', 'chloe')
  const before = await desk.home('U0CHLOE')
  await click('U0ANA', standIn)
  await desk.click('U0CHLOE', before, 'stand_in_end', `stand-in-do:${standIn.id}`)
  expect(await said('U0CHLOE')).toMatch(/no longer decides/)
  expect(await standIns()).toMatchObject([{ ended: { by: 'person:ana' } }])
})

test.each(['', 'x', '{}', `{"s":"sin_1"}`])('End with the foreign value %j ends nothing', async (value) => {
  const standIn = await given('ana', 'chloe')
  const home = await desk.home('U0ANA')
  const block_id = `stand-in-do:${standIn.id}`
  await desk.control('click-view', { view_id: home.id, user: 'U0ANA', action_id: 'stand_in_end', block_id, value })
  expect(await said('U0ANA')).toMatch(/not Hotwork’s/)
  expect((await standIns())[0]).not.toHaveProperty('ended')
})
