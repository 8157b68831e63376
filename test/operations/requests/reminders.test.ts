import { remindersOf } from '../../../functions/domain/cards/routing.ts'
import type { Stage } from '../../../functions/domain/policy/ladder.ts'
import type { ApprovalRequest } from '../../../functions/domain/record/request.ts'
import type { EndMessage } from '../../../functions/operations/credentials/ports.ts'
import { handOn } from '../../../functions/operations/requests/hand-on.ts'
import { setReminders } from '../../../functions/operations/requests/sweep-overdue.ts'
import { MemoryTimers } from '../../support/cards/memory-timers.ts'
import { MemoryFifoQueue, MemoryQueue } from '../../support/requests/memory-queue.ts'
import { prodParameter, sampleBundle, start, World } from '../../support/world.ts'

// Reminders are one-time timers: set once for each opening of a stage, waiting at no cost, harmless when they come late.

const sample = sampleBundle()
const reminding = (remind: Stage['remind'], changes: Partial<Stage> = {}) => ({
  ...sample,
  ladder: {
    ...sample.ladder,
    tiers: sample.ladder.tiers.map((rung) => ({
      ...rung,
      stages: rung.stages.map(({ remind: _, ...stage }) => ({ ...stage, ...(remind && { remind }), ...changes })),
    })),
  },
})

class Reminding extends World {
  readonly timers = new MemoryTimers()
  readonly #reminders = new MemoryQueue()
  #seen: ApprovalRequest | undefined

  /** The second reader of the stream sees a change, and what it hands on to be reminded of is worked off. */
  async see({ ask }: ApprovalRequest): Promise<number> {
    const stored = await this.requests.load(ask.id)
    if (!stored) throw new Error(`no ${ask.id}`)
    const before = this.#seen
    this.#seen = stored.state
    await handOn(
      [{ state: stored.state, ...(before && { before }), version: stored.head.sequence }],
      this.clock.now(),
      {
        cards: new MemoryFifoQueue(),
        denies: new MemoryFifoQueue<EndMessage>(),
        reminders: this.#reminders,
        changes: new MemoryQueue(),
      },
    )
    const messages = this.#reminders.take()
    for (const { requestId } of messages) await this.set(requestId)
    return messages.length
  }

  set = (id: ApprovalRequest['ask']['id']) => setReminders(id, this)
  get times() {
    return this.timers.waiting.map(({ at }) => at - start)
  }
}

test.each<[rule: string, remind: Stage['remind'], changes: Partial<Stage>, times: number[]]>([
  ['come after twice as long each time, a little late rather than early', { after: 60, times: 3 }, {}, [62, 182, 422]],
  ['are as many as the ladder says', { after: 60, times: 1 }, {}, [62]],
  ['end where the stage does', { after: 600, times: 6 }, {}, [602]],
  ['of a stage that has none are none', undefined, {}, []],
])('reminders %s', async (_rule, remind, changes, times) => {
  const world = new Reminding(reminding(remind, changes))
  await world.see(await world.submitted(prodParameter))
  expect(world.times).toEqual(times)
})

test('timers are set once for each opening of a stage, however it changes and however often it is told', async () => {
  const world = new Reminding(reminding({ after: 60, times: 2 }, { quorum: 2 }))
  const request = await world.submitted(prodParameter)
  const messages = [await world.see(request), await world.see(request)]
  await world.decide(request, 'ben')
  messages.push(await world.see(request))
  await world.decide(request, 'chloe')
  messages.push(await world.see(request))
  expect(messages).toEqual([1, 0, 0, 1])
  await world.set(request.ask.id)
  expect(world.timers.waiting).toHaveLength(4)
})

test('a stage that has been widened reminds again', async () => {
  const world = new Reminding(reminding({ after: 60, times: 1 }))
  const request = await world.submitted(prodParameter)
  await world.see(request)
  world.clock.advance(1801)
  await world.decide(request, 'dan')
  await world.see(request)
  expect(world.times).toEqual([62, 1862])
})

test('timers set late are only those that are still to come', async () => {
  const world = new Reminding(reminding({ after: 60, times: 3 }))
  const request = await world.submitted(prodParameter)
  world.clock.advance(100)
  await world.see(request)
  expect(world.times).toEqual([182, 422])
})

test.each<[what: string, settle: (world: Reminding, request: ApprovalRequest) => unknown]>([
  ['denied', (world, request) => world.decide(request, 'ben', 'deny')],
  ['expired', (world) => world.clock.advance(86_400)],
])('no timer is set for a request that has been %s', async (_what, settle) => {
  const world = new Reminding(reminding({ after: 60, times: 3 }))
  const request = await world.submitted(prodParameter)
  await settle(world, request)
  await world.set(request.ask.id)
  expect(world.timers.waiting).toEqual([])
  expect(remindersOf(await world.state(request.ask.id)).length).toBeLessThanOrEqual(3)
})

test('no timer is set for a missing request', async () => {
  const world = new Reminding(sample)
  await world.set(`req_${'0'.repeat(26)}` as ApprovalRequest['ask']['id'])
  expect(world.timers.waiting).toEqual([])
})

test('a timer’s name is of a length and of letters that the Scheduler takes, and tells all of them apart', async () => {
  const world = new Reminding(reminding({ after: 60, times: 3 }))
  const request = await world.submitted(prodParameter)
  await world.see(request)
  await world.decide(request, 'ben')
  await world.see(request)
  const names = world.timers.waiting.map(({ name }) => name)
  expect(new Set(names).size).toBe(6)
  for (const name of names) expect(name).toMatch(/^[0-9A-Za-z_-]{1,64}$/)
})
