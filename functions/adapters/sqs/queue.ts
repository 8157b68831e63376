import type { SendMessageBatchRequestEntry } from '@aws-sdk/client-sqs'
import { ChangeMessageVisibilityCommand, SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs'
import type { Fifo, Queue } from '../../operations/ports.ts'
import { asItself, bounded } from '../aws-client.ts'

const batchLimit = 10

/** SQS refused some messages. Resending all is safe, since readers use the table. */
export class MessagesRefused extends Error {
  override readonly name = 'MessagesRefused'
}

type Entry = Omit<SendMessageBatchRequestEntry, 'Id'>

/** A standard queue of ids, each message as its body. */
export class SqsQueue<T extends object> implements Queue<T> {
  readonly #queueUrl: string
  readonly #client: SQSClient

  constructor(queueUrl: string, client: SQSClient = connect()) {
    this.#queueUrl = queueUrl
    this.#client = client
  }

  /** Sends in batches, one after another to keep the order. @throws MessagesRefused if SQS accepts only some */
  async send(messages: readonly T[]): Promise<void> {
    for (let from = 0; from < messages.length; from += batchLimit) {
      const batch = messages.slice(from, from + batchLimit)
      const Entries = batch.map((message, index) => ({ Id: `${index}`, ...this.entryOf(message) }))
      const command = new SendMessageBatchCommand({ QueueUrl: this.#queueUrl, Entries })
      const { Failed = [] } = await this.#client.send(command)
      if (Failed.length === 0) continue
      const codes = [...new Set(Failed.map(({ Code }) => `\`${Code}\``))].join(', ')
      throw new MessagesRefused(`the queue refused ${Failed.length} of ${Entries.length} messages: ${codes}`)
    }
  }

  protected entryOf(message: T): Entry {
    return { MessageBody: JSON.stringify(message) }
  }
}

/** A FIFO queue: in order within a group, and one message for each deduplication id in five minutes. */
export class SqsFifoQueue<T extends Fifo> extends SqsQueue<T> {
  protected override entryOf(message: T): Entry {
    return { ...super.entryOf(message), MessageGroupId: message.group, MessageDeduplicationId: message.deduplicate }
  }
}

/** A standard queue that serves receivers in turn, so that many messages of one do not delay those of another. */
export class SqsFairQueue<T extends { receiver: string }> extends SqsQueue<T> {
  protected override entryOf(message: T): Entry {
    return { ...super.entryOf(message), MessageGroupId: message.receiver }
  }
}

/** The endpoint comes from the environment, as for every client; a queue's URL only names the queue. */
const connect = (attempts = 3) => asItself(new SQSClient({ useQueueUrlAsEndpoint: false, ...bounded(attempts, 3000) }))

/** SQS's limit, less the time for which the message has been in flight. Seconds. */
const longest = 43_000

export class SqsVisibility {
  readonly #queueUrl: string
  readonly #client: SQSClient

  constructor(queueUrl: string, client: SQSClient = connect(2)) {
    this.#queueUrl = queueUrl
    this.#client = client
  }

  /** @param seconds from now, rounded up, since an early return would be useless */
  async hold(receiptHandle: string, seconds: number): Promise<void> {
    const VisibilityTimeout = Math.min(Math.max(Math.ceil(seconds), 1), longest)
    await this.#client.send(
      new ChangeMessageVisibilityCommand({ QueueUrl: this.#queueUrl, ReceiptHandle: receiptHandle, VisibilityTimeout }),
    )
  }
}
