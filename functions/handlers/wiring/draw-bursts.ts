import type { SQSBatchResponse, SQSRecord } from 'aws-lambda'
import * as z from 'zod'
import { BurstKind, BurstOutcome, burstKey } from '../../domain/cards/burst.ts'
import { RequestId } from '../../domain/values.ts'
import type { drawBurst } from '../../operations/cards/draw-burst.ts'
import { BoardUnavailable } from '../../operations/faults.ts'
import type { Log } from '../../operations/ports.ts'

const Message = z.object({
  burst: BurstKind,
  request: RequestId.optional(),
  outcome: z.strictObject({ ...BurstOutcome.shape, generation: z.int().positive() }).optional(),
})
type Message = z.infer<typeof Message>
type Because = Parameters<typeof drawBurst>[1]

type Options = {
  draw(kind: BurstKind, because: Because): Promise<void>
  hold(receiptHandle: string, seconds: number): Promise<void>
  log: Log
}

/** The messages of single requests, and those of bursts. */
export const partition = (records: readonly SQSRecord[]): [single: SQSRecord[], several: SQSRecord[]] => [
  records.filter((record) => !isOfBurst(record)),
  records.filter(isOfBurst),
]

const isOfBurst = ({ body }: SQSRecord): boolean => body.startsWith('{"burst":')

/** Draws each burst of a batch once, whatever it is looked at for: all of its messages succeed or fail together. */
export async function drawBursts(
  records: readonly SQSRecord[],
  { draw, hold, log }: Options,
): Promise<SQSBatchResponse['batchItemFailures']> {
  const failed: SQSRecord[] = []
  const read = records.flatMap((record) => {
    const message = messageOf(record)
    if (message) return [{ record, message }]
    log.error('card_failed', { fault: 'message without a burst' })
    failed.push(record)
    return []
  })
  for (const those of Map.groupBy(read, ({ message }) => burstKey(message.burst)).values()) {
    const [one] = those
    if (!one) continue
    const messages = those.map(({ message }) => message)
    try {
      await draw(one.message.burst, {
        requests: messages.flatMap(({ request }) => request ?? []),
        outcomes: messages.flatMap(({ outcome }) => outcome ?? []),
      })
    } catch (fault) {
      log.warn('card_failed', {
        channel: one.message.burst.channel,
        fault: fault instanceof Error ? fault.name : 'unknown',
      })
      const seconds = fault instanceof BoardUnavailable ? (fault.retryAfterSeconds ?? 5) : 5
      // Held or not, the messages come again: at worst after the queue's own time.
      await Promise.allSettled(those.map(({ record }) => hold(record.receiptHandle, seconds)))
      failed.push(...those.map(({ record }) => record))
    }
  }
  return failed.map(({ messageId }) => ({ itemIdentifier: messageId }))
}

function messageOf({ body }: SQSRecord): Message | undefined {
  try {
    return Message.parse(JSON.parse(body))
  } catch {
    return undefined
  }
}
