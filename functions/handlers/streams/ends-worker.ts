// Rules: test/operations/workers.test.ts
import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda'
import * as z from 'zod'
import { AgentId, HaltId, NumericDate, RequestId, StandingPermitId } from '../../domain/values.ts'
import { type EndingPorts, endCredentials } from '../../operations/credentials/end-credentials.ts'
import { faultName } from '../../operations/faults.ts'
import type { Log } from '../../operations/ports.ts'
import { failing } from '../batches.ts'

type Ports = EndingPorts & { log: Log }

const Deny = z.object({ deny: z.union([RequestId, HaltId, z.literal('time')]), role: z.string(), since: NumericDate })
const End = z.object({ end: z.union([RequestId, HaltId, StandingPermitId, AgentId]) })
export type End = z.infer<typeof End>['end']
const Message = z.union([Deny, End])
type Work = z.infer<typeof Message> & { messageId: string }

/**
 * Ends the credentials of a kind, as its only writer: the queue's group is the place, and one run does all of a batch's
 * work at a place. The end of all that rests on a request, halt, permit or agent has its own group; its denies follow
 * in order. A failed message holds back the rest of its group.
 * @param endAll ends everything that rests on it; absent for a kind whose queue only gets credentials
 */
export const endsWorker =
  (ports: Ports, endAll: (end: End) => Promise<void> = notTold) =>
  async (event: SQSEvent): Promise<SQSBatchResponse> => {
    const failed: string[] = []
    const attempt = orFailed(failed, ports)
    // An unreadable message fails by itself, and goes to the dead-letter queue.
    const work: Work[] = []
    for (const record of event.Records) await attempt([record], async () => void work.push(readWork(record)))
    // Denies first, since sessions work until they are written.
    const denies = Map.groupBy(
      work.filter((each) => 'deny' in each),
      ({ role }) => role,
    )
    for (const [role, ofRole] of denies)
      await attempt(ofRole, async () => {
        const causes = ofRole.map(({ deny }) => deny)
        await endCredentials(role, causes, ports)
        logLag(role, ofRole, ports)
      })
    for (const each of work) if ('end' in each) await attempt([each], () => endAll(each.end))
    return failing(failed)
  }

async function notTold(): Promise<never> {
  throw new TypeError('this queue only gets credentials')
}

const readWork = ({ body, messageId }: SQSRecord): Work => ({ ...Message.parse(JSON.parse(body)), messageId })

const orFailed =
  (failed: string[], { log }: Ports) =>
  async (work: readonly { messageId: string }[], run: () => Promise<void>): Promise<void> => {
    try {
      await run()
    } catch (fault) {
      log.error('deny_failed', { fault: faultName(fault) })
      failed.push(...work.map(({ messageId }) => messageId))
    }
  }

/**
 * Logs the time from the recorded change to the target's confirmation, for a metric. The target's own propagation comes
 * in addition.
 */
function logLag(role: string, work: readonly z.infer<typeof Deny>[], { log, clock }: Ports): void {
  const changes = work.filter(({ deny }) => deny !== 'time').map(({ since }) => since)
  if (changes.length === 0) return
  const lagSeconds = Math.max(0, clock.now() - Math.min(...changes))
  log.info('deny_written', { role, changes: changes.length, lagSeconds })
}
