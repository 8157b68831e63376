import type { ApprovalRequest } from '../domain/request.ts'
import { outcomeOf } from '../domain/wait.ts'
import type { Clock, WaitRecord, WaitStore, Workflow } from './ports.ts'

/** A sender that claimed a wait and then died is believed dead after this long, and another may send. */
const leaseSeconds = 30

type Ports = { waits: WaitStore; workflow: Workflow; clock: Clock }

/**
 * Ends the waits that are over by what the table says: claims each, then signals. A signal that comes too late changes
 * nothing, since the state after it asks the table again.
 */
export async function endWaits(state: ApprovalRequest, waits: readonly WaitRecord[], ports: Ports): Promise<void> {
  for (const wait of waits) {
    const outcome = outcomeOf(state, wait.wait)
    if (outcome === 'waiting') continue
    if (!(await ports.waits.claim(wait, ports.clock.now(), leaseSeconds))) continue
    await ports.workflow.signal(wait.taskToken, outcome)
    await ports.waits.ended(wait)
  }
}
