import type { ApprovalRequest } from '../../../functions/domain/record/request.ts'
import { createHandler } from '../../../functions/handlers/streams/apply-change.ts'
import type { EndMessage } from '../../../functions/operations/credentials/ports.ts'
import { StoreUnavailable } from '../../../functions/operations/faults.ts'
import { handOn } from '../../../functions/operations/requests/hand-on.ts'
import { sweepOverdue } from '../../../functions/operations/requests/sweep-overdue.ts'
import { RegistryWorld, reporter } from '../../support/registry-world.ts'
import { MemoryFifoQueue, MemoryQueue } from '../../support/requests/memory-queue.ts'
import { unwrap } from '../../support/unwrap.ts'

/** The way from an approval to the registry: the stream hands an approved change on, and the sweep makes up for a loss. */

class Making extends RegistryWorld {
  readonly changes = new MemoryQueue()
  readonly denies = new MemoryFifoQueue<EndMessage>()
  readonly #others = { cards: new MemoryFifoQueue(), reminders: new MemoryQueue() }
  readonly #seen = new Map<string, ApprovalRequest>()
  readonly handle = createHandler(this.changing)

  /** The stream's reader sees a request as it is now. */
  async see({ ask: { id } }: ApprovalRequest): Promise<void> {
    const state = await this.state(id)
    const before = this.#seen.get(id)
    this.#seen.set(id, state)
    const version = (await this.requests.load(id))?.head.sequence ?? 0
    const queues = { ...this.#others, denies: this.denies, changes: this.changes }
    await handOn([{ state, ...(before && { before }), version }], this.clock.now(), queues)
  }

  async agreed(who: string, action: string, args: typeof reporter): Promise<ApprovalRequest> {
    const request = await this.asked(who, action, args)
    await this.see(request)
    unwrap(await this.decide(request, 'gus'))
    return request
  }

  sweep = () =>
    sweepOverdue({ ...this.ports, follow: new MemoryQueue(), calls: new MemoryQueue(), changes: this.changes })
  handed = () => this.changes.take().map(({ requestId }) => requestId)
}

let world: Making
beforeEach(() => {
  world = new Making()
})

test('a change is handed on to be made once people have approved it, and not before or again', async () => {
  const request = await world.agreed('eve', 'RegisterAgent', reporter)
  expect(world.handed()).toEqual([])
  await world.see(request)
  expect(world.handed()).toEqual([request.ask.id])
  await world.see(request)
  expect(world.handed()).toEqual([])
})

test('the function makes the change that it is told of, and a second invocation changes nothing', async () => {
  const { ask } = await world.agreed('eve', 'RegisterAgent', reporter)
  await world.handle({ requestId: ask.id })
  expect(await world.state(ask.id)).toMatchObject({ status: 'completed', outcome: 'succeeded' })
  const before = world.ledger.governed
  await world.handle({ requestId: ask.id })
  expect(world.ledger.governed).toEqual(before)
})

test('a fault of the store fails the invocation by its name, so that Lambda tries again', async () => {
  const { ask } = await world.agreed('eve', 'RegisterAgent', reporter)
  const governed = () => Promise.reject(new StoreUnavailable('secret words'))
  world.agents.governed = governed
  const { handle } = world
  await expect(handle({ requestId: ask.id })).rejects.toThrow(/^StoreUnavailable$/)
  expect(await world.state(ask.id)).toMatchObject({ status: 'approved' })
})

test('the sweep hands a change on that no invocation has made, each minute until it is made', async () => {
  const { ask } = await world.agreed('eve', 'RegisterAgent', reporter)
  world.clock.advance(60)
  await world.sweep()
  expect(world.handed()).toEqual([])
  world.clock.advance(6)
  await world.sweep()
  await world.sweep()
  expect(world.handed()).toEqual([ask.id, ask.id])
  await world.handle({ requestId: ask.id })
  await world.sweep()
  expect(world.handed()).toEqual([])
})

test.each<[what: string, action: string, more: object, ends: boolean]>([
  ['a retirement', 'RetireAgent', {}, true],
  ['other identities', 'ChangeAgent', { identities: [{ issuer: 'workloads', subject: 'agent-reporter-2' }] }, true],
  ['another autonomy', 'ChangeAgent', { autonomy: 'autonomous' }, true],
  ['another description', 'ChangeAgent', { description: 'reports' }, false],
])(
  '%s that was made is handed on once as the end of what the agent held, if it ends it',
  async (_what, action, more, ends) => {
    await world.made('eve', 'RegisterAgent', reporter, ['gus'])
    const request = await world.asked('dan', action, { id: 'agent:reporter', ...more })
    for (const each of ['gus', 'ana', 'eve']) await world.decide(request, each)
    await world.see(request)
    expect(world.denies.take()).toEqual([])
    await world.handle({ requestId: request.ask.id })
    await world.see(request)
    await world.see(request)
    expect(await world.state(request.ask.id)).toMatchObject({ outcome: 'succeeded' })
    const end = { end: 'agent:reporter', group: 'agent:reporter' }
    expect(world.denies.take()).toMatchObject(ends ? [end] : [])
  },
)
