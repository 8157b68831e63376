import type { SQSEvent } from 'aws-lambda'
import * as z from 'zod'
import { SqsFifoQueue } from '../../adapters/sqs/queue.ts'
import { decideBurst } from '../../operations/cards/decide-burst.ts'
import type { BurstMessage } from '../../operations/cards/ports.ts'
import { takeEach } from '../batches.ts'
import { bind } from '../environments.ts'
import { cedarPolicy } from '../wiring/policy.ts'
import { decidingPorts } from '../wiring/ports.ts'
import { withReader } from '../wiring/reader.ts'

const Message = z.object({ click: z.string().regex(/^CLICK#/) })

/**
 * Carries out clicks on lists. Only the stream of the requests sends to this queue, and what is decided is what is on
 * record under the key.
 */
export const createHandler =
  (ports: Parameters<typeof decideBurst>[1]) =>
  ({ Records }: SQSEvent) =>
    takeEach(
      Records,
      (message) => decideBurst(Message.parse(message).click, ports),
      (fault) => ports.log.error('burst_failed', { fault }),
    )

export const handler = bind(
  'decide-burst',
  (told) => ({
    ...withReader(told, decidingPorts(told, cedarPolicy())),
    draws: new SqsFifoQueue<BurstMessage>(told.CARDS_QUEUE),
  }),
  createHandler,
)
