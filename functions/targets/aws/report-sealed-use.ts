// Rules: test/stack/swift/sealed-role.test.ts
import type { SQSEvent } from 'aws-lambda'
import { failing } from '../../handlers/batches.ts'
import type { Stores, Wiring } from '../../handlers/environment.ts'
import { decidingPorts, factsOnly } from '../../handlers/wiring/ports.ts'
import { reportSealedUse } from '../../operations/break-glass/report-sealed-use.ts'
import { faultName } from '../../operations/faults.ts'
import type { MakingPorts } from '../../operations/record/ports.ts'
import { sealedUseOf } from './cloudtrail/session-record.ts'

/**
 * Opens the review of each use of a sealed role that EventBridge reports. An unreadable event, or one of an unknown
 * person, is retried and goes to the dead-letter queue.
 */
export const createHandler =
  (ports: MakingPorts) =>
  async ({ Records }: SQSEvent) => {
    const failed: string[] = []
    for (const { messageId, body } of Records) {
      const fault = await report(body, ports).catch(faultName)
      if (fault === undefined) continue
      ports.log.error('sealed_role_use_failed', { fault })
      failed.push(messageId)
    }
    return failing(failed)
  }

/** @returns the reason why the use cannot be reported */
async function report(body: string, ports: MakingPorts): Promise<string | undefined> {
  const reported = await reportSealedUse(sealedUseOf(JSON.parse(body)), ports)
  return reported.ok ? undefined : reported.code
}

export const wire: Wiring<typeof createHandler, Stores | 'TEXTS_TABLE'> = (told) => decidingPorts(told, factsOnly())
