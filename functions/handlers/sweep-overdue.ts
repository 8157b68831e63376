import { SqsQueue } from '../adapters/sqs/queue.ts'
import { sweepOverdue } from '../operations/sweep-overdue.ts'
import { environmentOf } from './environments.ts'
import { factsOnly, readBundle } from './wiring/bundle.ts'
import { decidingPorts } from './wiring/deciding.ts'

const environment = environmentOf('sweep-overdue')
const ports = {
  ...decidingPorts(environment, factsOnly(readBundle())),
  follow: new SqsQueue(environment.FOLLOW_QUEUE),
}

/** Once a minute: makes visible what time has made due and nobody has looked at. */
export const handler = async (): Promise<void> => {
  const overdue = await sweepOverdue(ports)
  if (overdue > 0) ports.log.info('swept', { overdue })
}
