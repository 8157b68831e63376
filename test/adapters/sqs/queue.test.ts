import { randomUUID } from 'node:crypto'
import { CreateQueueCommand, DeleteMessageCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { SqsFifoQueue, SqsQueue, SqsVisibility } from '../../../functions/adapters/sqs/queue.ts'
import type { Queue } from '../../../functions/operations/ports.ts'
import type { FifoMessage, FollowMessage } from '../../../functions/operations/requests/ports.ts'
import { requestId } from '../../support/ask.ts'
import { MemoryFifoQueue, MemoryQueue } from '../../support/requests/memory-queue.ts'
import { onBoth } from '../both.ts'

type Ends<T> = { queue: Queue<T>; receive: (count: number) => Promise<readonly T[]> }

async function makeQueue(fifo: boolean): Promise<string> {
  const { QueueUrl } = await new SQSClient({}).send(
    new CreateQueueCommand({
      QueueName: `test-${randomUUID()}${fifo ? '.fifo' : ''}`,
      ...(fifo ? { Attributes: { FifoQueue: 'true' } } : {}),
    }),
  )
  return QueueUrl as string
}

/** Takes messages off until there are `count`, waiting for each by a long poll. */
const receiver =
  <T>(QueueUrl: string) =>
  async (count: number): Promise<readonly T[]> => {
    const client = new SQSClient({})
    const received: T[] = []
    while (received.length < count) {
      const { Messages } = await client.send(
        new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 2 }),
      )
      if (!Messages?.length) return received
      for (const { Body, ReceiptHandle } of Messages) {
        received.push(JSON.parse(Body as string))
        await client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }))
      }
    }
    return received
  }

onBoth<Ends<FollowMessage>>(
  'a queue',
  {
    memory: () => {
      const queue = new MemoryQueue()
      return { queue, receive: async () => queue.take() }
    },
    real: async () => {
      const url = await makeQueue(false)
      return { queue: new SqsQueue(url), receive: receiver(url) }
    },
  },
  (make) => {
    test('a queue hands on every message of a large batch', async () => {
      const { queue, receive } = await make()
      const messages = Array.from({ length: 25 }, (_, n) => ({ requestId: requestId(n) }))
      await queue.send(messages)
      expect(new Set((await receive(25)).map(({ requestId }) => requestId))).toEqual(
        new Set(messages.map(({ requestId }) => requestId)),
      )
    })

    test('a queue accepts an empty batch', async () => {
      const { queue } = await make()
      await expect(queue.send([])).resolves.toBeUndefined()
    })
  },
)

onBoth<Ends<FifoMessage>>(
  'a FIFO queue',
  {
    memory: () => {
      const queue = new MemoryFifoQueue()
      return { queue, receive: async () => queue.take() }
    },
    real: async () => {
      const url = await makeQueue(true)
      return { queue: new SqsFifoQueue(url), receive: receiver(url) }
    },
  },
  (make) => {
    const message = (request: number, version: number, group = requestId(request)): FifoMessage => ({
      requestId: requestId(request),
      group,
      deduplicate: `${requestId(request)}#${version}`,
    })

    test('a FIFO queue keeps the order within a group, even over batches', async () => {
      const { queue, receive } = await make()
      const messages = Array.from({ length: 12 }, (_, n) => [message(1, n), message(2, n)]).flat()
      await queue.send(messages)
      const received = await receive(24)
      for (const group of [requestId(1), requestId(2)])
        expect(received.filter((each) => each.group === group)).toEqual(messages.filter((each) => each.group === group))
    })

    test('a FIFO queue takes one change of one request once', async () => {
      const { queue, receive } = await make()
      await queue.send([message(1, 1), message(1, 2)])
      await queue.send([message(1, 2), message(1, 3)])
      expect(await receive(3)).toEqual([message(1, 1), message(1, 2), message(1, 3)])
    })
  },
)

test("a message is delayed at the endpoint of the environment, not at the host in its queue's URL", async () => {
  const url = await makeQueue(false)
  await new SqsQueue(url).send([{ requestId: requestId(1) }])
  const receive = new ReceiveMessageCommand({ QueueUrl: url, WaitTimeSeconds: 2, VisibilityTimeout: 1 })
  const { Messages: [message] = [] } = await new SQSClient({}).send(receive)
  // Nothing listens here.
  const elsewhere = new URL(new URL(url).pathname, 'http://127.0.0.1:1')
  await expect(new SqsVisibility(elsewhere.href).hold(message?.ReceiptHandle ?? '', 600)).resolves.toBeUndefined()
})
