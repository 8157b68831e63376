import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda'
import * as z from 'zod'
import { RequestId } from '../../domain/values.ts'
import type { Log } from '../../operations/ports.ts'

const Message = z.object({ requestId: RequestId })

type Options = {
  draw(id: RequestId): Promise<void>
  /** Says when a failed message shall come again, where that is known. */
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
    const seconds = retryAfterOf(fault)
    if (seconds !== undefined)
      // Held or not, the message comes again: at worst after the queue's own time.
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

const retryAfterOf = (fault: unknown): number | undefined =>
  fault instanceof Error && 'retryAfterSeconds' in fault && typeof fault.retryAfterSeconds === 'number'
    ? fault.retryAfterSeconds
    : undefined
