// Rules: test/operations/requests/sweep.test.ts, test/operations/requests/reminders.test.ts
import { type Reminder, remindersOf } from '../../domain/cards/routing.ts'
import { type ApprovalRequest, callOf } from '../../domain/record/request.ts'
import { applyAgainAt, asOf, lookUpAt } from '../../domain/requests/due.ts'
import { warningAt } from '../../domain/requests/extend.ts'
import { type BreakGlassWake, breakGlassWakes } from '../../domain/requests/wait.ts'
import type { NumericDate, RequestId } from '../../domain/values.ts'
import { isTargetId } from '../../targets/kinds.ts'
import type { DenyReader, EndMessage } from '../credentials/ports.ts'
import { faultName } from '../faults.ts'
import type { Clock, Log, Queue, Timers } from '../ports.ts'
import { wake } from '../record/carry-out.ts'
import type { DecidingPorts, RequestReader } from '../record/ports.ts'
import { groupOf } from './hand-on.ts'
import type { CallMessage, FollowMessage } from './ports.ts'

/** The workflow handles smaller delays: its timers fire 2 s late on purpose. Seconds. */
const graceSeconds = 5
/** The delay after which all three functions that store the end of an opening have failed. Seconds. */
const outlived = 120
const batch = 100

type Ports = DecidingPorts & {
  follow: Queue<FollowMessage>
  calls: Queue<CallMessage>
  changes: Queue<FollowMessage>
}
type DenyPorts = { denies: Pick<DenyReader, 'overdue'>; deny: Queue<EndMessage>; clock: Clock }

/**
 * Stores due changes, and queues each request for its followers. It reads a sparse index, so its cost does not grow
 * with waiting requests. A request that cannot be stored is logged and skipped, so that it does not hold up the rest.
 *
 * @returns the number of overdue requests
 */
export async function sweepOverdue(ports: Ports): Promise<number> {
  const overdue = await ports.requests.overdue(ports.clock.now() - graceSeconds, batch)
  const woken: ApprovalRequest[] = []
  for (const id of overdue) woken.push(...(await wakeOrPassOver(id, ports)))
  const now = ports.clock.now()
  await send(
    woken.map(({ ask }) => ({ requestId: ask.id })),
    ports.follow,
  )
  await send(
    woken.flatMap((state) => lostCallOf(state, now)),
    ports.calls,
  )
  const unmade = woken.filter((state) => (applyAgainAt(state) ?? now + 1) <= now)
  await send(
    unmade.map(({ ask }) => ({ requestId: ask.id })),
    ports.changes,
  )
  return overdue.length
}

async function wakeOrPassOver(id: RequestId, ports: Ports): Promise<readonly ApprovalRequest[]> {
  try {
    if (id.startsWith('bgl_')) await logOutlived(id, ports)
    const woken = await wake(id, ports)
    return woken.ok ? [woken.value.state] : []
  } catch (fault) {
    ports.log.error('sweep_failed', { request: id, fault: faultName(fault) })
    return []
  }
}

/** Logs an opening whose end is not stored, each minute until it is: the denies of its AWS sessions wait for that. */
async function logOutlived(id: RequestId, { requests, clock, log }: Ports): Promise<void> {
  const stored = await requests.load(id)
  if (stored?.state.status !== 'approved') return
  const { notAfter, sessions } = stored.state.grant
  const [now, seconds] = [clock.now(), clock.now() - notAfter]
  if (seconds <= outlived) return
  const live = sessions.filter(({ endsAt }) => endsAt > now).length
  log.error('break_glass_outlived', { request: id, seconds, sessions: live })
}

async function send<T extends FollowMessage>(messages: readonly T[], queue: Queue<T>): Promise<void> {
  if (messages.length > 0) await queue.send(messages)
}

function lostCallOf(state: ApprovalRequest, now: NumericDate): readonly CallMessage[] {
  const target = callOf(state)?.tool ?? ''
  return (lookUpAt(state) ?? now + 1) <= now && isTargetId(target) ? [{ requestId: state.ask.id, target }] : []
}

/** Queues roles with too many expired denies: IAM has room for about three hundred. @returns the number of roles */
export async function sweepDenies({ denies, deny, clock }: DenyPorts): Promise<number> {
  const since = clock.now()
  const roles = await denies.overdue(since, batch)
  const tidy = roles.map((role) => ({
    deny: 'time' as const,
    role,
    since,
    group: groupOf(role),
    // One message a minute, for all sweeps. The time is the id, since a role's ARN may be too long for it.
    deduplicate: `time#${Math.floor(since / 60)}`,
  }))
  if (tidy.length > 0) await deny.send(tidy)
  return roles.length
}

type ReminderPorts = { requests: Pick<RequestReader, 'load'>; timers: Timers; clock: Clock; log: Log }

/** The lateness of timers: an early one would find nothing due. Seconds. */
const grace = 2

/**
 * Sets a request's timers. Their names follow from the request, so a repeat is safe. They are not cancelled, since a
 * timer that finds nothing to do is cheaper.
 * @throws TimersUnavailable
 */
export async function setReminders(id: RequestId, { requests, timers, clock, log }: ReminderPorts): Promise<void> {
  const stored = await requests.load(id)
  if (!stored) return
  const now = clock.now()
  const state = asOf(stored.state, now)
  const reminding = remindersOf(state).map((each) => ({ name: nameOf(id, each), at: each.at, to: 'draw' as const }))
  const warning = state.stages.length === 0 ? undefined : warningAt(state)
  const warned =
    warning === undefined ? [] : [{ name: [id, 'ends', warning].join('-'), at: warning, to: 'draw' as const }]
  const ahead = [...reminding, ...warned, ...breakGlassWakes(state).flatMap((each) => wakesOf(id, each))].filter(
    ({ at }) => at > now,
  )
  // The earliest first, so that they are set if the Scheduler refuses a later one.
  for (const timer of ahead) await timers.set({ ...timer, request: id, at: timer.at + grace })
  if (ahead.length > 0) log.info('reminders_set', { request: id, reminders: ahead.length })
}

/** At most 64 characters of letters, digits, `-` and `_`: an id of 30, a round, a stage, a time and an attempt. */
const nameOf = (id: RequestId, { round, stage, since, attempt }: Reminder): string =>
  [id, round, stage, since, attempt].join('-')

/** The end of an opening is stored by a timer of its own, independent of its workflow. */
const wakesOf = (id: RequestId, { at, why }: BreakGlassWake) =>
  (why === 'notice' ? (['draw'] as const) : (['draw', 'store'] as const)).map((to) => ({
    name: [id, to, at].join('-'),
    at,
    to,
  }))
