// Rules: test/stack/swift/silence.test.ts
import { SchedulerTimers } from '../../adapters/scheduler/timers.ts'
import { setReminders } from '../../operations/requests/sweep-overdue.ts'
import { namingFault, OfRequest } from '../batches.ts'
import type { Wiring } from '../environment.ts'
import { readingPorts } from '../wiring/reading.ts'

/**
 * Sets the timers of a request's newly opened stage, or of an opening. Only this Lambda may make timers. Lambda retries
 * a thrown fault.
 */
export const createHandler = (ports: Parameters<typeof setReminders>[1]) => (message: unknown) =>
  namingFault(() => setReminders(OfRequest.parse(message).requestId, ports))

export const wire: Wiring<
  typeof createHandler,
  'REQUESTS_TABLE' | 'TIMER_GROUP' | 'TIMER_ROLE' | 'TIMER_QUEUE' | 'ADVANCE_FUNCTION'
> = (told) => ({
  ...readingPorts(told),
  timers: new SchedulerTimers({
    group: told.TIMER_GROUP,
    role: told.TIMER_ROLE,
    queue: told.TIMER_QUEUE,
    advance: told.ADVANCE_FUNCTION,
  }),
})
