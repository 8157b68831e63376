import { verify } from '../../../functions/domain/ledger/ledger.ts'
import type { ApprovalRequest } from '../../../functions/domain/record/request.ts'
import { breakGlassWakes } from '../../../functions/domain/requests/wait.ts'
import type { RequestId } from '../../../functions/domain/values.ts'
import type { EndMessage } from '../../../functions/operations/credentials/ports.ts'
import { handOn, logOverdueReview } from '../../../functions/operations/requests/hand-on.ts'
import { setReminders, sweepOverdue } from '../../../functions/operations/requests/sweep-overdue.ts'
import { advanceWorkflow } from '../../../functions/operations/requests/workflow.ts'
import { MemoryTimers } from '../../support/cards/memory-timers.ts'
import { MemoryFifoQueue, MemoryQueue } from '../../support/requests/memory-queue.ts'
import { prodParameter, sampleBundle } from '../../support/world.ts'
import { hour, minute, Night } from './night.ts'

/**
 * An opening is ended by each reader, by the workflow, and by a timer that is independent of the workflow. Any one of
 * them is enough, and all three at once are one end.
 */

const window = 30 * minute
/** A timer fires this long after its time. */
const grace = 2

class Ends extends Night {
  readonly timers = new MemoryTimers()
  readonly #reminders = new MemoryQueue()

  /** The second reader of the stream sees a change, and its messages are worked off. */
  async see({ ask }: ApprovalRequest, before?: ApprovalRequest): Promise<number> {
    const stored = await this.requests.load(ask.id)
    if (!stored) throw new Error(`no ${ask.id}`)
    const changed = { state: stored.state, ...(before && { before }), version: stored.head.sequence }
    await handOn([changed], this.clock.now(), {
      cards: new MemoryFifoQueue(),
      denies: new MemoryFifoQueue<EndMessage>(),
      reminders: this.#reminders,
      changes: new MemoryQueue(),
    })
    const handed = this.#reminders.take()
    for (const { requestId } of handed) await setReminders(requestId, this)
    return handed.length
  }

  /** Rings the due timers, and removes them. */
  async ring(): Promise<void> {
    const due = this.timers.waiting.filter(({ at, to }) => to === 'store' && at <= this.clock.now())
    for (const { request } of due) await advanceWorkflow(request, this.ports)
  }

  sweep = () =>
    sweepOverdue({ ...this.ports, follow: new MemoryQueue(), calls: new MemoryQueue(), changes: new MemoryQueue() })

  /** Times of its timers, relative to the opening. */
  times = ({ submittedAt }: ApprovalRequest, to: 'draw' | 'store') =>
    this.timers.waiting.filter((timer) => timer.to === to).map(({ at }) => at - submittedAt)

  /** One end, and a record that replays to the state. */
  async endedOnce({ ask: { id } }: ApprovalRequest): Promise<string[]> {
    const entries = await this.ledger.entries(id)
    expect(verify(id, entries)).toEqual({ state: await this.stored(id) })
    const ends = entries.filter(({ type }) => ['Completed', 'Revoked', 'Expired'].includes(type))
    expect(ends).toHaveLength(1)
    return ends.map(({ type }) => type)
  }
}

const bundle = sampleBundle()
let night: Ends
beforeEach(() => {
  night = new Ends(bundle)
})

test('an opening sets timers: its end and its review are stored, and every due message is drawn', async () => {
  const request = await night.opened()
  await night.see(request)
  expect(night.times(request, 'store')).toEqual([window + grace, 24 * hour + grace])
  const drawn = night.times(request, 'draw')
  expect(drawn).toEqual(expect.arrayContaining([window - 5 * minute + grace, window + grace, 24 * hour + grace]))
  expect(drawn.filter((at) => at > 24 * hour + grace).length).toBeGreaterThanOrEqual(3)
})

test('timers are set once, however often the opening is told and however it changes later', async () => {
  const request = await night.opened()
  const messages = [await night.see(request)]
  const set = night.timers.waiting.length
  await night.issueToken(request)
  messages.push(await night.see(request, request))
  await setReminders(request.ask.id, night)
  expect([messages, night.timers.waiting.length]).toEqual([[1, 0], set])
})

test('timers have names of a length and of letters that the Scheduler takes, each another', async () => {
  await night.see(await night.opened())
  const names = night.timers.waiting.map(({ name }) => name)
  expect(new Set(names).size).toBe(names.length)
  for (const name of names) expect(name).toMatch(/^[0-9A-Za-z_-]{1,64}$/)
})

