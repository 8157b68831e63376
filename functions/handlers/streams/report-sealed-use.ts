import type { SQSBatchResponse, SQSEvent } from 'aws-lambda'
import { sealedUseOf } from '../../adapters/cloudtrail/session-record.ts'
import { reportSealedUse } from '../../operations/break-glass/report-sealed-use.ts'
import { environmentOf } from '../environments.ts'
import { decidingPorts, factsOnly, readBundle } from '../wiring/ports.ts'

const ports = decidingPorts(environmentOf('report-sealed-use'), factsOnly(readBundle()))

/**
 * Opens the review of each use of a sealed role that EventBridge tells of. What cannot be read, or is nobody's that the
 * deployment knows, comes again and ends with the dead letters: somebody used the role, so it is never dropped.
 */
export const handler = async ({ Records }: SQSEvent): Promise<SQSBatchResponse> => {
  const batchItemFailures: SQSBatchResponse['batchItemFailures'] = []
  for (const { body, messageId } of Records) {
    const failed = (fault: string) => {
      ports.log.error('sealed_role_use_failed', { fault })
      batchItemFailures.push({ itemIdentifier: messageId })
    }
    try {
      const reported = await reportSealedUse(sealedUseOf(JSON.parse(body)), ports)
      if (!reported.ok) failed(reported.code)
    } catch (fault) {
      failed(fault instanceof Error ? fault.name : 'unknown')
    }
  }
  return { batchItemFailures }
}
