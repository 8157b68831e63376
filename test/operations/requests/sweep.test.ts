import type { RequestId } from '../../../functions/domain/values.ts'
import { StoreUnavailable } from '../../../functions/operations/faults.ts'
import { sweepOverdue } from '../../../functions/operations/requests/sweep-overdue.ts'
import { MemoryQueue } from '../../support/requests/memory-queue.ts'
import { MemoryRequestStore } from '../../support/requests/memory-request-store.ts'
import { parameter, sampleBundle, World } from '../../support/world.ts'

/** The sweep stores due changes of requests that no caller reads. */

const bundle = sampleBundle()
/** The deadline of the sample's first stage, and the grace that its workflow has. Seconds. */
const [deadline, grace] = [1800, 5]

/** A store in which some items cannot be read, as after a rollback. */
class TornStore extends MemoryRequestStore {
  readonly unreadable = new Set<RequestId>()

  override async load(id: RequestId) {
    if (this.unreadable.has(id)) throw new StoreUnavailable(`the item \`${id}\` holds no request`)
    return super.load(id)
  }
}

class Swept extends World {
  override readonly requests = new TornStore(this.ledger)
  readonly follow = new MemoryQueue()
  readonly calls = new MemoryQueue()
  readonly changes = new MemoryQueue()

  /** Pending requests at tier 2, a second apart, oldest first. */
  async pending(...names: readonly string[]): Promise<RequestId[]> {
    const ids: RequestId[] = []
    for (const name of names) {
      ids.push((await this.submitted(parameter(`/prod/checkout/${name}`))).ask.id)
      this.clock.advance(1)
    }
    return ids
  }

  sweep = () => sweepOverdue({ ...this.ports, follow: this.follow, calls: this.calls, changes: this.changes })
  followed = () => this.follow.take().map(({ requestId }) => requestId)
}

let world: Swept
beforeEach(() => {
  world = new Swept(bundle)
})

test('a request overdue by time alone has no call to be looked up', async () => {
  await world.pending('one')
  world.clock.advance(deadline + grace)
  await world.sweep()
  expect(world.calls.take()).toEqual([])
})

test('an overdue request is stored as time has made it, and followed again', async () => {
  const [one] = (await world.pending('one')) as [RequestId]
  world.clock.advance(deadline + grace)
  expect(await world.sweep()).toBe(1)
  expect(await world.story(one)).toEqual(['Submitted', 'StageOpened', 'StageEscalated'])
  expect(world.followed()).toEqual([one])
})

test('a request overdue for seconds alone is left to the workflow', async () => {
  await world.pending('one')
  world.clock.advance(deadline + grace - 1)
  expect(await world.sweep()).toBe(0)
  expect(world.followed()).toEqual([])
})

test('a swept request is not overdue again until its next deadline', async () => {
  await world.pending('one')
  world.clock.advance(deadline + grace)
  expect([await world.sweep(), await world.sweep()]).toEqual([1, 0])
})

test('a request that cannot be read is logged by its id, and holds up none of those behind it', async () => {
  const [one, torn, three] = (await world.pending('one', 'torn', 'three')) as [RequestId, RequestId, RequestId]
  world.requests.unreadable.add(torn)
  world.clock.advance(deadline + grace)
  expect(await world.sweep()).toBe(3)
  for (const id of [one, three]) expect(await world.story(id)).toContain('StageEscalated')
  expect(world.followed()).toEqual([one, three])
  expect(world.log.lines).toContainEqual({
    level: 'error',
    message: 'sweep_failed',
    fields: { request: torn, fault: 'StoreUnavailable' },
  })
})

test('a request that could not be read is swept once it can be', async () => {
  const [torn] = (await world.pending('torn')) as [RequestId]
  world.requests.unreadable.add(torn)
  world.clock.advance(deadline + grace)
  await world.sweep()
  world.requests.unreadable.delete(torn)
  await world.sweep()
  expect(await world.story(torn)).toContain('StageEscalated')
  expect(world.followed()).toEqual([torn])
})

test('a commit that the store did not hear of is made good by the next sweep', async () => {
  const [one, two] = (await world.pending('one', 'two')) as [RequestId, RequestId]
  world.clock.advance(deadline + grace)
  world.requests.failNextCommit('unheard')
  await world.sweep()
  expect([await world.story(one), await world.story(two)].map((story) => story.includes('StageEscalated'))).toEqual([
    false,
    true,
  ])
  await world.sweep()
  expect(await world.story(one)).toContain('StageEscalated')
  expect(world.followed()).toEqual([two, one])
})
