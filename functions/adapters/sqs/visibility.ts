import { ChangeMessageVisibilityCommand, SQSClient } from '@aws-sdk/client-sqs'

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
