import type { RequestId } from '../../../functions/domain/values.ts'
import { followRequest } from '../../../functions/operations/requests/workflow.ts'
import { prodParameter, sampleBundle, stagingParameter } from '../../support/world.ts'
import { Clockwork } from './clockwork.ts'

/** The follower moves the workflow to where the table already is, as often as it must. */

const bundle = sampleBundle()

test.each([
  ['a stage', prodParameter, 'Tier2 owner'],
  ['its completion', stagingParameter, 'AwaitCompletion'],
])('the execution of a new request starts waiting for %s', async (_what, what, wait) => {
  const world = new Clockwork(bundle)
  const request = await world.submitted(what)
  await world.follow(request, { start: true })
  expect(world.workflow.startedIn(request.ask.id)).toBe(wait)
})

test('an execution that was never started begins where the submission says, however late', async () => {
  const world = new Clockwork(bundle)
  const request = await world.approved()
  await world.follow(request, { start: true })
  expect(world.workflow.startedIn(request.ask.id)).toBe('Tier2 owner')
})

test('a change starts no execution, since that of its request has been started', async () => {
  const world = new Clockwork(bundle)
  const request = await world.approved()
  await world.follow(request)
  expect(world.workflow.startedIn(request.ask.id)).toBeUndefined()
})

test('an id that is no request moves nothing', async () => {
  const world = new Clockwork(bundle)
  const id = `req_${'9'.repeat(26)}` as RequestId
  await followRequest(id, true, world.moving)
  expect(world.workflow.startedIn(id)).toBeUndefined()
})

test('each wait ends as the request goes by it, and no sooner', async () => {
  const world = new Clockwork(bundle)
  const request = await world.submitted(prodParameter)
  const owner = world.enter(request, 'Tier2 owner')
  await world.runTask(owner)
  await world.follow(request)
  expect(world.endOf(owner)).toBe('open')

  await world.decide(request, 'ben')
  await world.follow(request)
  expect(world.endOf(owner)).toBe('succeeded')

  const sre = world.enter(request, 'Tier2 sre')
  await world.runTask(sre)
  await world.follow(request)
  expect(world.endOf(sre)).toBe('open')
  await world.decide(request, 'eve')
  await world.follow(request)
  expect(world.endOf(sre)).toBe('succeeded')
})

test('a denial settles the wait', async () => {
  const world = new Clockwork(bundle)
  const request = await world.submitted(prodParameter)
  const owner = world.enter(request, 'Tier2 owner')
  await world.runTask(owner)
  await world.decide(request, 'ben', 'deny')
  await world.follow(request)
  expect(world.endOf(owner)).toBe('Settled')
})

test('what time alone has changed moves the wait, though nobody has stored it', async () => {
  const world = new Clockwork(bundle)
  const request = await world.submitted(prodParameter)
  const owner = world.enter(request, 'Tier2 owner')
  await world.runTask(owner)
  world.clock.advance(1800)
  await world.follow(request)
  expect(world.endOf(owner)).toBe('Moved')
  expect(await world.story(request.ask.id)).not.toContain('StageEscalated')
})

test('a grant that ends by time ends the wait for its completion', async () => {
  const world = new Clockwork(bundle)
  const request = await world.approved()
  const completion = world.enter(request, 'AwaitCompletion')
  await world.runTask(completion)
  await world.follow(request)
  expect(world.endOf(completion)).toBe('open')
  world.clock.advance(3600)
  await world.follow(request)
  expect(world.endOf(completion)).toBe('succeeded')
})
