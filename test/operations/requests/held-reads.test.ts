import { type Pause, readTask } from '../../../functions/operations/requests/read-requests.ts'
import { agent, prodParameter, sampleBundle, World } from '../../support/world.ts'

/**
 * A read of a task is held while nothing changes. Each agent has a budget of such seconds, and is then answered at
 * once.
 */

const sample = sampleBundle()
const limits = { openPerAgent: 100, openPerOwner: 200, burst: 20, heldReads: { perMinute: 60, burst: 50 } }
const remediator = agent('remediator')

async function waiting() {
  const world = new World({ ...sample, ladder: { ...sample.ladder, limits } })
  const { ask } = await world.submitted(prodParameter)
  /** The read, with how long it was held. */
  async function read(wait: number, pause: Pause = async () => world.clock.advance(1), who = remediator) {
    const { requests, policy, clock } = world
    const before = clock.now()
    const task = await readTask({ id: ask.id, agent: who, wait }, { requests, policy, clock, pause })
    return { held: clock.now() - before, status: task?.state.status, retryAfter: task?.retryAfter }
  }
  return { world, ask, read }
}
/** The outcome of a read that is never released once it is held. */
const begun = (read: (pause: Pause) => Promise<unknown>): Promise<'held' | 'answered'> =>
  new Promise((resolve, reject) => {
    const held: Pause = () => {
      resolve('held')
      return new Promise(() => {})
    }
    read(held).then(() => resolve('answered'), reject)
  })
const unheld: Pause = () => Promise.reject(new Error('it is held'))

test('a read is held while nothing changes, and may come again at once', async () => {
  const { read } = await waiting()
  expect(await read(25)).toEqual({ held: 25, status: 'pending', retryAfter: 1 })
})

test('a held read that finds too few seconds left is answered at once as a plain one, and is held again later', async () => {
  const { world, read } = await waiting()
  for (let n = 0; n < 2; n++) expect(await begun((pause) => read(25, pause))).toBe('held')
  expect(await read(25, unheld)).toEqual({ held: 0, status: 'pending', retryAfter: 5 })
  world.clock.advance(25)
  expect(await read(25)).toMatchObject({ held: 25, retryAfter: 1 })
})

test('a plain read, one of what is settled, and one of another agent cost nothing', async () => {
  const { world, ask, read } = await waiting()
  for (let n = 0; n < 100; n++) expect(await read(0, unheld)).toMatchObject({ status: 'pending', retryAfter: 5 })
  expect(await read(25, unheld, agent('builder'))).toEqual({ held: 0, status: undefined, retryAfter: undefined })
  expect(await read(25)).toMatchObject({ held: 25 })
  await world.decide(await world.state(ask.id), 'ana', 'deny')
  for (let n = 0; n < 10; n++)
    expect(await read(25, unheld)).toEqual({ held: 0, status: 'denied', retryAfter: undefined })
  const keys = ['heldReads#agent:builder', 'submissions#agent:remediator'].map((name) => `RATE#${name}`)
  for (const key of keys) expect(await world.requests.recall(key)).toBeUndefined()
  expect(await world.requests.recall('RATE#heldReads#agent:remediator')).toBe(`${world.clock.now() * 1000}`)
})

test('a change ends the hold', async () => {
  const { world, ask, read } = await waiting()
  const decided: Pause = async () => {
    world.clock.advance(1)
    await world.decide(await world.state(ask.id), 'ana')
  }
  expect(await read(25, decided)).toEqual({ held: 1, status: 'pending', retryAfter: 1 })
})

test('an agent that holds all it may leaves most Lambdas of a usual reservation to others', async () => {
  const world = new World(sample)
  const { ask } = await world.submitted(prodParameter)
  const { requests, policy, clock } = world
  const all: string[] = []
  for (let second = 0; second < 25; second++) {
    const ask25 = { id: ask.id, agent: remediator, wait: 25 }
    const reads = Array.from({ length: 20 }, () =>
      begun((pause) => readTask(ask25, { requests, policy, clock, pause })),
    )
    all.push(...(await Promise.all(reads)))
    clock.advance(1)
  }
  const held = all.filter((each) => each === 'held').length
  expect(held).toBeGreaterThan(5)
  expect(held).toBeLessThanOrEqual(11)
})
