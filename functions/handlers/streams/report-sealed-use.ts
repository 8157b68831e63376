import type { SQSEvent } from 'aws-lambda'
import { sealedUseOf } from '../../adapters/cloudtrail/session-record.ts'
import { reportSealedUse } from '../../operations/break-glass/report-sealed-use.ts'
import type { MakingPorts } from '../../operations/requests/ports.ts'
import { takeEach } from '../batches.ts'
import { bind } from '../environments.ts'
import { decidingPorts, factsOnly } from '../wiring/ports.ts'

/**
 * Opens the review of each use of a sealed role that EventBridge tells of. An event that cannot be read, or of a person
 * that the deployment does not know, comes again and ends with the dead letters: the role was used, so none is dropped.
 */
export const createHandler =
  (ports: MakingPorts) =>
  ({ Records }: SQSEvent) =>
    takeEach(
      Records,
      async (event) => {
        const reported = await reportSealedUse(sealedUseOf(event), ports)
        if (!reported.ok) throw Object.assign(new Error('the use cannot be reported'), { name: reported.code })
      },
      (fault) => ports.log.error('sealed_role_use_failed', { fault }),
    )

export const handler = bind('report-sealed-use', (told) => decidingPorts(told, factsOnly()), createHandler)
