import type { Halt } from '../../../../functions/domain/halts/halt.ts'
import type { JsonObject } from '../../../../functions/domain/values.ts'
import { StoreUnavailable } from '../../../../functions/operations/faults.ts'
import { prodParameter, sampleBundle, start, World } from '../../../support/world.ts'
import { DeskWorld, type Shown, wordsOf } from '../edge/desk-world.ts'

/** Halts in Slack: declared by a line or a form, listed, shown on the tab, lifted by another person. */

const bundle = sampleBundle()
let desk: DeskWorld
let world: World
beforeEach(async () => {
  world = new World(bundle)
  desk = new DeskWorld(world)
  await desk.open()
})
afterEach(() => desk.close())

const inForce = async () => (await desk.halts.list({ lifted: false }, { limit: 20 })).items
const only = async (): Promise<Halt> => {
  const all = await inForce()
  expect(all).toHaveLength(1)
  return all[0] as Halt
}
const liftsOn = ({ blocks }: { blocks: JsonObject[] }) =>
  blocks.filter(({ block_id }) => String(block_id).startsWith('halt-do:'))
const said = async (user: string) => wordsOf((await desk.modals(user)).at(-1)?.blocks)
const errors = async (user: string) => (await desk.modals(user)).at(-1)?.errors
async function openForm(user: string): Promise<Shown> {
  await desk.type(user, 'halt')
  return (await desk.modals(user)).at(-1) as Shown
}

test.each<[typed: string, target: Halt['target'], end: number | undefined]>([
  ['agent:remediator it loops', { kind: 'agent', value: 'agent:remediator' } as Halt['target'], undefined],
  ['`agent:remediator` it loops', { kind: 'agent', value: 'agent:remediator' } as Halt['target'], undefined],
  ['person:ben it loops', { kind: 'person', value: 'person:ben' } as Halt['target'], undefined],
  ['owner=person:ben it loops', { kind: 'owner', value: 'person:ben' } as Halt['target'], undefined],
  ['environment=prod 2h it loops', { kind: 'environment', value: 'prod' }, start + 7200],
  [
    'action=ssm:PutParameter 2027-01-15T09:00:00Z it loops',
    { kind: 'action', value: 'ssm:PutParameter' },
    start + 3600,
  ],
  [
    'role=arn:aws:iam::000000000000:role/hotwork/Hotwork-target it loops',
    { kind: 'role', value: 'arn:aws:iam::000000000000:role/hotwork/Hotwork-target' },
    undefined,
  ],
  ['all   it loops', { kind: 'all', value: 'all' }, undefined],
])('the line `%s` halts at once, with the record of the API', async (typed, target, until) => {
  expect(await desk.type('U0GUS', `halt ${typed}`)).toMatch(/^Halted: /)
  const halt = await only()
  expect(halt).toMatchObject({ target, by: 'person:gus', at: start })
  expect(halt.until).toBe(until)
  expect((await world.ledger.entries(halt.id)).map(({ type }) => type)).toEqual(['Halted'])
})

test("the line's answer has the end of the halt", async () => {
  expect(await desk.type('U0GUS', 'halt environment=prod 30m deploys')).toContain('until 2027-01-15T08:30:00Z')
})

test('the halted agent is refused from then on', async () => {
  await desk.type('U0GUS', 'halt agent:remediator it loops')
  expect(await world.submit(prodParameter)).toMatchObject({ ok: false })
})

test.each([
  ['agent:none it loops', /registered here/],
  ['environment=moon it loops', /prod/],
  ['remediator it loops', /Nothing was halted[\s\S]*agent:NAME/],
  ['agent:remediator', /write the reason/],
  ['agent:remediator 2h', /write the reason/],
  ['agent:remediator 2020-01-01T00:00:00Z it loops', /the time has passed/],
])('the line `%s` halts nothing, and is answered with its form', async (typed, sentence) => {
  expect(await desk.type('U0GUS', `halt ${typed}`)).toMatch(sentence)
  expect(await inForce()).toEqual([])
})

