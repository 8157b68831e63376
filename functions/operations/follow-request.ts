import { asOf } from '../domain/requests/due.ts'
import { firstWait } from '../domain/requests/wait.ts'
import type { RequestId } from '../domain/values.ts'
import { endWaits } from './end-waits.ts'
import { WaitClaimed } from './faults.ts'
import type { Clock, RequestStore, WaitStore, Workflow } from './ports.ts'

type Ports = { requests: Pick<RequestStore, 'load'>; waits: WaitStore; workflow: Workflow; clock: Clock }

/**
 * Moves the workflow to where the table already is: starts the execution of a request that has none, and ends the waits
 * that are over. As often as it must; a second time changes nothing.
 *
 * @param start whether its execution may not have been started yet: it is new, or somebody suspects so
 * @throws WaitClaimed when another is ending one of the waits: whoever asked asks again, lest it died meanwhile
 */
export async function followRequest(id: RequestId, start: boolean, ports: Ports): Promise<void> {
  const stored = await ports.requests.load(id)
  if (!stored) return
  if (start) await ports.workflow.start(id, firstWait(stored.state))
  const ended = await endWaits(asOf(stored.state, ports.clock.now()), await ports.waits.open(id), ports)
  if (!ended) throw new WaitClaimed(`another is ending a wait of \`${id}\``)
}
