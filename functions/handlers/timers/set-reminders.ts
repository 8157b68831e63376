import type { SQSBatchResponse, SQSEvent } from 'aws-lambda'
import * as z from 'zod'
import { connect } from '../../adapters/dynamodb/client.ts'
import { DynamoRequestStore } from '../../adapters/dynamodb/request-store.ts'
import { PowertoolsLog } from '../../adapters/powertools/log.ts'
import { SchedulerTimers } from '../../adapters/scheduler/timers.ts'
import { SystemClock } from '../../adapters/system/system.ts'
import { RequestId } from '../../domain/values.ts'
import { setReminders } from '../../operations/requests/sweep-overdue.ts'
import { environmentOf } from '../environments.ts'

const { REQUESTS_TABLE, TIMER_GROUP, TIMER_ROLE, CARDS_QUEUE, ADVANCE_FUNCTION } = environmentOf('set-reminders')
const log = new PowertoolsLog()
const ports = {
  requests: new DynamoRequestStore(connect(), { requests: REQUESTS_TABLE, ledger: '' }),
  timers: new SchedulerTimers({
    group: TIMER_GROUP,
    role: TIMER_ROLE,
    queue: CARDS_QUEUE,
    advance: ADVANCE_FUNCTION,
  }),
  clock: new SystemClock(),
  log,
}

const Message = z.object({ requestId: RequestId })

/** Sets the timers of requests a stage of which has just opened, and of emergencies. Alone in its right to make any. */
export const handler = async ({ Records }: SQSEvent): Promise<SQSBatchResponse> => {
  const failed: string[] = []
  for (const { messageId, body } of Records) {
    try {
      await setReminders(Message.parse(JSON.parse(body)).requestId, ports)
    } catch (fault) {
      log.warn('reminders not set', { message: messageId, fault: fault instanceof Error ? fault.name : 'unknown' })
      failed.push(messageId)
    }
  }
  return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) }
}
