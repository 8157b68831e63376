import type { SQSEvent } from 'aws-lambda'
import { SchedulerTimers } from '../../adapters/scheduler/timers.ts'
import { setReminders } from '../../operations/requests/sweep-overdue.ts'
import { OfRequest, takeEach } from '../batches.ts'
import { bind } from '../environments.ts'
import { readingPorts } from '../wiring/reading.ts'

/** Sets the timers of requests a stage of which has just opened, and of openings. No other Lambda may make a timer. */
export const createHandler =
  (ports: Parameters<typeof setReminders>[1]) =>
  ({ Records }: SQSEvent) =>
    takeEach(
      Records,
      (message) => setReminders(OfRequest.parse(message).requestId, ports),
      (fault, message) => ports.log.warn('reminders not set', { message, fault }),
    )

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
