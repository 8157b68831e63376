import { digestOf } from '../../../functions/domain/digest.ts'
import type { Bundle } from '../../../functions/domain/policy/bundle.ts'
import { digested, passedOn } from '../../../functions/domain/record/ask-terms.ts'
import { agent, prodParameter, sampleBundle, stagingParameter, World } from '../../support/world.ts'

/** The source of a parent task, which the holder of the agent's token claims, and an address that a model names. */

const bundle = sampleBundle()
const withHosts = (evidenceHosts: string[]): Bundle => ({
  ...bundle,
  deployment: { ...bundle.deployment, evidenceHosts },
})
const byModel = { taskSource: 'argument' } as const

test('a source stands in the ask, and an ask without one has none', async () => {
  const world = new World()
  expect((await world.submitted(prodParameter, { taskSource: 'header' })).ask.taskSource).toBe('header')
  expect('taskSource' in (await world.submitted(stagingParameter)).ask).toBe(false)
})

test('a source is in no digest of an ask', async () => {
  const { ask } = await new World().submitted(prodParameter, byModel)
  const { taskSource: _, ...without } = ask
  for (const name of ['request', 'open', 'bound'] as const)
    expect(digestOf('x', digested(name, ask))).toBe(digestOf('x', digested(name, without)))
})

test('a task that a model names raises the tier from the evaluation to the use', async () => {
  const world = new World()
  const tierOf = async (changes: Parameters<World['evaluate']>[2]) => {
    const evaluated = await world.evaluate(stagingParameter, undefined, changes)
    return 'requestable' in evaluated ? evaluated.requestable?.tier : undefined
  }
  expect([await tierOf({}), await tierOf({ taskSource: 'meta' }), await tierOf(byModel)]).toEqual([0, 0, 1])
  const request = await world.submitted(stagingParameter, byModel)
  expect(request).toMatchObject({ tier: 1, status: 'pending' })
  await world.decide(request, 'ana')
  expect(await world.issueToken(request)).toMatchObject({ ok: true })
})

test('a source that was claimed at the evaluation binds no submission', async () => {
  const world = new World()
  const { id: evaluation } = await world.evaluate(stagingParameter, undefined, { taskSource: 'header' })
  expect(await world.submitted(stagingParameter, { ...byModel, evaluation })).toMatchObject({ tier: 1 })
})

test('an identical ask with another source joins the open request, which keeps its own', async () => {
  const world = new World()
  const first = await world.submitted(prodParameter, byModel)
  const again = await world.submitted(prodParameter, { taskSource: 'map' })
  expect([again.ask.id, again.ask.taskSource]).toEqual([first.ask.id, 'argument'])
})

test('a plan with a task that a model names is proposed at a higher tier, and its steps inherit the source', async () => {
  const steps = [{ agent: agent('remediator'), ...stagingParameter }]
  const plan = {
    action: 'plan',
    arguments: { steps },
    resource: { type: 'plan', id: 'INC-1042' },
    agent: agent('planner'),
  }
  const raised = await new World().submitted(plan, byModel)
  expect([(await new World().submitted(plan)).tier, raised.tier]).toEqual([0, 1])
  expect(passedOn('step', raised.ask)).toMatchObject(byModel)
})

const named = (url: string, id = 'INC-1042') => ({ ...byModel, parentTask: { id, url } })
const submitted = async (world: World, said: ReturnType<typeof named>) => {
  const { id: evaluation } = await world.evaluate(prodParameter, undefined, said)
  return world.submit(prodParameter, { ...said, evaluation })
}

test('an address that a model names is taken at an exact host of the deployment', async () => {
  const world = new World(withHosts(['tickets.example.com']))
  for (const url of ['https://tickets.example.com/INC-1042?tab=a', 'https://tickets.example.com'])
    expect(await submitted(world, named(url))).toMatchObject({ ok: true })
})

test.each([
  ['of another host', 'https://tickets.example.org/INC-1042'],
  ['of a host below', 'https://a.tickets.example.com/'],
  ['of a host that begins alike', 'https://tickets.example.com.evil.example/'],
  ['without TLS', 'http://tickets.example.com/'],
  ['of another scheme', 'javascript:alert(1)'],
  ['with a user', 'https://tickets.example.com@evil.example/'],
  ['with a user and a password', 'https://a:b@tickets.example.com/'],
  ['with a port', 'https://tickets.example.com:8443/'],
  ['with a fragment', 'https://tickets.example.com/#a'],
  ['with a backslash', 'https://tickets.example.com\\@evil.example/'],
  ['with a direction mark', 'https://tickets.example.com/\u202egpj.exe'],
  ['of 513 characters', `https://tickets.example.com/${'a'.repeat(485)}`],
])('an address %s is refused, with the field and the fix', async (_, url) => {
  const world = new World(withHosts(['tickets.example.com']))
  const refused = await submitted(world, named(url))
  expect(refused).toMatchObject({
    ok: false,
    code: 'invalid_parent_task',
    detail: expect.stringMatching(/`context.parent_task.url`.*`evidenceHosts`.*tickets\.example\.com.*leave it out/),
  })
})

test('an address of 512 characters is taken', async () => {
  const world = new World(withHosts(['tickets.example.com']))
  expect(await submitted(world, named(`https://tickets.example.com/${'a'.repeat(484)}`))).toMatchObject({ ok: true })
})

test('every address that a model names is refused where the deployment has no hosts', async () => {
  const refused = await submitted(new World(), named('https://tickets.example.com/'))
  expect(refused).toMatchObject({ code: 'invalid_parent_task', detail: expect.stringContaining('has none') })
})

test('an id that a model names has no direction marks', async () => {
  const said = { ...byModel, parentTask: { id: 'INC-\u202e2401' } }
  const world = new World()
  const { id: evaluation } = await world.evaluate(prodParameter, undefined, said)
  expect(await world.submit(prodParameter, { ...said, evaluation })).toMatchObject({
    code: 'invalid_parent_task',
    detail: expect.stringContaining('`context.parent_task.id`'),
  })
})

test("an address that the agent's own program names is held to no list, as before", async () => {
  const parentTask = { id: 'INC-1042', url: 'https://anywhere.example/' }
  const world = new World()
  const { id: evaluation } = await world.evaluate(prodParameter, undefined, { parentTask })
  expect(await world.submit(prodParameter, { parentTask, evaluation })).toMatchObject({ ok: true })
})
