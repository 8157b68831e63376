import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda'
import * as z from 'zod'
import { RequestId } from '../../domain/values.ts'
import type { Log } from '../../operations/ports.ts'

const Message = z.object({ requestId: RequestId })

type Options = {
  draw(id: RequestId): Promise<void>
  /** Says when a failed message shall come again. */
  hold(receiptHandle: string, seconds: number): Promise<void>
  log: Log
}

/**
 * Draws the requests of a batch. All messages of one request are one drawing, since what is drawn is what the table says
 * now, and they succeed or fail together, so that the order within their group holds. One request's trouble is its own.
 */
export async function drawBatch(event: SQSEvent, options: Options): Promise<SQSBatchResponse> {
  const failed: SQSRecord[] = []
  for (const records of Map.groupBy(event.Records, ({ body }) => requestOf(body) ?? body).values()) {
    if (!(await drawOne(records, options))) failed.push(...records)
  }
  return { batchItemFailures: failed.map(({ messageId }) => ({ itemIdentifier: messageId })) }
}

async function drawOne(records: readonly SQSRecord[], { draw, hold, log }: Options): Promise<boolean> {
  const id = requestOf(records[0]?.body ?? '')
  if (id === undefined) {
    log.error('card_failed', { fault: 'message without a request' })
    return false
  }
  try {
    await draw(id)
    return true
  } catch (fault) {
    log.warn('card_failed', { request: id, fault: fault instanceof Error ? fault.name : 'unknown' })
    const seconds = retryAfterOf(fault) ?? pause(records)
    // Held or not, the messages come again: at worst after the queue's own time.
    await Promise.allSettled(records.map(({ receiptHandle }) => hold(receiptHandle, seconds)))
    return false
  }
}

function requestOf(body: string): RequestId | undefined {
  try {
    return Message.parse(JSON.parse(body)).requestId
  } catch {
    return undefined
  }
}

/** Seconds: soon at first, since what follows in the group waits for it too, and in the end as long as the queue itself would. */
const pause = (records: readonly SQSRecord[]): number =>
  Math.min(60, 2 ** Math.max(...records.map(({ attributes }) => Number(attributes.ApproximateReceiveCount) || 1)))

const retryAfterOf = (fault: unknown): number | undefined =>
  fault instanceof Error && 'retryAfterSeconds' in fault && typeof fault.retryAfterSeconds === 'number'
    ? fault.retryAfterSeconds
    : undefined
