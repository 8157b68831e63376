import type { SQSBatchResponse } from 'aws-lambda'
import * as z from 'zod'
import { RequestId } from '../domain/values.ts'
import { faultName } from '../operations/faults.ts'

export const OfRequest = z.object({ requestId: RequestId })

/** These come again. */
export const failing = (messages: readonly string[]): SQSBatchResponse => ({
  batchItemFailures: messages.map((itemIdentifier) => ({ itemIdentifier })),
})

export class InvocationFailed extends Error {
  override readonly name = 'InvocationFailed'
}

/**
 * Of an invocation that no caller waits for. What it throws stands in the log and in a dead letter, so it is the name of the
 * fault, and nothing that the fault says.
 */
export async function namingFault<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (fault) {
    throw new InvocationFailed(faultName(fault))
  }
}