test('the line by a person without the right is refused and recorded', async () => {
  expect(await desk.type('U0LENA', 'halt all because')).toMatch(/Policy does not let you/)
  expect(await inForce()).toEqual([])
  expect((await world.ledger.entries('person:lena')).at(-1)).toMatchObject({
    type: 'Refused',
    facts: { attempted: 'halt', code: 'not_permitted' },
  })
})

test('the form to halt is opened by the word alone, and from the tab', async () => {
  expect(await openForm('U0GUS')).toMatchObject({ callback_id: 'halt' })
  await desk.click('U0GUS', await desk.home('U0GUS'), 'halt_declare', 'declare-halt')
  expect((await desk.modals('U0GUS')).at(-1)).toMatchObject({ callback_id: 'halt' })
})

test('the form to halt halts the chosen target, and a name may lack its kind', async () => {
  const values = { kind: 'agent', value: 'remediator', reason: 'it loops', until: start + 600 }
  await desk.submit('U0GUS', await openForm('U0GUS'), values)
  expect(await said('U0GUS')).toMatch(/^Halted: agent:remediator, until .*npx --no-install hotwork lift hlt_/)
  expect(await only()).toMatchObject({ target: { kind: 'agent', value: 'agent:remediator' }, until: start + 600 })
})

test.each<[string, { [block: string]: string | number }, field: string, sentence: RegExp]>([
  ['no name', { kind: 'agent' }, 'value', /such as agent:remediator/],
  ['an unknown name', { kind: 'environment', value: 'moon' }, 'value', /prod/],
  ['a name for everything', { kind: 'all', value: 'prod' }, 'value', /leave this empty/],
  ['an end in the past', { kind: 'all', until: start - 60 }, 'until', /future time/],
])(
  'the form to halt with %s is an error beside its field, and the typed text stays',
  async (_, values, field, sentence) => {
    const form = await openForm('U0GUS')
    await desk.submit('U0GUS', form, { reason: 'it loops', ...values })
    expect((await errors('U0GUS'))?.[field]).toMatch(sentence)
    expect(await inForce()).toEqual([])
    await desk.submit('U0GUS', form, { kind: 'environment', value: 'prod', reason: 'it loops', until: start + 60 })
    expect(await only()).toMatchObject({ target: { kind: 'environment', value: 'prod' } })
  },
)

test('the form to halt sent again after a lost answer is the same halt', async () => {
  const form = await openForm('U0GUS')
  const values = { kind: 'all', reason: 'it loops' }
  desk.changes = { declareHalt: () => Promise.reject(new StoreUnavailable('no answer')) }
  await desk.submit('U0GUS', form, values)
  expect((await errors('U0GUS'))?.['value']).toMatch(/store has not answered/)
  desk.changes = {}
  await desk.submit('U0GUS', form, values)
  await desk.submit('U0GUS', form, values)
  await only()
})

test('the form to halt by a person without the right is refused, with the typed text', async () => {
  await desk.submit('U0LENA', await openForm('U0LENA'), { kind: 'all', reason: 'it loops' })
  expect(await said('U0LENA')).toMatch(/Policy does not let you[\s\S]*it loops/)
})

test('a halt in force is listed and on the tab, with target, start, declarer, end and reason', async () => {
  expect(await desk.type('U0BEN', 'halts')).toMatch(/Nothing is halted/)
  await desk.type('U0GUS', 'halt owner=person:ben 2h it *loops* <!here>')
  for (const words of [await desk.type('U0BEN', 'halts'), wordsOf((await desk.home('U0BEN')).blocks)])
    expect(words).toMatch(
      /Halted: the agents of Ben Baker \(person:ben\)\nSince 2027-01-15T08:00:00Z, by Gus Garcia \(person:gus\), until 2027-01-15T10:00:00Z. Why: “it \*loops\* <!here>”/,
    )
  world.clock.advance(7200)
  expect(await desk.type('U0BEN', 'halts')).toMatch(/Nothing is halted/)
})

