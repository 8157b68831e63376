// Rules: test/operations/workers.test.ts
import type { SQSBatchResponse } from 'aws-lambda'
import * as z from 'zod'
import { RequestId } from '../domain/values.ts'
import { faultName } from '../operations/faults.ts'

export const OfRequest = z.object({ requestId: RequestId })

/** The messages that SQS retries. */
export const failing = (messages: readonly string[]): SQSBatchResponse => ({
  batchItemFailures: messages.map((itemIdentifier) => ({ itemIdentifier })),
})

export class InvocationFailed extends Error {
  override readonly name = 'InvocationFailed'
}

/**
 * For asynchronous invocations: the log and the dead letter get only the name of a fault, since its text may contain
 * secrets.
 */
export async function namingFault<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (fault) {
    throw new InvocationFailed(faultName(fault))
  }
}
