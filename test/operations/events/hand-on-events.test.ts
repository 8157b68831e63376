import { handOnEventsOfHalts, handOnEventsOfRequest } from '../../../functions/operations/events/hand-on-events.ts'
import { MemoryQueue } from '../../support/requests/memory-queue.ts'
import { agent } from '../../support/world.ts'
import { Halting, remediator } from '../halts/halt-world.ts'
import { claimedFlag, flagService } from '../uses/claimed-flag.ts'

/** A change is queued as one message for each receiver, so that a slow one holds up no other. */

const notify = 'https://hooks.example/hotwork'

let world: Halting
let deliveries: MemoryQueue<{ receiver: string; event: { type: string } }>
beforeEach(() => {
  world = new Halting()
  deliveries = new MemoryQueue()
})
const handedOn = () => deliveries.take().map(({ receiver, event }) => [receiver, event.type])
const ports = () => {
  const { bundle } = world.policy
  const agents = bundle.agents.map((each) => ({ ...each, notify }))
  return { deliveries, bundle: { ...bundle, agents } }
}

test('a killed token is told to its tool, and the end of its grant to the bus and the agent', async () => {
  const { request } = await claimedFlag(world)
  const before = await world.stored(request.ask.id)
  await world.complete(request)
  await handOnEventsOfRequest(before, await world.stored(request.ask.id), ports())
  expect(handedOn()).toEqual([
    ['bus', 'Grant Ended'],
    [`webhook:${agent('builder')}`, 'Grant Ended'],
    [`stream:${flagService}`, 'session_revoked'],
  ])
})

test('a change that killed no token is told to no tool', async () => {
  const { request } = await claimedFlag(world)
  await handOnEventsOfRequest(undefined, await world.stored(request.ask.id), ports())
  const receivers = handedOn().map(([receiver]) => receiver)
  expect(new Set(receivers)).toEqual(new Set(['bus', `webhook:${agent('builder')}`]))
})

test('a halt is told to the bus', async () => {
  const halt = await world.halted(remediator)
  await handOnEventsOfHalts([], [halt], ports())
  expect(handedOn()).toEqual([['bus', 'Halt Declared']])
})

test('a change without effect for a receiver sends no message', async () => {
  const { request } = await claimedFlag(world)
  const same = await world.stored(request.ask.id)
  let sent = 0
  const counted = { ...ports(), deliveries: { send: async () => void sent++ } }
  await handOnEventsOfRequest(same, same, counted)
  await handOnEventsOfHalts([], [], counted)
  expect(sent).toBe(0)
})
