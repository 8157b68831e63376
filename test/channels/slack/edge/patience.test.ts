import { notAnswered, notRecorded } from '../../../../functions/channels/slack/edge/sentences.ts'
import type { ApprovalRequest } from '../../../../functions/domain/record/request.ts'
import type { RequestStore } from '../../../../functions/operations/record/ports.ts'
import { prodParameter, sampleBundle, World } from '../../../support/world.ts'
import { secret } from './clicks.ts'
import { Door } from './door.ts'

/** A store whose answers are slow; it writes at once, as DynamoDB would. */
function slow(store: RequestStore, ms: { load: number; commit: number }): RequestStore {
  const later = <T>(value: T, delay: number) => new Promise<T>((resolve) => setTimeout(() => resolve(value), delay))
  return {
    load: async (id) => later(await store.load(id), ms.load),
    loadToAct: async (...what) => later(await store.loadToAct(...what), ms.load),
    dependencies: (...what) => store.dependencies(...what),
    commit: async (change) => later(await store.commit(change), ms.commit),
    recall: (key) => store.recall(key),
    putOnce: (once) => store.putOnce(once),
    take: (once) => store.take(once),
    saveEvaluation: (evaluation) => store.saveEvaluation(evaluation),
    loadEvaluation: (id) => store.loadEvaluation(id),
    list: (filter, page) => store.list(filter, page),
    overdue: (before, limit) => store.overdue(before, limit),
    uncompared: (before, page) => store.uncompared(before, page),
    loadMany: (ids) => store.loadMany(ids),
    pendingIds: (most) => store.pendingIds(most),
    askedLately: (agent, since, most) => store.askedLately(agent, since, most),
    countOpen: (agent, most) => store.countOpen(agent, most),
    open: (agent, limit) => store.open(agent, limit),
  }
}

const bundle = sampleBundle()
let world: World
let door: Door
let request: ApprovalRequest
beforeEach(async () => {
  world = new World(bundle)
  door = new Door(world)
  door.isTimed = true
  request = await world.submitted(prodParameter)
  jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] })
})
afterEach(() => {
  jest.useRealTimers()
})

const withStore = (ms: { load: number; commit: number }) => {
  door.ports = (ports) => ({ ...ports, requests: slow(ports.requests, ms) })
}

/** Clicks, advances time until the answer, and returns its delay. Milliseconds. */
async function answeredAfter(): Promise<number> {
  const began = performance.now()
  let answered: number | undefined
  const done = door.click(request, 'U0BEN').then(({ statusCode }) => {
    expect(statusCode).toBe(200)
    answered = performance.now() - began
  })
  while (answered === undefined) await jest.advanceTimersByTimeAsync(10)
  await done
  return answered
}

/** Lets all work in progress end. */
const later = () => jest.advanceTimersByTimeAsync(60_000)
const decisions = async () => (await world.state(request.ask.id)).stages[0]?.decisions.length
const told = () => door.told.map(({ text }) => text)

test.each([
  { load: 2_000, commit: 2_000, says: [notAnswered], recorded: 0 },
  { load: 1_600, commit: 10, says: [notRecorded], recorded: 0 },
  { load: 1_000, commit: 2_000, says: [notAnswered], recorded: 1 },
  { load: 1_400, commit: 400, says: [], recorded: 1 },
  { load: 10, commit: 60_000, says: [notAnswered], recorded: 1 },
  { load: 60_000, commit: 10, says: [notAnswered], recorded: 0 },
  { load: 300, commit: 300, says: [], recorded: 1 },
])(
  'P15: a click on a store that reads in $load ms and writes in $commit ms is answered truthfully within 2.2 s',
  async ({ load, commit, says, recorded }) => {
    withStore({ load, commit })
    expect(await answeredAfter()).toBeLessThanOrEqual(2_200)
    expect(told()).toEqual(says)
    await later()
    expect(await decisions()).toBe(recorded)
    expect(told()).toEqual(says)
  },
)

test.each([
  [1_490, 1],
  [1_510, 0],
])(
  'a transaction that could start %d ms after arrival, with 1.5 s as the limit, is recorded: %d',
  async (load, recorded) => {
    withStore({ load, commit: 1 })
    await answeredAfter()
    await later()
    expect(await decisions()).toBe(recorded)
  },
)

test('an answer does not wait for the ephemeral message', async () => {
  door.ephemeralSent = () => new Promise(() => {})
  withStore({ load: 2_000, commit: 1 })
  expect(await answeredAfter()).toBeLessThanOrEqual(2_200)
  expect(told()).toEqual([notAnswered])
})

test('an answer does not wait for the ephemeral message of a refusal', async () => {
  door.ephemeralSent = () => new Promise(() => {})
  request = { ...request, round: 2 }
  expect(await answeredAfter()).toBeLessThanOrEqual(2_200)
})

test('a secret that fails at first is read again in time, and the click counts', async () => {
  let reads = 0
  door.secrets = async () => {
    reads += 1
    if (reads <= 3) throw new Error('Secrets Manager is busy')
    return [secret]
  }
  const answer = door.click(request, 'U0BEN')
  await jest.advanceTimersByTimeAsync(2_200)
  expect([(await answer).statusCode, await decisions()]).toEqual([200, 1])
})

test('an answer does not wait for a secret that never comes', async () => {
  door.secrets = () => new Promise(() => {})
  const answer = door.click(request, 'U0BEN')
  await jest.advanceTimersByTimeAsync(2_200)
  expect((await answer).statusCode).toBe(503)
})
