import { connect } from '../../adapters/dynamodb/client.ts'
import { DynamoDenyStore } from '../../adapters/dynamodb/deny-store.ts'
import { SqsFifoQueue, SqsQueue } from '../../adapters/sqs/queue.ts'
import type { EndMessage } from '../../operations/break-glass/ports.ts'
import { sweepDenies, sweepOverdue } from '../../operations/requests/sweep-overdue.ts'
import { bind } from '../environments.ts'
import { decidingPorts, factsOnly } from '../wiring/ports.ts'

/** Once a minute: applies and stores what time has made due, where no read has done so. */
export const createHandler =
  (ports: Parameters<typeof sweepOverdue>[0] & Parameters<typeof sweepDenies>[0]) => async (): Promise<void> => {
    const overdue = await sweepOverdue(ports)
    const roles = await sweepDenies(ports)
    if (overdue + roles > 0) ports.log.info('swept', { overdue, roles })
  }

export const handler = bind(
  'sweep-overdue',
  (told) => ({
    ...decidingPorts(told, factsOnly()),
    follow: new SqsQueue(told.FOLLOW_QUEUE),
    calls: new SqsQueue(told.CALLS_QUEUE),
    denies: new DynamoDenyStore(connect(), told.REQUESTS_TABLE),
    deny: new SqsFifoQueue<EndMessage>(told.DENIES_QUEUE),
  }),
  createHandler,
)
