import { type Reminder, remindersOf } from '../domain/cards/routing.ts'
import { asOf } from '../domain/requests/due.ts'
import { type BreakGlassWake, breakGlassWakes } from '../domain/requests/wait.ts'
import type { RequestId } from '../domain/values.ts'
import type { Clock, Log, RequestStore, Timers } from './ports.ts'

type Ports = { requests: Pick<RequestStore, 'load'>; timers: Timers; clock: Clock; log: Log }

/** A timer may only wake a question whose answer is due, so each comes a little after the time it is for. */
const grace = 2

/**
 * Sets a one-time timer for each reminder of the stage that is open now, and for each time at which what was opened in an
 * emergency is to be looked at. It is safe to repeat: their names follow from the request and from what they are for. None
 * is taken back, since one that comes when it is for nothing finds nothing to do and is gone, which costs less than taking
 * it back would.
 *
 * @throws StoreUnavailable, TimersUnavailable
 */
export async function setReminders(id: RequestId, { requests, timers, clock, log }: Ports): Promise<void> {
  const stored = await requests.load(id)
  if (!stored) return
  const now = clock.now()
  const state = asOf(stored.state, now)
  const reminding = remindersOf(state).map((each) => ({ name: nameOf(id, each), at: each.at, to: 'draw' as const }))
  const ahead = [...reminding, ...breakGlassWakes(state).flatMap((each) => wakesOf(id, each))].filter(
    ({ at }) => at > now,
  )
  // The earliest first: what is set before a Scheduler that says no will come, and the rest is tried again.
  for (const timer of ahead) await timers.set({ ...timer, request: id, at: timer.at + grace })
  if (ahead.length > 0) log.info('reminders set', { request: id, reminders: ahead.length })
}

/** At most 64 characters of letters, digits, `-` and `_`: an id of 30, a round, a stage, a time and an attempt. */
const nameOf = (id: RequestId, { round, stage, since, attempt }: Reminder): string =>
  [id, round, stage, since, attempt].join('-')

/**
 * What ends an emergency is stored by a timer of its own, which stands apart from the workflow: an execution that was
 * stopped, or never started, takes no end with it. It is drawn by another, which needs nothing stored. Whatever is to be
 * drawn at one time is one timer.
 */
const wakesOf = (id: RequestId, { at, why }: BreakGlassWake) =>
  (why === 'notice' ? (['draw'] as const) : (['draw', 'store'] as const)).map((to) => ({
    name: [id, to, at].join('-'),
    at,
    to,
  }))
