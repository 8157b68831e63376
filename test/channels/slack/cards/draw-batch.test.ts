import type { SQSEvent, SQSRecord } from 'aws-lambda'
import { SystemIds } from '../../../../functions/adapters/system/system.ts'
import { drawBatch, tellNotices } from '../../../../functions/handlers/channels/draw-batch.ts'
import { BoardUnavailable, CardUndeliverable, PagerUnavailable } from '../../../../functions/operations/faults.ts'
import { requestId } from '../../../support/ask.ts'
import { MemoryLog } from '../../../support/memory-log.ts'

const record = (messageId: string, body: unknown, received = 1): SQSRecord =>
  ({
    messageId,
    receiptHandle: `handle-${messageId}`,
    attributes: { ApproximateReceiveCount: String(received) },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  }) as SQSRecord
const of = (n: number) => ({ requestId: requestId(n), group: requestId(n), deduplicate: `${requestId(n)}#1` })

/** As random as real ids. */
const ids = Array.from({ length: 200 }, () => new SystemIds().request())

async function drawn(records: SQSRecord[], fails: { [request: string]: Error } = {}, most = records.length) {
  const drawings: string[] = []
  const beside: string[] = []
  const held: [string, number][] = []
  const { batchItemFailures } = await drawBatch({ Records: records } as SQSEvent, {
    draw: async (id) => {
      drawings.push(id)
      if (fails[id]) throw fails[id]
    },
    withoutSlack: async (id) => void beside.push(id),
    hold: async (handle, seconds) => void held.push([handle, seconds]),
    mayStart: () => drawings.length < most,
    isOneChat: true,
    log: new MemoryLog(),
  })
  return { drawings, beside, held, failed: batchItemFailures.map(({ itemIdentifier }) => itemIdentifier) }
}

test.each([
  { kind: 'due', days: 7, due: 1 },
  { kind: 'suspended', why: 'recertification' },
  { kind: 'owner', owner: 'person:dan', on: 1, answers: 'person:ana', entry: 'registry' },
])('a notice about an agent is told as it was sent: %j', async (notice) => {
  const [told, held]: [unknown[], string[]] = [[], []]
  const ports = { hold: async (handle: string) => void held.push(handle), log: new MemoryLog() }
  const message = { about: 'agent:builder', to: { channel: 'agents' }, notice }
  const tell = async (each: unknown) => void told.push(each)
  expect(
    await tellNotices([record('a', message), record('b', { ...message, notice: {} })], { tell, ...ports }),
  ).toEqual([{ itemIdentifier: 'b' }])
  expect([told, held]).toEqual([[message], ['handle-b']])
})

test('several messages of one request are one drawing', async () => {
  expect(await drawn([record('a', of(1)), record('b', of(1)), record('c', of(2))])).toEqual({
    drawings: [requestId(1), requestId(2)],
    beside: [],
    held: [],
    failed: [],
  })
})

test('drawings without time to begin are retried soon, and finished ones are not', async () => {
  const { drawings, held, failed } = await drawn([record('a', of(1)), record('b', of(2)), record('c', of(3))], {}, 2)
  expect(drawings).toEqual([requestId(1), requestId(2)])
  expect(failed).toEqual(['c'])
  expect(held).toEqual([['handle-c', 1]])
})

test("a fault stays with its request, and all of that request's messages are retried, in order", async () => {
  const { drawings, failed } = await drawn([record('a', of(1)), record('b', of(2)), record('c', of(1))], {
    [requestId(1)]: new BoardUnavailable('down'),
  })
  expect(drawings).toEqual([requestId(1), requestId(2)])
  expect(failed).toEqual(['a', 'c'])
})

test('a throttled batch is held for at least as long as Slack asks, and the rest is not tried', async () => {
  const fault = new BoardUnavailable('slower', { retryAfterSeconds: 17 })
  const { drawings, beside, held, failed } = await drawn([record('a', of(1)), record('b', of(1)), record('c', of(2))], {
    [requestId(1)]: fault,
  })
  expect(drawings).toEqual([requestId(1)])
  // The part without Slack runs: an opening may have a person to wake.
  expect(beside).toEqual([requestId(2)])
  expect(held.map(([handle]) => handle)).toEqual(['handle-a', 'handle-b', 'handle-c'])
  for (const [, seconds] of held) expect(seconds).toBeGreaterThanOrEqual(17)
  expect(failed).toEqual(['a', 'b', 'c'])
})

test('an unanswering Slack is waited for once in a batch', async () => {
  const fault = new BoardUnavailable('no answer', { forAll: true })
  const { drawings, failed } = await drawn([record('a', of(1)), record('c', of(2))], { [requestId(1)]: fault })
  expect(drawings).toEqual([requestId(1)])
  expect(failed).toEqual(['a', 'c'])
})

test('requests that failed together are retried apart', async () => {
  const down = Object.fromEntries(ids.map((id) => [id, new BoardUnavailable('down')]))
  const held = await Promise.all(
    ids.map(async (id, at) => (await drawn([record(`${at}`, { requestId: id }, 6)], down)).held[0]?.[1] ?? 0),
  )
  expect(Math.min(...held)).toBeGreaterThanOrEqual(60)
  expect(Math.max(...held)).toBeLessThanOrEqual(120)
  for (let second = 60; second < 120; second++)
    expect(held.filter((each) => each === second).length).toBeLessThanOrEqual(ids.length / 10)
})

test('an undeliverable card stays in the queue until its channel is open again', async () => {
  const closed = { [requestId(1)]: new CardUndeliverable('not in the channel') }
  expect(await drawn([record('a', of(1), 20)], closed)).toMatchObject({
    failed: ['a'],
    held: [['handle-a', expect.any(Number)]],
  })
})

test('a foreign message is left to the dead-letter queue, and holds up no other', async () => {
  expect(await drawn([record('x', 'not JSON'), record('y', { requestId: 'req_1' }), record('a', of(1))])).toMatchObject(
    { drawings: [requestId(1)], failed: ['x', 'y'] },
  )
})

test.each([
  [1, 2],
  [3, 8],
  [6, 60],
  [60, 60],
])(
  'a message that failed %d times is held for %d s and a random share, with the rest of its group',
  async (received, seconds) => {
    const down = { [requestId(1)]: new BoardUnavailable('down') }
    const [held] = (await drawn([record('a', of(1), received)], down)).held
    expect(held?.[1]).toBeGreaterThanOrEqual(seconds)
    expect(held?.[1]).toBeLessThanOrEqual(2 * seconds)
  },
)

test('a card over the rate limit of its channel is retried within sixteen seconds, and later after a minute', async () => {
  const limited = { [requestId(1)]: new BoardUnavailable('slower', { retryAfterSeconds: 1 }) }
  const holds = async (received: number) => (await drawn([record('a', of(1), received)], limited)).held[0]?.[1]
  expect(await holds(15)).toBeLessThanOrEqual(16)
  expect(await holds(16)).toBeGreaterThanOrEqual(60)
})

test("a message that only the page hook missed is retried soon, because the card's next change waits for it", async () => {
  const holds = async (fault: Error) => (await drawn([record('a', of(1), 40)], { [requestId(1)]: fault })).held[0]?.[1]
  expect(await holds(new PagerUnavailable('down'))).toBeLessThanOrEqual(30)
  expect(await holds(new BoardUnavailable('down'))).toBeGreaterThanOrEqual(60)
})
