import type { SQSBatchResponse, SQSEvent } from 'aws-lambda'
import * as z from 'zod'
import { SqsFifoQueue } from '../../adapters/sqs/queue.ts'
import { decideBurst } from '../../operations/cards/decide-burst.ts'
import type { BurstMessage } from '../../operations/cards/ports.ts'
import { environmentOf } from '../environments.ts'
import { cedarPolicy } from '../wiring/policy.ts'
import { decidingPorts } from '../wiring/ports.ts'

const environment = environmentOf('decide-burst')
const ports = {
  ...decidingPorts(environment, cedarPolicy()),
  draws: new SqsFifoQueue<BurstMessage>(environment.CARDS_QUEUE),
}

const Message = z.object({ click: z.string().regex(/^CLICK#/) })

/** Carries out clicks on lists. Only what the stream of the requests tells of is sent here, and what is decided is what is on record under the key. */
export const handler = async ({ Records }: SQSEvent): Promise<SQSBatchResponse> => {
  const batchItemFailures: SQSBatchResponse['batchItemFailures'] = []
  for (const { body, messageId } of Records) {
    try {
      await decideBurst(Message.parse(JSON.parse(body)).click, ports)
    } catch (fault) {
      ports.log.error('burst_failed', { fault: fault instanceof Error ? fault.name : 'unknown' })
      batchItemFailures.push({ itemIdentifier: messageId })
    }
  }
  return { batchItemFailures }
}
