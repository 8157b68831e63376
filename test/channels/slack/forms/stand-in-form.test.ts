import type { StandIn } from '../../../../functions/domain/people/stand-in.ts'
import type { JsonObject } from '../../../../functions/domain/values.ts'
import { StoreUnavailable } from '../../../../functions/operations/faults.ts'
import { giveStandIn } from '../../../../functions/operations/people/stand-ins.ts'
import { person, sampleBundle, start, World } from '../../../support/world.ts'
import { DeskWorld, type Shown, wordsOf } from '../edge/desk-world.ts'

/** Out of office: a form to name a stand-in, shown on the tabs of both people, and a button to end it. */

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

async function openForm(user: string): Promise<Shown> {
  await desk.click(user, await desk.home(user), 'stand_in_name', 'name-stand-in')
  return (await desk.modals(user)).at(-1) as Shown
}
const choicesOf = ({ blocks }: Shown) => {
  const element = blocks.find(({ block_id }) => block_id === 'by')?.['element'] as JsonObject
  return (element['options'] as { value: string }[]).map(({ value }) => value)
}
const said = async (user: string) => wordsOf((await desk.modals(user)).at(-1)?.blocks)
const errors = async (user: string) => (await desk.modals(user)).at(-1)?.errors
const standIns = async () => (await world.standIns.list({ limit: 10 })).items

async function given(absent: string, by: string): Promise<StandIn> {
  const ask = { person: person(absent), by: person(by), login: {}, until: world.clock.now() + day }
  const done = await giveStandIn(ask, { ...world.ports, standIns: world.standIns })
  if (!done.ok) throw new Error(`${done.code}: ${done.detail}`)
  return done.value
}

test('the form offers exactly the stand-ins that policy permits', async () => {
  const choices = choicesOf(await openForm('U0ANA'))
  expect(choices).not.toContain('person:ana')
  expect(choices.length).toBeGreaterThan(0)
  for (const each of choices)
    expect(
      await giveStandIn(
        { person: person('ana'), by: each as never, login: {}, until: start + day },
        { ...new World(bundle).ports, standIns: new World(bundle).standIns },
      ),
    ).toMatchObject({ ok: true })
})

test('a named stand-in is recorded, confirmed, and shown on both tabs', async () => {
  const form = await openForm('U0ANA')
  const [by] = choicesOf(form) as [string]
  await desk.submit('U0ANA', form, { by, until: start + 2 * day })
  expect(await said('U0ANA')).toMatch(/decides for you until 2027-01-17T08:00:00Z/)
  expect(await standIns()).toMatchObject([{ for: 'person:ana', by, from: start, until: start + 2 * day }])
  expect(wordsOf((await desk.homeNow('U0ANA'))?.blocks)).toMatch(/Out of office[\s\S]*decides for you until/)
  const other = bundle.directory.people.find(({ id }) => id === by)?.chatUser as string
  expect(wordsOf((await desk.home(other)).blocks)).toMatch(/You decide for [\s\S]*Ana/)
})

test('a stand-in may begin later, and is shown as upcoming', async () => {
  const form = await openForm('U0ANA')
  const [by] = choicesOf(form) as [string]
  await desk.submit('U0ANA', form, { by, from: start + day, until: start + 2 * day })
  expect(wordsOf((await desk.homeNow('U0ANA'))?.blocks)).toMatch(/will decide for you from [\s\S]* until /)
})

test.each<[rule: string, values: { from?: number; until: number }, field: string, sentence: RegExp]>([
  ['ended before it began', { until: start - 60 }, 'until', /until should be later than now/],
  ['is for too long', { until: start + 31 * day }, 'until', /30 days at most/],
  ['begins too far ahead', { from: start + 91 * day, until: start + 92 * day }, 'from', /within 90 days/],
])('a stand-in that %s is an error beside its field, and the choice stays', async (_, values, field, sentence) => {
  const form = await openForm('U0ANA')
  const [by] = choicesOf(form) as [string]
  await desk.submit('U0ANA', form, { by, ...values })
  expect((await errors('U0ANA'))?.[field]).toMatch(sentence)
  expect(await standIns()).toEqual([])
  await desk.submit('U0ANA', form, { by, until: start + day })
  expect(await standIns()).toHaveLength(1)
})

test('a second stand-in for the same time is refused', async () => {
  const first = await openForm('U0ANA')
  const [by] = choicesOf(first) as [string]
  await desk.submit('U0ANA', first, { by, until: start + day })
  await desk.submit('U0ANA', await openForm('U0ANA'), { by, until: start + day })
  expect((await errors('U0ANA'))?.['from']).toMatch(/for the same time: end it first/)
  expect(await standIns()).toHaveLength(1)
})

test('a form stays unchanged during an outage', async () => {
  const form = await openForm('U0ANA')
  const [by] = choicesOf(form) as [string]
  desk.changes = { giveStandIn: () => Promise.reject(new StoreUnavailable('no answer')) }
  await desk.submit('U0ANA', form, { by, until: start + day })
  expect((await errors('U0ANA'))?.['by']).toMatch(/store has not answered yet/)
  desk.changes = {}
  await desk.submit('U0ANA', form, { by, until: start + day })
  expect(await standIns()).toHaveLength(1)
})

test('a person without a possible stand-in is told so in place of the form', async () => {
  desk.changes = { couldStandIn: () => [] }
  await openForm('U0ANA')
  expect(await said('U0ANA')).toMatch(/Policy lets no other person decide for you/)
})

test('`/hotwork away` opens the same form', async () => {
  await desk.type('U0ANA', 'away')
  expect((await desk.modals('U0ANA')).at(-1)).toMatchObject({ callback_id: 'stand_in' })
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
