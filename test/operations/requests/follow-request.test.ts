import type { RequestId } from '../../../functions/domain/values.ts'
import { followRequest } from '../../../functions/operations/requests/workflow.ts'
import { prodParameter, sampleBundle, stagingParameter } from '../../support/world.ts'
import { Clockwork, withRun } from './clockwork.ts'

/** The follower moves the workflow to the state in the table, and may repeat it. */

const bundle = sampleBundle()

let world: Clockwork
beforeEach(() => {
  world = new Clockwork(bundle)
})

test.each([
  ['starts waiting for a stage', prodParameter, 'Tier2 owner'],
  ['is not started where policy alone has decided', stagingParameter, undefined],
])('the execution of a new request %s', async (_what, what, wait) => {
  const request = await world.submitted(what)
  await world.follow(request, { created: true })
  expect(world.workflow.startedIn(request.ask.id)).toBe(wait)
})

test('an execution that was never started begins where the submission says, however late', async () => {
  const request = await world.approved()
  await world.follow(request, { created: true })
  expect(world.workflow.startedIn(request.ask.id)).toBe('Tier2 owner')
})

test('a change starts no execution, since that of its request has been started', async () => {
  const request = await world.approved()
  await world.follow(request)
  expect(world.workflow.startedIn(request.ask.id)).toBeUndefined()
})

test('an id that is no request moves nothing', async () => {
  const id = `req_${'9'.repeat(26)}` as RequestId
  await followRequest(id, true, world.moving)
  expect(world.workflow.startedIn(id)).toBeUndefined()
})

test('each wait ends as the request goes by it, and no sooner', async () => {
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
  const request = await world.submitted(prodParameter)
  const owner = world.enter(request, 'Tier2 owner')
  await world.runTask(owner)
  await world.decide(request, 'ben', 'deny')
  await world.follow(request)
  expect(world.endOf(owner)).toBe('Settled')
})

test('a change by time alone moves the wait, though no function has stored it', async () => {
  const request = await world.submitted(prodParameter)
  const owner = world.enter(request, 'Tier2 owner')
  await world.runTask(owner)
  world.clock.advance(1800)
  await world.follow(request)
  expect(world.endOf(owner)).toBe('Moved')
  expect(await world.story(request.ask.id)).not.toContain('StageEscalated')
})

test('people who are asked again after all had approved are waited for in an execution of its own, started once', async () => {
  world.reader.preview(prodParameter.action)
  world.reader.set(prodParameter.resource.id, { Value: '300' })
  const request = await world.approved()
  await world.follow(request, { created: true })
  expect(world.workflow.startedIn(request.ask.id, 2)).toBeUndefined()
  world.reader.set(prodParameter.resource.id, { Value: '320' })
  await world.issueAws(request, await world.claim(request))
  await world.follow(request)
  expect(world.workflow.startedIn(request.ask.id, 2)).toBe('Tier2 owner')
  await world.decide(await world.state(request.ask.id), 'ben')
  await world.follow(request)
  expect(world.workflow.startedIn(request.ask.id, 2)).toBe('Tier2 owner')
})

describe('a request whose run goes on', () => {
  const follow = async (run: Parameters<typeof withRun>[1], more = {}) => {
    const { ask } = await world.approved()
    await followRequest(ask.id, false, { ...world.moving, requests: withRun(world.requests, run, more) })
    return { attempts: world.runs.attemptsOf(ask.id), looks: world.looks.take(), id: ask.id }
  }

  test('an execution looks at a run in its own time', async () => {
    expect(await follow({ status: 'running' })).toMatchObject({ attempts: [1], looks: [] })
  })

  test('a run is looked at once more at once after its request was revoked, so that it is cancelled', async () => {
    const { attempts, looks, id } = await follow({ status: 'running' }, { status: 'revoked' })
    expect([attempts, looks]).toEqual([[1], [{ requestId: id }]])
  })

  test('a run that should have ended is looked at once more', async () => {
    const { looks, id } = await follow({ status: 'running', atMost: world.clock.now() })
    expect(looks).toEqual([{ requestId: id }])
  })

  test.each(['succeeded', 'failed', 'cancelled', 'unknown'] as const)(
    'a run that is %s is left alone',
    async (status) => {
      expect(await follow({ status }, { status: 'revoked' })).toMatchObject({ attempts: [], looks: [] })
    },
  )
})
