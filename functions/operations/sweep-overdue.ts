import { wake } from './carry-out.ts'
import type { DecidingPorts, FollowMessage, Queue } from './ports.ts'

/** What is overdue for less is left to the workflow, whose timers fire 2 s late on purpose. */
const graceSeconds = 5
/** One sweep does at most so many, oldest first; the next one goes on. */
const batch = 100

type Ports = Omit<DecidingPorts, 'ids'> & { follow: Queue<FollowMessage> }

/**
 * Makes visible what time has made due and nobody has looked at, and hands those requests on to be followed again. It
 * costs the same however many requests wait: it reads the sparse index of what is overdue.
 *
 * @returns how many were overdue
 */
export async function sweepOverdue(ports: Ports): Promise<number> {
  const overdue = await ports.requests.overdue(ports.clock.now() - graceSeconds, batch)
  for (const id of overdue) await wake(id, ports)
  if (overdue.length > 0) await ports.follow.send(overdue.map((requestId) => ({ requestId })))
  return overdue.length
}
