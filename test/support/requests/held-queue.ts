import type { SQSEvent, SQSRecord } from 'aws-lambda'
import type { RequestId } from '../../../functions/domain/values.ts'

type Waiting = { record: SQSRecord; group: string; visibleAt: number; received: number }

/**
 * A FIFO queue as Lambda reads it, in memory and with a test's clock: messages of a group come in order and together;
 * failed ones come again after their hold, and after the last retry become dead letters.
 */
export class HeldQueue {
  #waiting: Waiting[] = []
  readonly dead: SQSRecord[] = []
  readonly #attempts: number
  readonly #visibility: number
  #sent = 0

  /** @param visibility the time for which a message is hidden from other workers, for several at once */
  constructor({ attempts, visibility = 0 }: { attempts: number; visibility?: number }) {
    this.#attempts = attempts
    this.#visibility = visibility
  }

  send(requestId: RequestId, now: number): void {
    const messageId = `message-${this.#sent++}`
    const record = { messageId, receiptHandle: messageId, body: JSON.stringify({ requestId }) } as SQSRecord
    this.#waiting.push({ record, group: requestId, visibleAt: now, received: 0 })
  }

  hold(receiptHandle: string, until: number): void {
    for (const each of this.#waiting) if (each.record.receiptHandle === receiptHandle) each.visibleAt = until
  }

  get length(): number {
    return this.#waiting.length
  }

  /** Has `work` do one batch of the visible messages. @returns false if none is visible */
  async workOff(
    now: number,
    batchSize: number,
    work: (event: SQSEvent) => Promise<readonly string[]>,
  ): Promise<boolean> {
    const held = new Set(this.#waiting.filter(({ visibleAt }) => visibleAt > now).map(({ group }) => group))
    const batch = this.#waiting.filter(({ group }) => !held.has(group)).slice(0, batchSize)
    if (batch.length === 0) return false
    for (const each of batch) {
      each.received += 1
      if (this.#visibility > 0) each.visibleAt = now + this.#visibility
      each.record.attributes = { ApproximateReceiveCount: String(each.received) } as SQSRecord['attributes']
    }
    const failed = await work({ Records: batch.map(({ record }) => record) })
    for (const each of batch) {
      if (failed.includes(each.record.messageId) && each.received < this.#attempts) continue
      if (failed.includes(each.record.messageId)) this.dead.push(each.record)
      this.#waiting = this.#waiting.filter((other) => other !== each)
    }
    return true
  }
}
