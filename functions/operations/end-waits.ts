import type { ApprovalRequest } from '../domain/requests/request.ts'
import { outcomeOf } from '../domain/requests/wait.ts'
import type { Clock, WaitRecord, WaitStore, Workflow } from './ports.ts'

/** A sender that claimed a wait and then died is believed dead after this long, and another may send. */
const leaseSeconds = 30

type Ports = { waits: WaitStore; workflow: Workflow; clock: Clock }

/**
 * Ends the waits that are over by what the table says: claims each, then signals. A signal that comes too late changes
 * nothing, since the state after it asks the table again.
 *
 * A claim whose signal failed is given back, so that the next try need not sit out the lease.
 *
 * @returns false when another sender has claimed one of them: it ends it, or it died and somebody must look again
 * @throws whatever kept a wait from being ended, after all others had their turn
 */
export async function endWaits(state: ApprovalRequest, waits: readonly WaitRecord[], ports: Ports): Promise<boolean> {
  const faults: unknown[] = []
  let allEnded = true
  for (const wait of waits) {
    const outcome = outcomeOf(state, wait.wait)
    if (outcome === 'waiting') continue
    try {
      if (!(await endWait(wait, outcome, ports))) allEnded = false
    } catch (fault) {
      faults.push(fault)
    }
  }
  if (faults.length > 0) throw faults[0]
  return allEnded
}

/** False when the wait is another's to end. */
async function endWait(
  wait: WaitRecord,
  outcome: Parameters<Workflow['signal']>[1],
  { waits, workflow, clock }: Ports,
): Promise<boolean> {
  if (!(await waits.claim(wait, clock.now(), leaseSeconds))) return false
  try {
    await workflow.signal(wait.taskToken, outcome)
  } catch (fault) {
    // Perhaps it was sent and only its answer was lost: then the next one is late, and changes nothing. A claim that
    // cannot be given back runs out.
    await waits.release(wait).catch(() => {})
    throw fault
  }
  await waits.ended(wait)
  return true
}
