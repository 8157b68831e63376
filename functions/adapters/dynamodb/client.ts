import { randomUUID } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import {
  type CancellationReason,
  DynamoDBClient,
  TransactionCanceledException,
  type TransactWriteItem,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb'
import { StoreUnavailable } from '../../operations/faults.ts'

/** How long a caller can wait for the store. Everything else about a client comes from the environment. */
export type Patience = {
  /** Requests on the wire for one call, the first included. */
  attempts: number
  /** For one of them, in milliseconds. */
  attemptMs: number
  /** For the call as a whole, with the pauses between attempts, in milliseconds. */
  totalMs: number
}

/** For callers for which no person waits: long enough to sit out a throttled partition. */
export const patient: Patience = { attempts: 4, attemptMs: 2000, totalMs: 8000 }

/**
 * For Slack's three seconds. The SDK's own four attempts pause 3 to 4 s when throttled (performance.md 1.6), which is
 * longer than a person waits.
 */
export const hurried: Patience = { attempts: 2, attemptMs: 450, totalMs: 950 }

/** A client made once per cold start, with the bound for each of its calls. */
export type Connection = { client: DynamoDBClient; patience: Patience }

export function connect(patience: Patience = patient): Connection {
  const { attempts, attemptMs } = patience
  const client = new DynamoDBClient({
    maxAttempts: attempts,
    // Without `throwOnRequestTimeout` the SDK only logs a warning when time is up.
    requestHandler: { connectionTimeout: attemptMs, requestTimeout: attemptMs, throwOnRequestTimeout: true },
  })
  return { client, patience }
}

/** Bounds one call as a whole: the SDK gives up on a pause between attempts too. */
export const within = ({ patience }: Connection): { abortSignal: AbortSignal } => ({
  abortSignal: AbortSignal.timeout(patience.totalMs),
})

/**
 * A vendor's fault as ours. The message says what was tried and what kind of fault it was; what an item holds stays out
 * of it.
 */
export function unavailable(trying: string, cause: unknown): StoreUnavailable {
  if (cause instanceof StoreUnavailable) return cause
  return new StoreUnavailable(`the store did not ${trying}: \`${nameOf(cause)}\``, { cause: withoutItems(cause) })
}

/** For `.catch`: every way in which a call can fail means that nothing is known of what it did. */
export const orUnavailable =
  (trying: string) =>
  (cause: unknown): never => {
    throw unavailable(trying, cause)
  }

const nameOf = (cause: unknown): string => (cause instanceof Error ? cause.name : typeof cause)

/** The SDK hangs the items that failed a condition on the error itself, from where a logger would print them. */
function withoutItems(cause: unknown): unknown {
  if (cause instanceof Error) {
    if ('CancellationReasons' in cause) cause.CancellationReasons = undefined
    if ('Item' in cause) cause.Item = undefined
  }
  return cause
}

/** How one transaction ended: all of it, or none, and then why for each of its items in their order. */
type Transacted = { done: true } | { done: false; reasons: readonly CancellationReason[] }

/** Reasons that tell of other writers. */
const ofOthers = ['None', 'ConditionalCheckFailed', 'TransactionConflict']
/** Reasons that tell that nothing was written, since the table had no room for it just then. */
const ofRoom = ['ThrottlingError', 'ProvisionedThroughputExceeded']

/**
 * Writes all of it or none. Where the table had no room it wrote nothing: then it is tried again, as often and as long as
 * the connection lets any other call be.
 *
 * The token is made here once an attempt, so that what the SDK sends again is one transaction even when an answer is lost.
 * It is not derived from the content: two callers who write the same thing at the same time must not both be told that it
 * was theirs.
 *
 * @throws StoreUnavailable when it is not known whether it was written, or there was no room
 */
export async function transact(
  connection: Connection,
  items: readonly TransactWriteItem[],
  trying: string,
): Promise<Transacted> {
  const bound = within(connection)
  for (let attempt = 1; ; attempt++) {
    const command = new TransactWriteItemsCommand({ TransactItems: [...items], ClientRequestToken: randomUUID() })
    try {
      await connection.client.send(command, bound)
      return { done: true }
    } catch (cause) {
      const reasons = cause instanceof TransactionCanceledException ? (cause.CancellationReasons ?? []) : []
      const are = (codes: readonly string[]) =>
        reasons.length === items.length && reasons.every(({ Code }) => codes.includes(Code ?? 'None'))
      if (are(ofOthers)) return { done: false, reasons }
      const mayTryAgain = are([...ofOthers, ...ofRoom]) && attempt < connection.patience.attempts
      if (!mayTryAgain || bound.abortSignal.aborted) throw unavailable(trying, cause)
      await pause(50, attempt)
    }
  }
}

/**
 * Waits before another attempt: twice as long each time, and up to half of it less by chance, so that callers that failed
 * together do not come back together.
 */
export const pause = (milliseconds: number, attempt: number): Promise<void> =>
  setTimeout(milliseconds * 2 ** attempt * (0.5 + Math.random() / 2))

export const failed = (reason: CancellationReason | undefined): boolean => reason?.Code === 'ConditionalCheckFailed'
export const conflicted = (reason: CancellationReason | undefined): boolean => reason?.Code === 'TransactionConflict'
