import { Tab } from '../support/pages/page-tab.ts'
import { repairPlan } from '../support/plan.ts'
import { layered, withLayers } from '../support/policies/list-argument.ts'
import { sampleBundle, World } from '../support/world.ts'

/** The page of a plan: every step whole, and a form that strikes steps out. */

let world: World
let tab: Tab
beforeEach(async () => {
  world = new World(sampleBundle())
  tab = Tab.of(world)
  await tab.logIn('person-ana')
})

async function narrowed(fields: { [name: string]: string }) {
  const { ask } = await world.submitted(repairPlan)
  const hidden = tab.fields(await tab.go('GET', `/decide/${ask.id}`), 'less', 'yes')
  const answer = await tab.go('POST', `/decide/${ask.id}`, { ...hidden, ...fields })
  return { answer, now: await world.state(ask.id) }
}

test('the page of a plan has each step with its agent, resource, arguments and narrowings', async () => {
  const { ask } = await world.submitted(repairPlan)
  const { body } = await tab.go('GET', `/decide/${ask.id}`)
  for (const each of ask.steps ?? [])
    for (const said of [each.agent, each.action, each.resource.id]) expect(body).toContain(said)
  for (const name of ['strike.1', 'strike.2', 'strike.3', 'step.2.MemorySize', 'step.2.Timeout'])
    expect(body).toContain(`name="${name}"`)
})

test('a struck step and a lowered number leave the rest, which people decide again', async () => {
  const { answer, now } = await narrowed({ 'strike.3': 'yes', 'step.2.MemorySize': '1024', 'step.2.Timeout': '' })
  expect(answer.status).toBe(303)
  expect([now.round, now.ask.steps?.map(({ struck }) => struck ?? false)]).toEqual([2, [false, false, true]])
  expect(now.ask.steps?.[1]?.arguments['MemorySize']).toBe(1024)
  const { body } = await tab.go('GET', `/decide/${now.ask.id}`)
  expect(body).toContain('struck out')
  expect(body).not.toContain('name="strike.3"')
})

test.each([
  ['every step struck out', { 'strike.1': 'yes', 'strike.2': 'yes', 'strike.3': 'yes' }],
  ['nothing filled in', {}],
  ['a raised number', { 'step.2.MemorySize': '4096' }],
  ['an unknown step', { 'strike.4': 'yes' }],
])('a narrowing with %s is refused, and the plan stays as it was', async (_what, fields) => {
  const { answer, now } = await narrowed(fields)
  expect([answer.status, now.round]).toEqual([400, 1])
})

test('an invalid number is refused before the operation', async () => {
  const { answer, now } = await narrowed({ 'step.2.MemorySize': 'less' })
  expect([answer.status, now.round]).toEqual([400, 1])
  expect(answer.body).toContain('is not a number')
})

test('the page of a list folds it, has nested members by path, and takes items out of it', async () => {
  world = new World(withLayers(sampleBundle()))
  tab = Tab.of(world)
  await tab.logIn('person-ana')
  const { ask } = await world.submitted(layered)
  const page = await tab.go('GET', `/decide/${ask.id}`)
  expect(page.body).toContain('<details><summary><code>Layers (12 items)</code>')
  for (const path of ['Scaling.target', 'Scaling.mode']) expect(page.body).toContain(`<code>${path}</code>`)
  for (const name of ['without.0.Layers', 'without.11.Layers', 'narrow.Ratio'])
    expect(page.body).toContain(`name="${name}"`)
  const hidden = tab.fields(page, 'less', 'yes')
  const less = { 'without.0.Layers': 'yes', 'without.11.Layers': 'yes', 'narrow.Ratio': '0.125' }
  expect((await tab.go('POST', `/decide/${ask.id}`, { ...hidden, ...less })).status).toBe(303)
  const { arguments: args } = (await world.state(ask.id)).ask
  expect(args).toMatchObject({ Ratio: 0.125, Layers: Array.from({ length: 10 }, (_, at) => `layer-${at + 1}`) })
  const { body } = await tab.go('GET', `/decide/${ask.id}`)
  expect(body).toContain('10, without &quot;layer-0&quot;, &quot;layer-11&quot;')
})
