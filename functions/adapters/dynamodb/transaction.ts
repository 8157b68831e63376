import { randomUUID } from 'node:crypto'
import {
  type CancellationReason,
  TransactionCanceledException,
  type TransactWriteItem,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb'
import { type Connection, within } from './client.ts'
import { unavailable } from './unavailable.ts'

/** How one transaction ended: all of it, or none, and then why for each of its items in their order. */
export type Transacted = { done: true } | { done: false; reasons: readonly CancellationReason[] }

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
      await pause(attempt)
    }
  }
}

/** Longer each time, and another for each caller, so that those that failed together do not come together again. */
const pause = (attempt: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, 50 * 2 ** attempt * (0.5 + Math.random() / 2)))

export const failed = (reason: CancellationReason | undefined): boolean => reason?.Code === 'ConditionalCheckFailed'
export const conflicted = (reason: CancellationReason | undefined): boolean => reason?.Code === 'TransactionConflict'