test('timers draw once at one time, however much there is to be drawn then', async () => {
  const request = await night.opened()
  await night.see(request)
  const drawn = night.times(request, 'draw')
  expect(new Set(drawn).size).toBe(drawn.length)
})

test('a reviewed opening has no timers', async () => {
  const request = await night.opened()
  await night.end(request)
  expect(breakGlassWakes(await night.state(request.ask.id)).map(({ why }) => why)).not.toContain('end')
  await night.review(request, 'gus')
  expect(breakGlassWakes(await night.state(request.ask.id))).toEqual([])
})

test('a common request has no timers of an opening', async () => {
  expect(breakGlassWakes(await night.approved(prodParameter))).toEqual([])
})

test('a timer stores the end at its time, without the workflow', async () => {
  const request = await night.opened()
  await night.see(request)
  night.clock.advance(window + grace)
  await night.ring()
  expect(await night.story(request.ask.id)).toEqual(['BreakGlassOpened', 'ReviewDue', 'Expired'])
  expect(await night.state(request.ask.id)).toMatchObject({
    status: 'expired',
    expiredAt: request.submittedAt + window,
  })
})

test('a timer stores an overdue review, without the workflow or a reader', async () => {
  const request = await night.opened()
  await night.see(request)
  night.clock.advance(window + grace)
  await night.ring()
  night.clock.advance(24 * hour)
  await night.ring()
  expect(await night.story(request.ask.id)).toEqual(['BreakGlassOpened', 'ReviewDue', 'Expired', 'ReviewOverdue'])
})

test('the sweep stores both within its minute, without the workflow and timers', async () => {
  const request = await night.opened()
  night.clock.advance(window + minute)
  expect(await night.sweep()).toBe(1)
  expect(await night.story(request.ask.id)).toEqual(['BreakGlassOpened', 'ReviewDue', 'Expired'])
  expect(await night.sweep()).toBe(0)
  night.clock.advance(24 * hour)
  expect(await night.sweep()).toBe(1)
  expect((await night.story(request.ask.id)).at(-1)).toBe('ReviewOverdue')
  expect(await night.sweep()).toBe(0)
})

test('a past end gives nothing to any caller, without workflow, timers and sweep', async () => {
  const request = await night.opened()
  await night.issueToken(request)
  night.clock.advance(window)
  expect((await night.state(request.ask.id)).status).toBe('approved')
  expect(await night.issueToken(request)).toMatchObject({ ok: false, code: 'expired' })
})

test('an execution waits for the end, and then for the review, and closes', async () => {
  const request = await night.opened()
  await night.follow(request, { created: true })
  expect(night.workflow.startedIn(request.ask.id)).toBe('AwaitEnd')
  const end = night.enter(request, 'AwaitEnd')
  await night.runTask(end)
  night.clock.advance(window + grace)
  expect(await advanceWorkflow(request.ask.id, night.ports)).toMatchObject({ wait: 'AwaitReview' })
  await night.follow(request)
  expect(night.endOf(end)).toBe('succeeded')
  const review = night.enter(request, 'AwaitReview')
  await night.runTask(review)
  expect(night.endOf(review)).toBe('open')
  await night.review(request, 'gus')
  await night.follow(request)
  expect(night.endOf(review)).toBe('succeeded')
})

test('an early end and an overdue review move the execution on in the same way', async () => {
  const request = await night.opened()
  const end = night.enter(request, 'AwaitEnd')
  await night.runTask(end)
  await night.end(request)
  await night.follow(request)
  expect(night.endOf(end)).toBe('succeeded')
  const review = night.enter(request, 'AwaitReview')
  await night.runTask(review)
  night.clock.advance(24 * hour + minute)
  await night.sweep()
  await night.follow(request)
  expect(night.endOf(review)).toBe('succeeded')
})

test.each<[what: string, ends: (request: ApprovalRequest) => Promise<unknown>[]]>([
  ['the person twice', (request) => [night.end(request), night.end(request)]],
  ['the person and who may revoke', (request) => [night.end(request), night.end(request, 'gus')]],
  ['two who may revoke', (request) => [night.end(request, 'gus'), night.end(request, 'kofi')]],
  ['a person who may revoke and the sweep', (request) => [night.end(request, 'gus'), night.sweep()]],
])('two concurrent ends are one: %s', async (_what, ends) => {
  const request = await night.opened()
  await night.issueToken(request)
  night.clock.advance(minute)
  await Promise.all(ends(request))
  await night.endedOnce(request)
  expect(await night.issueToken(request)).toMatchObject({ ok: false })
})

