// Rules: test/stack/dead-letters.test.ts
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import type { Queue } from '../../operations/ports.ts'
import type { FollowMessage } from '../../operations/requests/ports.ts'
import { asItself, bounded } from '../aws-client.ts'

/**
 * Sends ids to one function through Lambda's own queue: one invocation each, unordered and retried
 * (infra/constructs/event-sources.ts). The payload is the message.
 */
export class LambdaQueue<T extends object = FollowMessage> implements Queue<T> {
  readonly #function: string
  readonly #client: LambdaClient

  /** @param named the function's ARN or name */
  constructor(named: string, client: LambdaClient = asItself(new LambdaClient(bounded(3, 3000)))) {
    this.#function = named
    this.#client = client
  }

  async send(messages: readonly T[]): Promise<void> {
    await Promise.all(messages.map((message) => this.#invoke(message)))
  }

  async #invoke(message: T): Promise<void> {
    const Payload = Buffer.from(JSON.stringify(message))
    await this.#client.send(new InvokeCommand({ FunctionName: this.#function, InvocationType: 'Event', Payload }))
  }
}
