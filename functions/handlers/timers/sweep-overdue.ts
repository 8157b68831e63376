import { connect } from '../../adapters/dynamodb/client.ts'
import { DynamoDenyStore } from '../../adapters/dynamodb/deny-store.ts'
import { SqsFifoQueue, SqsQueue } from '../../adapters/sqs/queue.ts'
import type { EndMessage } from '../../operations/break-glass/ports.ts'
import { sweepDenies, sweepOverdue } from '../../operations/requests/sweep-overdue.ts'
import { environmentOf } from '../environments.ts'
import { decidingPorts, factsOnly, readBundle } from '../wiring/ports.ts'

const environment = environmentOf('sweep-overdue')
const ports = {
  ...decidingPorts(environment, factsOnly(readBundle())),
  follow: new SqsQueue(environment.FOLLOW_QUEUE),
  calls: new SqsQueue(environment.CALLS_QUEUE),
  denies: new DynamoDenyStore(connect(), environment.REQUESTS_TABLE),
  deny: new SqsFifoQueue<EndMessage>(environment.DENIES_QUEUE),
}

/** Once a minute: makes visible what time has made due and nobody has looked at. */
export const handler = async (): Promise<void> => {
  const overdue = await sweepOverdue(ports)
  const roles = await sweepDenies(ports)
  if (overdue + roles > 0) ports.log.info('swept', { overdue, roles })
}
