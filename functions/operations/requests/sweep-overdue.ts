import { type Reminder, remindersOf } from '../../domain/cards/routing.ts'
import { asOf, lookUpAt } from '../../domain/requests/due.ts'
import type { ApprovalRequest } from '../../domain/requests/request.ts'
import { type BreakGlassWake, breakGlassWakes } from '../../domain/requests/wait.ts'
import type { NumericDate, RequestId } from '../../domain/values.ts'
import type { EndMessage, Timers } from '../break-glass/ports.ts'
import type { DenyReader } from '../credentials/ports.ts'
import { faultName } from '../faults.ts'
import type { Clock, Log, Queue } from '../ports.ts'
import { wake } from './carry-out.ts'
import { groupOf } from './hand-on.ts'
import type { DecidingPorts, FollowMessage, RequestReader } from './ports.ts'

/** What is overdue for less is left to the workflow, whose timers fire 2 s late on purpose. */
const graceSeconds = 5
/** What was opened has three who store its end. That none did for so long is trouble. Seconds. */
const outlived = 120
/** One sweep does at most so many, oldest first; the next one goes on. */
const batch = 100

type Ports = DecidingPorts & { follow: Queue<FollowMessage>; calls: Queue<FollowMessage> }
type DenyPorts = { denies: Pick<DenyReader, 'overdue'>; deny: Queue<EndMessage>; clock: Clock }

/**
 * Makes visible what time has made due and nobody has looked at, and hands those requests on to be followed again; those
 * with a call of which nothing was heard, to whoever may look it up. It costs the same however many requests wait: it reads
 * the sparse index of what is overdue. A request that cannot be read or stored is logged and passed over, or it would hold
 * up all behind it, minute after minute.
 *
 * @returns how many were overdue
 */
export async function sweepOverdue(ports: Ports): Promise<number> {
  const overdue = await ports.requests.overdue(ports.clock.now() - graceSeconds, batch)
  const woken: ApprovalRequest[] = []
  for (const id of overdue) woken.push(...(await wakeOrPassOver(id, ports)))
  await send(woken, ports.follow)
  await send(woken.filter(hasLostCall(ports.clock.now())), ports.calls)
  return overdue.length
}

/** None where it failed: it stays overdue, so the next sweep tries again. */
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

/**
 * Past its end nobody gets anything by it, but what follows from an end, such as the denies of its AWS sessions, comes
 * when it is stored. Each minute until it is.
 */
async function logOutlived(id: RequestId, { requests, clock, log }: Ports): Promise<void> {
  const stored = await requests.load(id)
  if (stored?.state.status !== 'approved') return
  const { notAfter, sessions } = stored.state.grant
  const [now, seconds] = [clock.now(), clock.now() - notAfter]
  if (seconds <= outlived) return
  const live = sessions.filter(({ endsAt }) => endsAt > now).length
  log.error('break_glass_outlived', { request: id, seconds, sessions: live })
}

async function send(states: readonly ApprovalRequest[], queue: Queue<FollowMessage>): Promise<void> {
  if (states.length > 0) await queue.send(states.map(({ ask }) => ({ requestId: ask.id })))
}

const hasLostCall = (now: NumericDate) => (state: ApprovalRequest) => (lookUpAt(state) ?? now + 1) <= now

/**
 * Has the denies whose time is over taken from their roles: nothing needs them, and IAM has room for some three hundred.
 * It costs one read of the sparse index, however many there are.
 *
 * @returns how many roles are to be tidied
 */
export async function sweepDenies({ denies, deny, clock }: DenyPorts): Promise<number> {
  const since = clock.now()
  const roles = await denies.overdue(since, batch)
  const tidy = roles.map((role) => ({
    deny: 'time' as const,
    role,
    since,
    group: groupOf(role),
    // One a minute, whoever else sweeps: a role's ARN may be too long for this, its group is not.
    deduplicate: `time#${Math.floor(since / 60)}`,
  }))
  if (tidy.length > 0) await deny.send(tidy)
  return roles.length
}

type ReminderPorts = { requests: Pick<RequestReader, 'load'>; timers: Timers; clock: Clock; log: Log }

/** A timer may only wake a question whose answer is due, so each comes a little after the time it is for. */
const grace = 2

/**
 * Sets a one-time timer for each reminder of the stage that is open now, and for each time at which what was opened in an
 * opening is to be looked at. It is safe to repeat: their names follow from the request and from what they are for. None
 * is taken back, since one that comes when it is for nothing finds nothing to do and is gone, which costs less than taking
 * it back would.
 *
 * @throws StoreUnavailable, TimersUnavailable
 */
export async function setReminders(id: RequestId, { requests, timers, clock, log }: ReminderPorts): Promise<void> {
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
 * What ends an opening is stored by a timer of its own, which stands apart from the workflow: an execution that was
 * stopped, or never started, takes no end with it. It is drawn by another, which needs nothing stored. Whatever is to be
 * drawn at one time is one timer.
 */
const wakesOf = (id: RequestId, { at, why }: BreakGlassWake) =>
  (why === 'notice' ? (['draw'] as const) : (['draw', 'store'] as const)).map((to) => ({
    name: [id, to, at].join('-'),
    at,
    to,
  }))
