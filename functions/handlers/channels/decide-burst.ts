// Rules: test/stack/burst.test.ts
import * as z from 'zod'
import { SqsFifoQueue } from '../../adapters/sqs/queue.ts'
import { decideBurst } from '../../operations/cards/decide-burst.ts'
import type { BurstMessage } from '../../operations/cards/ports.ts'
import { namingFault } from '../batches.ts'
import type { Reads, Stores, Wiring } from '../environment.ts'
import { cedarPolicy } from '../wiring/policy.ts'
import { decidingPorts } from '../wiring/ports.ts'
import { withReader } from '../wiring/reader.ts'

const Message = z.object({ click: z.string().regex(/^CLICK#/) })

/**
 * Carries out a recorded click on a list, by its key. Only the stream of the requests invokes it. Lambda retries a
 * thrown fault.
 */
export const createHandler = (ports: Parameters<typeof decideBurst>[1]) => (message: unknown) =>
  namingFault(() => decideBurst(Message.parse(message).click, ports))

export const wire: Wiring<typeof createHandler, Stores | 'TEXTS_TABLE' | Reads | 'CARDS_QUEUE'> = (told) => ({
  ...withReader(told, decidingPorts(told, cedarPolicy())),
  draws: new SqsFifoQueue<BurstMessage>(told.CARDS_QUEUE),
})
