import type { ApprovalRequest } from '../../../functions/domain/record/request.ts'
import type { RequestId } from '../../../functions/domain/values.ts'
import { StoreUnavailable } from '../../../functions/operations/faults.ts'
import type { WaitRecord } from '../../../functions/operations/requests/ports.ts'
import { awaitOutcome, followRequest } from '../../../functions/operations/requests/workflow.ts'
import { parameter, prodParameter, sampleBundle } from '../../support/world.ts'
import { Clockwork } from './clockwork.ts'

/** A waiting state's token and its outcome come in any order; the one that lands second signals. */

const bundle = sampleBundle()
/** How long a sender who claimed a wait is believed to be alive. Seconds. */

async function waiting() {
  const world = new Clockwork(bundle)
  const request = await world.submitted(prodParameter)
  return { world, request, wait: world.enter(request, 'Tier2 owner') }
}

test('a token that lands first is kept, and the settlement signals', async () => {
  const { world, request, wait } = await waiting()
  await world.runTask(wait)
  expect(world.endOf(wait)).toBe('open')
  await world.decide(request, 'ben', 'deny')
  await world.follow(request)
  expect(world.endOf(wait)).toBe('Settled')
})

test('a token that lands second signals by itself', async () => {
  const { world, request, wait } = await waiting()
  await world.decide(request, 'ben', 'deny')
  await world.follow(request)
  expect(world.endOf(wait)).toBe('open')
  await world.runTask(wait)
  expect(world.endOf(wait)).toBe('Settled')
})

// Slow: the task's own reads take longer than the whole settlement.
test.each(['quick', 'slow'])('none slips between: a %s token may land at any turn of the settlement', async (pace) => {
  const world = new Clockwork(bundle)
  const settle = async (request: ApprovalRequest) => {
    await world.decide(request, 'ben', 'deny')
    await world.follow(request)
  }
  const turns = await turnsOf(settle(await world.submitted(parameter('/prod/checkout/measured'))))
  expect(turns).toBeGreaterThan(10)
  const ends: unknown[] = []
  for (let turn = 0; turn <= turns; turn++) {
    const request = await world.submitted(parameter(`/prod/checkout/turn-${turn}`))
    const wait = world.enter(request, 'Tier2 owner')
    const land = async () => {
      await pass(turn)
      await awaitOutcome(wait, answeredAfter(pace === 'slow' ? turns : 0, world))
    }
    await Promise.all([settle(request), land()])
    ends.push([world.endOf(wait), await world.waits.open(request.ask.id)])
  }
  expect(ends).toEqual(ends.map(() => ['Settled', []]))
})

const pass = async (turns: number) => {
  for (let turn = 0; turn < turns; turn++) await Promise.resolve()
}

/** The ports of a waiting state's task, whose answers arrive this many turns late. */
function answeredAfter(turns: number, { moving, requests, waits }: Clockwork): Clockwork['moving'] {
  const late = async <T>(done: Promise<T>) => {
    const answer = await done
    await pass(turns)
    return answer
  }
  return Object.assign(moving, {
    requests: { load: (id: RequestId) => late(requests.load(id)) },
    waits: {
      remember: (wait: WaitRecord) => late(waits.remember(wait)),
      open: (request: RequestId) => late(waits.open(request)),
      ended: (wait: WaitRecord) => late(waits.ended(wait)),
    },
  })
}

/** The turns of the event loop until the promise settles; it waits for nothing outside. */
async function turnsOf(running: Promise<unknown>): Promise<number> {
  let [turns, done] = [0, false]
  const finished = running.then(() => {
    done = true
  })
  for (; !done; turns++) await Promise.resolve()
  await finished
  return turns
}

test('a wait whose sender died before it sent is ended by the next who looks', async () => {
  const { world, request, wait } = await waiting()
  await world.runTask(wait)
  await world.decide(request, 'ben', 'deny')
  const { promise: sending, resolve } = Promise.withResolvers<void>()
  const endWait = () => {
    resolve()
    return new Promise<never>(() => {}) // Its process is no more: not even a fault comes of it.
  }
  void followRequest(request.ask.id, false, { ...world.moving, workflow: { start: async () => {}, endWait } })
  await sending
  await world.follow(request)
  expect(world.endOf(wait)).toBe('Settled')
})

test('a wait whose sender died after it sent is forgotten by the next who looks', async () => {
  const { world, request, wait } = await waiting()
  await world.runTask(wait)
  await world.decide(request, 'ben', 'deny')
  await world.workflow.endWait(wait.taskToken, 'Settled')
  await world.follow(request)
  expect([world.endOf(wait), await world.waits.open(request.ask.id)]).toEqual(['Settled', []])
})

