import type { ApprovalRequest } from '../../functions/domain/request.ts'
import { parameter, prodParameter, sampleBundle } from '../support/world.ts'
import { Clockwork } from './clockwork.ts'

/** A waiting state's token and what it waits for come in any order; whichever lands second signals. */

const bundle = sampleBundle()
/** How long a sender who claimed a wait is believed to be alive. Seconds. */
const lease = 30

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

test('none slips between: the token may land at any turn of the settlement', async () => {
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
      for (let passed = 0; passed < turn; passed++) await Promise.resolve()
      await world.runTask(wait)
    }
    await Promise.all([settle(request), land()])
    ends.push([world.endOf(wait), await world.waits.open(request.ask.id)])
  }
  expect(ends).toEqual(ends.map(() => ['Settled', []]))
})

/** How many turns of the event loop something takes that waits for nothing outside. */
async function turnsOf(running: Promise<unknown>): Promise<number> {
  let [turns, done] = [0, false]
  const finished = running.then(() => {
    done = true
  })
  for (; !done; turns++) await Promise.resolve()
  await finished
  return turns
}

test('a claimed wait whose sender died is sent again after the lease, and not before', async () => {
  const { world, request, wait } = await waiting()
  await world.runTask(wait)
  await world.decide(request, 'ben', 'deny')
  expect(await world.waits.claim(wait, world.clock.now(), lease)).toBe(true)

  world.clock.advance(lease - 1)
  await world.follow(request)
  expect(world.endOf(wait)).toBe('open')
  world.clock.advance(1)
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

test("the end of one request's wait ends nobody else's", async () => {
  const { world, request, wait } = await waiting()
  const other = await world.submitted({ ...prodParameter, arguments: { ...prodParameter.arguments, Value: '9' } })
  const others = world.enter(other, 'Tier2 owner')
  await world.runTask(wait)
  await world.runTask(others)
  await world.decide(request, 'ben', 'deny')
  await world.follow(request)
  expect([world.endOf(wait), world.endOf(others)]).toEqual(['Settled', 'open'])
})