test('the workflow, the timer, the sweep and the person at the last second: time was first', async () => {
  const request = await night.opened()
  await night.see(request)
  night.clock.advance(window + 5)
  await Promise.all([
    advanceWorkflow(request.ask.id, night.ports),
    night.ring(),
    night.sweep(),
    night.end(request),
    night.end(request, 'gus'),
  ])
  expect(await night.endedOnce(request)).toEqual(['Expired'])
})

test('a timer that comes twice, or for an old end, adds nothing', async () => {
  const request = await night.opened()
  await night.see(request)
  await night.end(request)
  const before = await night.story(request.ask.id)
  night.clock.advance(window + grace)
  await night.ring()
  await night.ring()
  expect(await night.story(request.ask.id)).toEqual(before)
})

test('a timer that comes early ends nothing', async () => {
  const request = await night.opened()
  await advanceWorkflow(request.ask.id, night.ports)
  expect((await night.state(request.ask.id)).status).toBe('approved')
})

test('a timer for a missing opening finds nothing', async () => {
  const id = `bgl_${'0'.repeat(26)}` as RequestId
  expect(await advanceWorkflow(id, night.ports)).toEqual({ requestId: id, wait: 'Close' })
  await setReminders(id, night)
  expect(night.timers.waiting).toEqual([])
})

test.each(['unheard', 'answer_lost'] as const)(
  'a store that fails at the end, %s: the next reader ends it, once',
  async (how) => {
    const request = await night.opened()
    night.requests.failNextCommit(how)
    await expect(night.end(request)).rejects.toMatchObject({ name: 'StoreUnavailable' })
    await night.end(request)
    expect(await night.endedOnce(request)).toEqual(['Completed'])
  },
)

test('an end that is stored late bears the time at which it ended', async () => {
  const request = await night.opened()
  night.clock.advance(48 * hour)
  await night.sweep()
  const entries = await night.ledger.entries(request.ask.id)
  expect(entries.map(({ type, at }) => [type, Date.parse(String(at)) / 1000 - request.submittedAt])).toEqual([
    ['BreakGlassOpened', 0],
    ['ReviewDue', 0],
    ['Expired', window],
    ['ReviewOverdue', 24 * hour],
  ])
})

test('a clock that goes back an hour while it is open neither ends nor lengthens it', async () => {
  const request = await night.opened()
  night.clock.advance(-hour)
  await night.sweep()
  expect((await night.state(request.ask.id)).status).toBe('approved')
  night.clock.advance(hour + window)
  expect(await night.issueToken(request)).toMatchObject({ ok: false, code: 'expired' })
  expect(await night.endedOnce(request)).toEqual(['Expired'])
})

const said = (message: string) => night.log.lines.filter((line) => line.message === message)

test('the log says that an opening is past its end and not stored as ended, each minute until it is', async () => {
  const request = await night.opened()
  await night.issueToken(request)
  night.clock.advance(window + 2 * minute + 1)
  night.requests.failNextCommit('unheard')
  await night.sweep()
  night.clock.advance(minute)
  await night.sweep()
  await night.sweep()
  const fields = { request: request.ask.id, sessions: 0 }
  expect(said('break_glass_outlived')).toEqual([
    { level: 'error', message: 'break_glass_outlived', fields: { ...fields, seconds: 121 } },
    { level: 'error', message: 'break_glass_outlived', fields: { ...fields, seconds: 181 } },
  ])
})

test('the log says nothing of a stored end, nor where the sweep is late for a review', async () => {
  const request = await night.opened()
  night.clock.advance(window + minute)
  await night.sweep()
  night.clock.advance(48 * hour)
  await night.sweep()
  expect((await night.story(request.ask.id)).at(-1)).toBe('ReviewOverdue')
  expect(said('break_glass_outlived')).toEqual([])
})

test('the log says once that a review is overdue, from each function that may store it', async () => {
  const request = await night.opened()
  await night.end(request)
  const before = await night.state(request.ask.id)
  night.clock.advance(25 * hour)
  await night.review(request, 'ben')
  const overdue = await night.state(request.ask.id)
  logOverdueReview(before, overdue, night.log)
  await night.review(request, 'gus')
  logOverdueReview(overdue, await night.state(request.ask.id), night.log)
  expect(said('review_overdue')).toEqual([
    { level: 'error', message: 'review_overdue', fields: { request: request.ask.id, drill: false } },
  ])
})
