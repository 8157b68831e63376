import { SchedulerTimers } from '../../adapters/scheduler/timers.ts'
import { setReminders } from '../../operations/requests/sweep-overdue.ts'
import { namingFault, OfRequest } from '../batches.ts'
import { bind } from '../environments.ts'
import { readingPorts } from '../wiring/reading.ts'

/**
 * Sets the timers of a request a stage of which has just opened, or of an opening. No other Lambda may make a timer. What is
 * thrown, Lambda tries again.
 */
export const createHandler = (ports: Parameters<typeof setReminders>[1]) => (message: unknown) =>
  namingFault(() => setReminders(OfRequest.parse(message).requestId, ports))

export const handler = bind(
  'set-reminders',
  (told) => ({
    ...readingPorts(told),
    timers: new SchedulerTimers({
      group: told.TIMER_GROUP,
      role: told.TIMER_ROLE,
      queue: told.CARDS_QUEUE,
      advance: told.ADVANCE_FUNCTION,
    }),
  }),
  createHandler,
)
