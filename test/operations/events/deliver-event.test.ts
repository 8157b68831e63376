import { type DecisionEvent, eventsOfRequest } from '../../../functions/domain/events/decision-events.ts'
import { deliverEvent, pauseAfter } from '../../../functions/operations/events/deliver-event.ts'
import { ReceiverUnavailable, SecretUnavailable } from '../../../functions/operations/faults.ts'
import { withAgent } from '../../support/bundles.ts'
import { agent, World } from '../../support/world.ts'
import { approvedFlag } from '../uses/claimed-flag.ts'

/** One event goes to one receiver, and its outcome is known. */

const url = 'https://hooks.example/hotwork'
const builder = agent('builder')

/** A submitted request as a receiver is told of it, and the log, for each answer or fault of the webhook. */
async function delivered(receiver: 'bus' | `webhook:${string}`, answer: 'taken' | 'gone' | Error = 'taken') {
  const world = new World()
  const { request } = await approvedFlag(world)
  const [event] = eventsOfRequest(undefined, request) as readonly [DecisionEvent]
  const bus: DecisionEvent[] = []
  const hooks: unknown[] = []
  const ports = {
    bundle: withAgent(builder, { notify: url }, world.policy.bundle),
    log: world.log,
    bus: { put: async (put: DecisionEvent) => void bus.push(put) },
    webhooks: {
      send: async (to: unknown, sent: DecisionEvent) => {
        hooks.push([to, sent])
        if (answer instanceof Error) throw answer
        return answer
      },
    },
  }
  const fault = await deliverEvent({ receiver, event }, ports).catch((thrown) => thrown)
  const errors = world.log.lines.filter(({ level }) => level === 'error')
  return { event, bus, hooks, fault, errors: errors.map(({ message, fields }) => [message, fields]) }
}

test('the bus is put the event, and no webhook is sent it', async () => {
  const { event, bus, hooks, errors } = await delivered('bus')
  expect([bus, hooks, errors]).toEqual([[event], [], []])
})

test('a webhook is sent the event where its registration says, and the bus is not put it again', async () => {
  const { event, bus, hooks, errors } = await delivered(`webhook:${builder}`)
  expect([bus, hooks, errors]).toEqual([[], [[{ id: builder, url }, event]], []])
})

test('a webhook whose registration has lost its address is sent nothing', async () => {
  const { bus, hooks, fault } = await delivered(`webhook:${agent('remediator')}`)
  expect([bus, hooks, fault]).toEqual([[], [], undefined])
})

test('a webhook that is gone is sent it once, and said', async () => {
  const { event, fault, errors } = await delivered(`webhook:${builder}`, 'gone')
  expect([fault, errors]).toEqual([undefined, [['webhook_gone', { receiver: builder, event: event.id }]]])
})

test('an event that is not taken comes again, and one that cannot be signed is said as well', async () => {
  const unavailable = new ReceiverUnavailable('it answered 500')
  expect(await delivered(`webhook:${builder}`, unavailable)).toMatchObject({ fault: unavailable, errors: [] })
  const unsigned = new SecretUnavailable('no secret')
  const { event, fault, errors } = await delivered(`webhook:${builder}`, unsigned)
  expect([fault, errors]).toEqual([unsigned, [['webhook_unsigned', { receiver: builder, event: event.id }]]])
})

test('the pauses between 21 attempts make a week, and none is longer than a queue can hide a message', () => {
  for (const share of [0, 1]) {
    const pauses = Array.from({ length: 20 }, (_, attempt) => pauseAfter(attempt + 1, share))
    const days = pauses.reduce((sum, each) => sum + each, 0) / 86_400
    expect(days).toBeGreaterThan(6)
    expect(days).toBeLessThan(8)
    expect(Math.max(...pauses)).toBeLessThan(43_000)
  }
  expect([1, 2, 3, 4, 5, 6].map((attempt) => pauseAfter(attempt, 0))).toEqual([5, 30, 120, 600, 3600, 10_800])
  expect(pauseAfter(1, 12)).toBe(10)
})
