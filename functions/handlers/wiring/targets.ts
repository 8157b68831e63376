import { LambdaQueue } from '../../adapters/lambda/queue.ts'
import { SqsFifoQueue } from '../../adapters/sqs/queue.ts'
import type { EndMessage } from '../../operations/break-glass/ports.ts'
import type { Queue } from '../../operations/ports.ts'
import type { CallMessage } from '../../operations/requests/ports.ts'
import { kindAt, type TargetId } from '../../targets/kinds.ts'

/** What ends credentials: a queue for each kind of target. What ends with a request or a halt goes by AWS's. */
export const endsQueue = (told: { DENIES_QUEUE: string }): Queue<EndMessage> =>
  byKind(
    { aws: new SqsFifoQueue<EndMessage>(told.DENIES_QUEUE) },
    (kind) => new SqsFifoQueue(toldOf(kind, 'DENIES_QUEUE')),
    (message) => ('deny' in message ? kindAt(message.role) : 'aws'),
  )

/** What looks up calls: a function for each kind of target. */
export const callsQueue = (told: { CALLS_FUNCTION: string }): Queue<CallMessage> =>
  byKind(
    { aws: new LambdaQueue<CallMessage>(told.CALLS_FUNCTION) },
    (kind) => new LambdaQueue(toldOf(kind, 'CALLS_FUNCTION')),
    ({ target }) => target,
  )

/** AWS's variables have the plain names, from when it was the only kind. */
const toldOf = (kind: TargetId, variable: string): string => process.env[`${kind.toUpperCase()}_${variable}`] ?? ''

function byKind<T>(
  queues: { [kind in TargetId]?: Queue<T> },
  make: (kind: TargetId) => Queue<T>,
  kindOf: (message: T) => TargetId,
): Queue<T> {
  return {
    async send(messages) {
      for (const [kind, of] of Map.groupBy(messages, kindOf)) {
        queues[kind] ??= make(kind)
        await queues[kind].send(of)
      }
    },
  }
}
