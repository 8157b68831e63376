import type { SQSBatchResponse, SQSRecord } from 'aws-lambda'
import * as z from 'zod'
import { RequestId } from '../domain/values.ts'
import { faultName } from '../operations/faults.ts'

export const OfRequest = z.object({ requestId: RequestId })

/** Takes the messages of a queue one by one. Those that fail come again, and in the end go to the dead letters. */
export async function takeEach(
  records: readonly SQSRecord[],
  take: (message: unknown) => Promise<unknown>,
  tell: (fault: string, messageId: string) => void,
): Promise<SQSBatchResponse> {
  const failed: string[] = []
  for (const { messageId, body } of records) {
    try {
      await take(JSON.parse(body))
    } catch (fault) {
      tell(faultName(fault), messageId)
      failed.push(messageId)
    }
  }
  return failing(failed)
}

export const failing = (messages: readonly string[]): SQSBatchResponse => ({
  batchItemFailures: messages.map((itemIdentifier) => ({ itemIdentifier })),
})