test('a signal that fails is sent by the next who looks, at once', async () => {
  const { world, request, wait } = await waiting()
  await world.runTask(wait)
  await world.decide(request, 'ben', 'deny')
  world.workflow.failSignals = 1
  await expect(world.follow(request)).rejects.toThrow('Step Functions does not answer')
  expect(world.endOf(wait)).toBe('open')
  await world.follow(request)
  expect(world.endOf(wait)).toBe('Settled')
})

test('one wait whose signal fails does not keep another from ending', async () => {
  const { world, request, wait } = await waiting()
  const again = world.enter(request, 'Tier2 owner', '2')
  await world.runTask(wait)
  await world.runTask(again)
  await world.decide(request, 'ben')
  world.workflow.failSignals = 1
  await expect(world.follow(request)).rejects.toThrow('Step Functions does not answer')
  expect([world.endOf(wait), world.endOf(again)]).toEqual(['open', 'succeeded'])
})

test.each([
  ['its token cannot be kept', { remember: () => Promise.reject(new StoreUnavailable('no answer')) }],
  ['the request cannot be read', { load: () => Promise.reject(new StoreUnavailable('no answer')) }],
])('a task signals that it failed itself: %s', async (_what, broken) => {
  const { world, request, wait } = await waiting()
  const { requests, waits, ...rest } = world.moving
  const ports = { ...rest, requests: { load: requests.load.bind(requests) }, waits }
  if ('load' in broken) ports.requests = broken
  else ports.waits = Object.assign(Object.create(waits), broken)
  await expect(awaitOutcome(wait, ports)).rejects.toMatchObject({ name: 'StoreUnavailable' })
  expect(world.endOf(wait)).toBe('Faulted')

  // The machine enters the state again, under another token; the old one does no harm.
  const again = world.enter(request, 'Tier2 owner', '2')
  await world.runTask(again)
  expect(world.endOf(again)).toBe('open')
  await world.decide(request, 'ben', 'deny')
  await world.follow(request)
  expect([world.endOf(wait), world.endOf(again)]).toEqual(['Faulted', 'Settled'])
})

test('a task whose signal fails says so, and the next one signals', async () => {
  const { world, request, wait } = await waiting()
  await world.decide(request, 'ben', 'deny')
  world.workflow.failSignals = 1
  await expect(world.runTask(wait)).rejects.toThrow('Step Functions does not answer')
  expect(world.endOf(wait)).toBe('Faulted')
  const again = world.enter(request, 'Tier2 owner', '2')
  await world.runTask(again)
  expect(world.endOf(again)).toBe('Settled')
})

test('a task that cannot even say that it failed throws what failed first', async () => {
  const { world, request, wait } = await waiting()
  await world.decide(request, 'ben', 'deny')
  world.workflow.failSignals = 2
  await expect(world.runTask(wait)).rejects.toThrow('Step Functions does not answer')
  expect(world.endOf(wait)).toBe('open')
  await world.follow(request)
  expect(world.endOf(wait)).toBe('Settled')
})

test('a wait that timed out meanwhile is forgotten, and its signal changes nothing', async () => {
  const { world, request, wait } = await waiting()
  await world.runTask(wait)
  world.workflow.timeOut(wait.taskToken)
  await world.decide(request, 'ben', 'deny')
  await world.follow(request)
  expect(world.endOf(wait)).toBe('timed_out')
  expect(await world.waits.open(request.ask.id)).toEqual([])
})

test('a redriven execution waits under another attempt, and both of its waits end', async () => {
  const { world, request, wait } = await waiting()
  const again = world.enter(request, 'Tier2 owner', '2')
  await world.runTask(wait)
  await world.runTask(again)
  await world.decide(request, 'ben')
  await world.follow(request)
  expect([world.endOf(wait), world.endOf(again)]).toEqual(['succeeded', 'succeeded'])
})

test("the end of one request's wait ends no other's", async () => {
  const { world, request, wait } = await waiting()
  const other = await world.submitted({ ...prodParameter, arguments: { ...prodParameter.arguments, Value: '9' } })
  const others = world.enter(other, 'Tier2 owner')
  await world.runTask(wait)
  await world.runTask(others)
  await world.decide(request, 'ben', 'deny')
  await world.follow(request)
  expect([world.endOf(wait), world.endOf(others)]).toEqual(['Settled', 'open'])
})
