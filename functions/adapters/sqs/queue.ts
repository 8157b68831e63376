import {
  ChangeMessageVisibilityCommand,
  SendMessageBatchCommand,
  type SendMessageBatchRequestEntry,
  SQSClient,
} from '@aws-sdk/client-sqs'
import type { Fifo, Queue } from '../../operations/ports.ts'
import type { FollowMessage } from '../../operations/requests/ports.ts'

/** SQS takes no more at once. */
const batchLimit = 10

/** Some messages were not taken. All may be sent again: whoever reads them only looks at the table. */
export class MessagesRefused extends Error {
  override readonly name = 'MessagesRefused'
}

/** A standard queue of ids. The body of a message is the message. */
export class SqsQueue<T extends object = FollowMessage> implements Queue<T> {
  readonly #send: (entries: readonly Entry[]) => Promise<void>

  constructor(queueUrl: string, client: SQSClient = connect()) {
    this.#send = sender(queueUrl, client)
  }

  send(messages: readonly T[]): Promise<void> {
    return this.#send(messages.map((message) => ({ MessageBody: JSON.stringify(message) })))
  }
}

/** A FIFO queue: in order within a group, and one message of each deduplication id in five minutes. */
export class SqsFifoQueue<T extends Fifo> implements Queue<T> {
  readonly #send: (entries: readonly Entry[]) => Promise<void>

  constructor(queueUrl: string, client: SQSClient = connect()) {
    this.#send = sender(queueUrl, client)
  }

  send(messages: readonly T[]): Promise<void> {
    return this.#send(
      messages.map((message) => ({
        MessageBody: JSON.stringify(message),
        MessageGroupId: message.group,
        MessageDeduplicationId: message.deduplicate,
      })),
    )
  }
}

type Entry = Omit<SendMessageBatchRequestEntry, 'Id'>

/** Sends in batches, one after the other so that order holds. @throws MessagesRefused when SQS takes only some */
const sender =
  (queueUrl: string, client: SQSClient) =>
  async (entries: readonly Entry[]): Promise<void> => {
    for (let from = 0; from < entries.length; from += batchLimit) {
      const Entries = entries.slice(from, from + batchLimit).map((entry, index) => ({ Id: `${index}`, ...entry }))
      const { Failed = [] } = await client.send(new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries }))
      if (Failed.length === 0) continue
      const codes = [...new Set(Failed.map(({ Code }) => `\`${Code}\``))].join(', ')
      throw new MessagesRefused(`the queue refused ${Failed.length} of ${Entries.length} messages: ${codes}`)
    }
  }

const connect = () =>
  new SQSClient({
    // The endpoint is the environment's, as for every other client; a queue's URL only names the queue.
    useQueueUrlAsEndpoint: false,
    maxAttempts: 3,
    requestHandler: { connectionTimeout: 1000, requestTimeout: 3000, throwOnRequestTimeout: true },
  })

/** SQS's own limit, less what the message has been out for already. Seconds. */
const longest = 43_000

/** Says when a message that could not be worked off now shall come again. */
export class SqsVisibility {
  readonly #queueUrl: string
  readonly #client: SQSClient

  constructor(queueUrl: string, client: SQSClient = new SQSClient({ maxAttempts: 2 })) {
    this.#queueUrl = queueUrl
    this.#client = client
  }

  /** @param seconds from now; rounded up, since too early would be in vain */
  async hold(receiptHandle: string, seconds: number): Promise<void> {
    const VisibilityTimeout = Math.min(Math.max(Math.ceil(seconds), 1), longest)
    await this.#client.send(
      new ChangeMessageVisibilityCommand({ QueueUrl: this.#queueUrl, ReceiptHandle: receiptHandle, VisibilityTimeout }),
    )
  }
}
