import { lookUpAt } from '../domain/requests/due.ts'
import type { ApprovalRequest } from '../domain/requests/request.ts'
import type { NumericDate, RequestId } from '../domain/values.ts'
import { wake } from './carry-out.ts'
import { groupOf } from './hand-on.ts'
import type { Clock, DecidingPorts, DenyStore, EndMessage, FollowMessage, Queue } from './ports.ts'

/** What is overdue for less is left to the workflow, whose timers fire 2 s late on purpose. */
const graceSeconds = 5
/** What was opened in an emergency has three who store its end. That none did for so long is trouble. Seconds. */
const outlived = 120
/** One sweep does at most so many, oldest first; the next one goes on. */
const batch = 100

type Ports = Omit<DecidingPorts, 'ids'> & { follow: Queue<FollowMessage>; calls: Queue<FollowMessage> }
type DenyPorts = { denies: Pick<DenyStore, 'overdue'>; deny: Queue<EndMessage>; clock: Clock }

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
    ports.log.error('sweep_failed', { request: id, fault: fault instanceof Error ? fault.name : 'unknown' })
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
