import type { SQSBatchResponse } from 'aws-lambda'
import * as z from 'zod'
import { RequestId } from '../domain/values.ts'

export const OfRequest = z.object({ requestId: RequestId })

/** These come again, and in the end are dead letters. */
export const failing = (messages: readonly string[]): SQSBatchResponse => ({
  batchItemFailures: messages.map((itemIdentifier) => ({ itemIdentifier })),
})
