import { suggestField } from '../../functions/domain/cards/suggestible.ts'
import type { ApprovalRequest } from '../../functions/domain/record/request.ts'
import { refusals } from '../../functions/domain/refusals.ts'
import { resizeWorker, stopCheckout } from '../channels/slack/cards/states.ts'
import { Tab } from '../support/pages/page-tab.ts'
import { repairPlan } from '../support/plan.ts'
import { sampleBundle, World } from '../support/world.ts'

/** The forms of a request's page that write to the agent or ask a colleague. */

let world: World
let request: ApprovalRequest
let tab: Tab
beforeEach(async () => {
  world = new World(sampleBundle())
  request = await world.submitted(resizeWorker)
  tab = Tab.of(world)
  await tab.logIn('person-ben')
})
const path = () => `/decide/${request.ask.id}`
const now = () => world.state(request.ask.id)
const story = () => world.story(request.ask.id)
const look = async () => (await tab.go('GET', path())).body
/** Fills in the form that has this hidden field, and sends it. */
async function send([name, value]: [name: string, value: string], typed: { [field: string]: string }) {
  const hidden = tab.fields(await tab.go('GET', path()), name, value)
  return tab.go('POST', path(), { ...hidden, ...typed })
}
const revise: [string, string] = ['verdict', 'revise']
const question: [string, string] = ['ask', 'agent']
const colleague: [string, string] = ['ask', 'colleague']
const memory = suggestField({}, 'MemorySize')
/** The fields as a browser sends them untouched. */
const untouched = { [memory]: '2048', [suggestField({}, 'Timeout')]: '120' }

test('words go to the agent with an approval, a narrowing and a denial', async () => {
  await send(['less', 'yes'], { minutes: '5', to_agent: 'five minutes will do' })
  request = await now()
  expect(request.stages[0]?.decisions).toMatchObject([{ verdict: 'approve', toAgent: 'five minutes will do' }])
  tab = Tab.of(world)
  await tab.logIn('person-eve')
  await send(['verdict', 'deny'], { comment: 'a freeze begins', to_agent: 'ask on\r\nMonday' })
  const { stages, ...after } = await now()
  expect(after).toMatchObject({ status: 'denied', reason: 'a freeze begins' })
  expect(stages.flatMap(({ decisions }) => decisions).at(-1)).toMatchObject({ toAgent: 'ask on\nMonday' })
})

test('a request is sent back with other arguments, whose fields have the present values', async () => {
  expect(await look()).toMatch(new RegExp(`name="${memory}"[^>]* value="2048"`))
  const { status } = await send(revise, { ...untouched, to_agent: 'half is plenty', [memory]: '1024' })
  expect(status).toBe(303)
  const { stages, ...after } = await now()
  expect(after).toMatchObject({ status: 'denied', outcome: 'revise' })
  const suggest = { ...resizeWorker.arguments, MemorySize: 1024 }
  expect(stages[0]?.decisions).toMatchObject([{ verdict: 'revise', toAgent: 'half is plenty', suggest }])
  expect(await look()).toMatch(/half is plenty[\s\S]*MemorySize[\s\S]*2048[\s\S]*1024/)
})

test('an untouched suggestion is none', async () => {
  await send(revise, { ...untouched, to_agent: 'say why' })
  expect((await now()).stages[0]?.decisions[0]).not.toHaveProperty('suggest')
})

test('a suggestion outside of the schema is marked at its field, with everything that was typed', async () => {
  const { status, body } = await send(revise, {
    ...untouched,
    to_agent: 'half\nof it',
    comment: 'x<y',
    [memory]: 'much',
  })
  expect(status).toBe(400)
  expect(body).toMatch(new RegExp(`name="${memory}"[^>]*aria-invalid="true"[^>]* value="much"`))
  expect(body).toContain('It should be: 128 to')
  expect(body).toContain('>\nhalf\nof it</textarea>')
  expect(body).toContain('>\nx&lt;y</textarea>')
  expect(await now()).toMatchObject({ status: 'pending' })
})

test('a suggestion for a plan is of the steps that differ', async () => {
  request = await world.submitted(repairPlan)
  tab = Tab.of(world)
  await tab.logIn('person-ana')
  await send(revise, { to_agent: 'a minute', [suggestField({ step: 2 }, 'Timeout')]: '60' })
  expect((await now()).stages[0]?.decisions[0]?.suggest).toMatchObject({
    steps: [{ step: 2, arguments: { Timeout: 60 } }],
  })
})

