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

/** Reasons that tell of other writers. Any other (throttling, capacity, validation) tells nothing of the items. */
const ofOthers = ['None', 'ConditionalCheckFailed', 'TransactionConflict']

/**
 * Writes all of it or none.
 *
 * The token is made here once, so that the attempts of one call are one transaction even when an answer is lost. It is
 * not derived from the content: two callers who write the same thing at the same time must not both be told that it was
 * theirs.
 *
 * @throws StoreUnavailable when it is not known whether it was written
 */
export async function transact(
  connection: Connection,
  items: readonly TransactWriteItem[],
  trying: string,
): Promise<Transacted> {
  const command = new TransactWriteItemsCommand({ TransactItems: [...items], ClientRequestToken: randomUUID() })
  try {
    await connection.client.send(command, within(connection))
    return { done: true }
  } catch (cause) {
    const reasons = cause instanceof TransactionCanceledException ? (cause.CancellationReasons ?? []) : []
    const told = reasons.length === items.length && reasons.every(({ Code }) => ofOthers.includes(Code ?? 'None'))
    if (!told) throw unavailable(trying, cause)
    return { done: false, reasons }
  }
}

export const failed = (reason: CancellationReason | undefined): boolean => reason?.Code === 'ConditionalCheckFailed'
export const conflicted = (reason: CancellationReason | undefined): boolean => reason?.Code === 'TransactionConflict'
