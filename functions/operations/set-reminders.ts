import { asOf } from '../domain/due.ts'
import { type Reminder, remindersOf } from '../domain/reminding.ts'
import type { RequestId } from '../domain/values.ts'
import type { Clock, Log, RequestStore, Timers } from './ports.ts'

type Ports = { requests: Pick<RequestStore, 'load'>; timers: Timers; clock: Clock; log: Log }

/** A timer may only wake a question whose answer is due, so each comes a little after the time it is for. */
const grace = 2

/**
 * Sets a one-time timer for each reminder of the stage that is open now. It is safe to repeat: their names follow from
 * the request, its round, the stage, its opening and the attempt. None is taken back, since one that comes when its stage
 * is over finds nothing to do and is gone, which costs less than taking it back would.
 *
 * @throws StoreUnavailable, TimersUnavailable
 */
export async function setReminders(id: RequestId, { requests, timers, clock, log }: Ports): Promise<void> {
  const stored = await requests.load(id)
  if (!stored) return
  const now = clock.now()
  const ahead = remindersOf(asOf(stored.state, now)).filter(({ at }) => at > now)
  for (const reminder of ahead) await timers.set({ name: nameOf(id, reminder), request: id, at: reminder.at + grace })
  if (ahead.length > 0) log.info('reminders set', { request: id, reminders: ahead.length })
}

/** At most 64 characters of letters, digits, `-` and `_`: an id of 30, a round, a stage, a time and an attempt. */
const nameOf = (id: RequestId, { round, stage, since, attempt }: Reminder): string =>
  [id, round, stage, since, attempt].join('-')
