import type { Fifo, Queue } from '../../../functions/operations/ports.ts'
import type { FifoMessage, FollowMessage } from '../../../functions/operations/requests/ports.ts'

/** A standard queue in memory. */
export class MemoryQueue<T extends object = FollowMessage> implements Queue<T> {
  #messages: T[] = []

  async send(messages: readonly T[]): Promise<void> {
    await Promise.resolve()
    this.#messages.push(...structuredClone(messages))
  }

  /** Takes all waiting messages. */
  take(): readonly T[] {
    return this.#messages.splice(0)
  }
}

/** A FIFO queue in memory. A deduplication id is known for ever, where SQS forgets it after five minutes. */
export class MemoryFifoQueue<T extends Fifo = FifoMessage> implements Queue<T> {
  #messages: T[] = []
  readonly #seen = new Set<string>()

  async send(messages: readonly T[]): Promise<void> {
    await Promise.resolve()
    for (const message of messages) {
      const key = JSON.stringify([message.group, message.deduplicate])
      if (!this.#seen.has(key)) this.#messages.push(structuredClone(message))
      this.#seen.add(key)
    }
  }

  /** Takes all waiting messages, in order. */
  take(): readonly T[] {
    return this.#messages.splice(0)
  }
}
