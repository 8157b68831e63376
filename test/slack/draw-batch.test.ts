import type { SQSEvent, SQSRecord } from 'aws-lambda'
import { drawBatch } from '../../functions/handlers/wiring/draw-batch.ts'
import { BoardUnavailable, CardUndeliverable } from '../../functions/operations/faults.ts'
import { requestId } from '../support/ask.ts'
import { MemoryLog } from '../support/memory-log.ts'

const record = (messageId: string, body: unknown, received = 1): SQSRecord =>
  ({
    messageId,
    receiptHandle: `handle-${messageId}`,
    attributes: { ApproximateReceiveCount: String(received) },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  }) as SQSRecord
const of = (n: number) => ({ requestId: requestId(n), group: requestId(n), deduplicate: `${requestId(n)}#1` })

async function drawn(records: SQSRecord[], fails: { [request: string]: Error } = {}) {
  const drawings: string[] = []
  const held: [string, number][] = []
  const { batchItemFailures } = await drawBatch({ Records: records } as SQSEvent, {
    draw: async (id) => {
      drawings.push(id)
      if (fails[id]) throw fails[id]
    },
    hold: async (handle, seconds) => void held.push([handle, seconds]),
    log: new MemoryLog(),
  })
  return { drawings, held, failed: batchItemFailures.map(({ itemIdentifier }) => itemIdentifier) }
}

test('several messages of one request are one drawing', async () => {
  expect(await drawn([record('a', of(1)), record('b', of(1)), record('c', of(2))])).toEqual({
    drawings: [requestId(1), requestId(2)],
    held: [],
    failed: [],
  })
})

test('one request’s trouble is its own, and all of its messages come again, in order', async () => {
  const { drawings, failed } = await drawn([record('a', of(1)), record('b', of(2)), record('c', of(1))], {
    [requestId(1)]: new BoardUnavailable('down'),
  })
  expect(drawings).toEqual([requestId(1), requestId(2)])
  expect(failed).toEqual(['a', 'c'])
})

test('when Slack asks for patience the messages are held for as long as it asks', async () => {
  const fault = new BoardUnavailable('slower', { retryAfterSeconds: 17 })
  expect(await drawn([record('a', of(1)), record('b', of(1))], { [requestId(1)]: fault })).toMatchObject({
    held: [
      ['handle-a', 17],
      ['handle-b', 17],
    ],
    failed: ['a', 'b'],
  })
})

test('a card that cannot be delivered stays in the queue, for the day that its channel is open again', async () => {
  const closed = { [requestId(1)]: new CardUndeliverable('not in the channel') }
  expect(await drawn([record('a', of(1), 20)], closed)).toMatchObject({ failed: ['a'], held: [['handle-a', 60]] })
})

test('a message that is none of ours is left to the dead-letter queue, and holds up nobody', async () => {
  expect(await drawn([record('x', 'not JSON'), record('y', { requestId: 'req_1' }), record('a', of(1))])).toMatchObject(
    {
      drawings: [requestId(1)],
      failed: ['x', 'y'],
    },
  )
})

test.each([
  [1, 2],
  [3, 8],
  [6, 60],
  [60, 60],
])('after %d times in vain a message is held for %d s, as what follows in its group is', async (received, seconds) => {
  const down = { [requestId(1)]: new BoardUnavailable('down') }
  expect((await drawn([record('a', of(1), received)], down)).held).toEqual([['handle-a', seconds]])
})