test('a request is not sent back without words, nor by a stale page, and keeps what was typed', async () => {
  const bare = await send(revise, { ...untouched, comment: 'for people' })
  expect([bare.status, bare.body]).toEqual([400, expect.stringContaining('for people')])
  expect(bare.body).toContain(refusals.to_agent_required.so)
  const hidden = tab.fields(await tab.go('GET', path()), ...revise)
  await world.decide(request, 'ana', 'approve', { narrow: { minutes: 5 } })
  const stale = await tab.go('POST', path(), { ...hidden, ...untouched, to_agent: 'half is plenty' })
  expect([stale.status, stale.body]).toEqual([409, expect.stringContaining(refusals.stale_round.so)])
  expect(await now()).toMatchObject({ status: 'pending', round: 2 })
})

test.each([
  ['of 501 characters', 'x'.repeat(501)],
  ['with a direction mark', 'half \u202e of it'],
])('words to the agent %s are refused, and all that was typed stays', async (_what, to_agent) => {
  const { status, body } = await send(['verdict', 'deny'], { to_agent, comment: 'for people' })
  expect([status, body]).toEqual([400, expect.stringContaining(refusals.invalid_to_agent.so)])
  expect(body).toContain('for people')
  expect(await now()).toMatchObject({ status: 'pending' })
})

test('a question is on record once, however often its form is sent, and stands on the page', async () => {
  const hidden = tab.fields(await tab.go('GET', path()), ...question)
  const sent = () => tab.go('POST', path(), { ...hidden, question: ' is <half>\r\nenough? ' })
  expect([(await sent()).status, (await sent()).status]).toEqual([303, 303])
  expect((await now()).questions).toMatchObject([{ by: 'person:ben', text: 'is <half>\nenough?' }])
  expect(await look()).toContain('is &lt;half&gt; ⏎ enough?')
})

test('a question at a stage of a stronger login needs none', async () => {
  request = await world.submitted(stopCheckout, { justification: 'checkout is down' })
  await world.decide(request, 'ana')
  tab = Tab.of(world)
  await tab.logIn('person-gus')
  expect((await send(question, { question: 'why now?' })).status).toBe(303)
  expect((await now()).questions).toMatchObject([{ by: 'person:gus' }])
})

test.each([
  ['without text', ' '],
  ['with a direction mark', 'is \u202eevil\u202c enough?'],
])('a question %s is refused, and nothing is recorded', async (_what, text) => {
  expect((await send(question, { question: text })).status).toBe(400)
  expect(await story()).not.toContain('Asked')
})

test('a question of a stale page is not asked, and stands in its form again', async () => {
  const hidden = tab.fields(await tab.go('GET', path()), ...question)
  await world.decide(request, 'ana', 'approve', { narrow: { minutes: 5 } })
  await world.decide(await now(), 'eve', 'deny')
  const { status, body } = await tab.go('POST', path(), { ...hidden, question: 'half?' })
  expect([status, body]).toEqual([409, expect.stringContaining(refusals.already_settled.so)])
  expect(await story()).not.toContain('Asked')
})

test('a colleague is chosen among those whose approval would count now', async () => {
  const page = await look()
  expect(page).toContain('<option value="person:ana">')
  for (const other of ['ben', 'dan', 'eve']) expect(page).not.toContain(`<option value="person:${other}">`)
  expect((await send(colleague, { colleague: 'person:ana' })).status).toBe(303)
  expect(await now()).toMatchObject({ colleagues: [{ by: 'person:ben', to: 'person:ana', stage: 'owner' }] })
  expect(await look()).toMatch(/Ben Baker \(person:ben\) asked Ana Alves \(person:ana\) to look at this/)
})

test('a person who may not decide has none of these forms, and a forged one is refused and recorded', async () => {
  tab = Tab.of(world)
  await tab.logIn('person-gus')
  const page = await tab.go('GET', path())
  for (const [name, value] of [revise, question, colleague]) expect(tab.fields(page, name, value)).toEqual({})
  const [csrf] = /name="csrf" value="([^"]+)"/.exec(page.body)?.slice(1) ?? []
  const saw = { csrf: csrf ?? '', round: '1', digest: request.ask.digest, seen: request.ask.digest }
  const { status } = await tab.go('POST', path(), { ...saw, verdict: 'revise', to_agent: 'no' })
  expect(status).toBeGreaterThanOrEqual(403)
  expect((await tab.go('POST', path(), { ...saw, ask: 'agent', question: 'why?' })).status).toBe(403)
  expect(await now()).toMatchObject({ status: 'pending' })
})
