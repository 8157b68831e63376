import type { ApprovalRequest } from '../../../functions/domain/record/request.ts'
import type { EndMessage } from '../../../functions/operations/credentials/ports.ts'
import { handOn } from '../../../functions/operations/requests/hand-on.ts'
import { MemoryFifoQueue, MemoryQueue } from '../../support/requests/memory-queue.ts'
import { parameter, prodParameter, sampleBundle, World } from '../../support/world.ts'

/** A changed request is queued for all followers of the record, by its id alone. */

const bundle = sampleBundle()

class Handing extends World {
  readonly cards = new MemoryFifoQueue()
  readonly denies = new MemoryFifoQueue<EndMessage>()
  readonly reminders = new MemoryQueue()
  readonly changes = new MemoryQueue()

  /** The second reader of the stream sees a request as it is now. */
  async see({ ask }: ApprovalRequest): Promise<void> {
    const stored = await this.requests.load(ask.id)
    if (!stored) throw new Error(`no ${ask.id}`)
    await handOn([{ state: stored.state, version: stored.head.sequence }], this.clock.now(), this)
  }
}

let world: Handing
beforeEach(() => {
  world = new Handing(bundle)
})

test('every change is handed to the card drawer, in the order of its request', async () => {
  const request = await world.submitted(prodParameter)
  await world.see(request)
  await world.decide(request, 'ben')
  await world.see(request)
  const { id } = request.ask
  expect(world.cards.take()).toEqual([
    { requestId: id, group: id, deduplicate: `${id}#2` },
    { requestId: id, group: id, deduplicate: `${id}#4` },
  ])
})

test('a change that the stream tells twice is handed on once', async () => {
  const request = await world.submitted(prodParameter)
  await world.see(request)
  await world.see(request)
  expect(world.cards.take()).toHaveLength(1)
})

test('nothing is handed to the writer of denies until a session must be denied', async () => {
  const request = await world.approved()
  await world.see(request)
  const { role } = await world.session(request, await world.claim(request))
  await world.see(request)
  expect(world.denies.take()).toEqual([])
  await world.complete(request)
  await world.see(request)
  expect(world.denies.take()).toMatchObject([{ deny: request.ask.id, role, group: role }])
})

test('a session that a newer one replaced is handed on while its grant lives', async () => {
  const request = await world.approved()
  const token = await world.claim(request)
  await world.session(request, token)
  await world.session(request, token)
  await world.see(request)
  expect(world.denies.take()).toHaveLength(1)
})

test('an end without a session needs no deny', async () => {
  const request = await world.approved()
  await world.complete(request)
  await world.see(request)
  expect(world.denies.take()).toEqual([])
})

test('ids alone travel: no argument, no purpose, no tag', async () => {
  const request = await world.approved(parameter('/prod/checkout/canary-name', 'canary-value'))
  await world.session(request, await world.claim(request))
  await world.complete(request)
  await world.see(request)
  const messages = [...world.cards.take(), ...world.denies.take()]
  expect(messages.map((message) => Object.keys(message).sort())).toEqual([
    ['deduplicate', 'group', 'requestId'],
    ['deduplicate', 'deny', 'group', 'role', 'since'],
  ])
  expect(JSON.stringify(messages)).not.toMatch(/canary|remediat|crd_|sha-256/)
})

test('a group fits SQS, and still tells roles apart by the end of their names', async () => {
  const request = await world.approved()
  await world.session(request, await world.claim(request))
  await world.complete(request)
  const stored = await world.requests.load(request.ask.id)
  if (!stored) throw new Error('not stored')
  const role = `arn:aws:iam::000000000000:role/${'long/'.repeat(40)}Hotwork-target`
  const state = JSON.parse(JSON.stringify(stored.state).replaceAll(/arn:aws:iam::[^"]+/g, role))
  await handOn([{ state, version: 1 }], world.clock.now(), world)
  const [message] = world.denies.take()
  expect([message?.group.length, role.endsWith(message?.group ?? '-')]).toEqual([128, true])
})
