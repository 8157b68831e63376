// Rules: test/infra/lambdas.test.ts
import { LambdaQueue } from '../../adapters/lambda/queue.ts'
import { SqsFifoQueue } from '../../adapters/sqs/queue.ts'
import type { EndMessage } from '../../operations/credentials/ports.ts'
import type { Queue } from '../../operations/ports.ts'
import type { CallMessage } from '../../operations/requests/ports.ts'
import { allKinds, isTargetId, kindAt, type TargetId } from '../../targets/kinds.ts'

/**
 * The queue of credentials to end, for each kind of target. Requests that end with another request or by a halt go to
 * AWS's queue.
 */
export const endsQueue = (told: { DENIES_QUEUE: string }): Queue<EndMessage> =>
  byKind(
    new SqsFifoQueue<EndMessage>(told.DENIES_QUEUE),
    othersThat(isTargetId).map((kind) => [kind, new SqsFifoQueue(toldOf(kind, 'DENIES_QUEUE'))]),
    (message) => ('deny' in message ? kindAt(message.role) : 'aws'),
  )

/** The function that looks up calls for each kind of target. */
export const callsQueue = (told: { CALLS_FUNCTION: string }): Queue<CallMessage> =>
  byKind(
    new LambdaQueue<CallMessage>(told.CALLS_FUNCTION),
    othersThat((act) => act === 'call').map((kind) => [kind, new LambdaQueue(toldOf(kind, 'CALLS_FUNCTION'))]),
    ({ target }) => target,
  )

/** The kinds except AWS, whose variables have plain names from when it was the only kind. */
const othersThat = (has: (act: string) => boolean): readonly TargetId[] =>
  allKinds.flatMap(({ id, credentials }) =>
    id !== 'aws' && Object.values(credentials).some(({ act }) => has(act)) ? [id] : [],
  )

/** @throws TypeError at a Lambda's start */
function toldOf(kind: TargetId, name: string): string {
  const variable = `${kind.toUpperCase()}_${name}`
  const value = process.env[variable]
  if (!value) throw new TypeError(`${variable} is not told`)
  return value
}

function byKind<T>(
  aws: Queue<T>,
  others: readonly (readonly [TargetId, Queue<T>])[],
  kindOf: (message: T) => TargetId,
): Queue<T> {
  const queues = new Map<TargetId, Queue<T>>([...others, ['aws', aws]])
  return {
    async send(messages) {
      // Concurrently, so that a failed queue does not stop the others.
      const sent = [...Map.groupBy(messages, kindOf)].map(async ([kind, of]) => {
        const queue = queues.get(kind)
        if (!queue) throw new TypeError(`nothing is sent to ${kind}`)
        await queue.send(of)
      })
      await Promise.all(sent)
    },
  }
}
