import type { RequestId } from '../../../functions/domain/values.ts'
import { advanceWorkflow } from '../../../functions/operations/requests/workflow.ts'
import { prodParameter, sampleBundle, World } from '../../support/world.ts'

/** After a wait has ended, the table says where to wait from here. */

const bundle = sampleBundle()

test('each deadline that passes is stored, and the workflow goes where it leads', async () => {
  const world = new World(bundle)
  const { ask } = await world.submitted(prodParameter)
  const advance = async (seconds: number) => {
    world.clock.advance(seconds)
    const { wait } = await advanceWorkflow(ask.id, world.ports)
    return [wait, (await world.story(ask.id)).at(-1)]
  }
  expect(await advance(0)).toEqual(['Tier2 owner', 'StageOpened'])
  expect(await advance(1800)).toEqual(['Tier2 owner escalated', 'StageEscalated'])
  expect(await advance(900)).toEqual(['Close', 'Expired'])
})

test('a request with nothing due is not written, however often it is asked about', async () => {
  const world = new World(bundle)
  const { ask } = await world.submitted(prodParameter)
  const before = await world.requests.load(ask.id)
  await advanceWorkflow(ask.id, world.ports)
  await advanceWorkflow(ask.id, world.ports)
  expect(await world.requests.load(ask.id)).toEqual(before)
})

test('an approved request is waited for no longer', async () => {
  const world = new World(bundle)
  const { ask } = await world.approved()
  expect(await advanceWorkflow(ask.id, world.ports)).toEqual({ requestId: ask.id, wait: 'Close' })
})

test('a missing request leaves nothing to wait for', async () => {
  const id = `req_${'9'.repeat(26)}` as RequestId
  expect(await advanceWorkflow(id, new World(bundle).ports)).toEqual({ requestId: id, wait: 'Close' })
})

test('a store that does not answer is thrown, so that Step Functions tries again and does not close', async () => {
  const world = new World(bundle)
  const { ask } = await world.submitted(prodParameter)
  world.clock.advance(1800)
  world.requests.failNextCommit('answer_lost')
  await expect(advanceWorkflow(ask.id, world.ports)).rejects.toMatchObject({ name: 'StoreUnavailable' })
  expect((await advanceWorkflow(ask.id, world.ports)).wait).toBe('Tier2 owner escalated')
})