test('a halt in force has a button for people who may lift it, and a sentence for its declarer', async () => {
  await desk.type('U0GUS', 'halt all it loops')
  expect(liftsOn(await desk.home('U0GUS'))).toEqual([])
  expect(await desk.type('U0GUS', 'halts')).toMatch(/You declared it, so another person lifts it/)
  expect(liftsOn(await desk.home('U0LENA'))).toEqual([])
  expect(liftsOn(await desk.home('U0HANA'))).toHaveLength(1)
})

test('a halt in force has no button for a person who is halted', async () => {
  await desk.type('U0GUS', 'halt all it loops')
  await desk.type('U0GUS', 'halt person:hana it loops')
  expect(liftsOn(await desk.home('U0HANA'))).toEqual([])
})

test('a halt in force by a system names it in words', async () => {
  const by = 'transmitter:okta' as Halt['by']
  const target = { kind: 'person', value: 'person:ben' } as Halt['target']
  const id = `hlt_${'7'.repeat(26)}` as Halt['id']
  const seen = { halt: { id, target, reason: 'session revoked', by, at: start }, whyNotLift: undefined }
  desk.changes = { halts: async () => ({ halts: [seen], whyNotHalt: undefined }) }
  expect(await desk.type('U0GUS', 'halts')).toMatch(/, by the transmitter okta, until a person lifts it/)
})

test('a halt in force leads to the page of all halts, from an answer and from the tab', async () => {
  const buttons = (blocks: JsonObject[]) =>
    JSON.stringify(blocks.filter(({ block_id }) => ['halts-page', 'declare-halt'].includes(String(block_id))))
  await desk.type('U0BEN', 'halts')
  const { ephemerals } = await desk.control('ephemerals?user=U0BEN')
  expect(buttons(ephemerals.at(-1).blocks)).toMatch(/"url":"https:[^"]*\/halts"/)
  expect(buttons((await desk.home('U0BEN')).blocks)).toMatch(/"url":"https:[^"]*\/halts"/)
})

test('a halt in force is lifted from the tab, which is redrawn', async () => {
  await desk.type('U0GUS', 'halt all it loops')
  const { id } = await only()
  await desk.click('U0HANA', await desk.home('U0HANA'), 'halt_lift', `halt-do:${id}`)
  expect(await said('U0HANA')).toMatch(/Lifted: everything/)
  expect(await inForce()).toEqual([])
  expect(wordsOf((await desk.homeNow('U0HANA'))?.blocks)).toMatch(/Halted: 0[\s\S]*Nothing is halted/)
})

test('a halt in force is not lifted by its declarer, even by a click', async () => {
  await desk.type('U0GUS', 'halt all it loops')
  const { id } = await only()
  const hanas = await desk.home('U0HANA')
  desk.changes = { liftHalt: async () => ({ ok: false, code: 'self_lift' }) }
  await desk.click('U0HANA', hanas, 'halt_lift', `halt-do:${id}`)
  expect(await said('U0HANA')).toMatch(/You declared this halt/)
  await only()
})

test('a halt in force that is lifted twice is lifted once', async () => {
  await desk.type('U0GUS', 'halt all it loops')
  const { id } = await only()
  const tab = await desk.home('U0HANA')
  await desk.click('U0HANA', tab, 'halt_lift', `halt-do:${id}`)
  await desk.click('U0HANA', tab, 'halt_lift', `halt-do:${id}`).catch(() => {})
  expect((await world.ledger.entries(id)).filter(({ type }) => type === 'Lifted')).toHaveLength(1)
})

test('a halt in force stays during an outage, and the person is told where to look', async () => {
  await desk.type('U0GUS', 'halt all it loops')
  const { id } = await only()
  desk.changes = { liftHalt: () => Promise.reject(new StoreUnavailable('no answer')) }
  await desk.click('U0HANA', await desk.home('U0HANA'), 'halt_lift', `halt-do:${id}`)
  expect(await said('U0HANA')).toMatch(/store has not answered yet. Open Hotwork’s Home tab/)
})
