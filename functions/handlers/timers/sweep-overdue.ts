// Rules: test/operations/requests/sweep.test.ts
import { connect } from '../../adapters/dynamodb/client.ts'
import { DynamoDenyStore } from '../../adapters/dynamodb/deny-store.ts'
import { LambdaActualReader } from '../../adapters/lambda/actual-reader.ts'
import { LambdaQueue } from '../../adapters/lambda/queue.ts'
import { PowertoolsLog } from '../../adapters/powertools/log.ts'
import { sweepDenies, sweepOverdue } from '../../operations/requests/sweep-overdue.ts'
import { type ComparingPorts, compareCalls } from '../../operations/uses/compare-calls.ts'
import type { Stores, Wiring } from '../environment.ts'
import { decidingPorts, factsOnly } from '../wiring/ports.ts'
import { callsQueue, endsQueue } from '../wiring/targets.ts'

/** The longest time to read one record and write its entry. Seconds. */
const longestReading = 12

/** Once a minute: applies and stores overdue changes that no read has applied. */
export const createHandler =
  (ports: Parameters<typeof sweepOverdue>[0] & Parameters<typeof sweepDenies>[0] & ComparingPorts) =>
  async (_: unknown, context: { getRemainingTimeInMillis(): number }): Promise<void> => {
    const overdue = await sweepOverdue(ports)
    const roles = await sweepDenies(ports)
    // This comes last, since CloudTrail is slow.
    const until = ports.clock.now() + Math.floor(context.getRemainingTimeInMillis() / 1000) - longestReading
    const compared = await compareCalls(ports, until)
    if (overdue + roles + compared > 0) ports.log.info('swept', { overdue, roles, compared })
  }

export const wire: Wiring<
  typeof createHandler,
  Stores | 'DENIES_QUEUE' | 'FOLLOW_FUNCTION' | 'APPLY_FUNCTION' | 'CALLS_FUNCTION' | 'READ_CALLS_FUNCTION'
> = (told) => ({
  ...decidingPorts(told, factsOnly()),
  follow: new LambdaQueue(told.FOLLOW_FUNCTION),
  changes: new LambdaQueue(told.APPLY_FUNCTION),
  calls: callsQueue(told),
  actual: new LambdaActualReader(told.READ_CALLS_FUNCTION, new PowertoolsLog()),
  denies: new DynamoDenyStore(connect(), told.REQUESTS_TABLE),
  deny: endsQueue(told),
})
