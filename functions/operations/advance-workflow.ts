import { type Wait, waitOf } from '../domain/requests/wait.ts'
import type { RequestId } from '../domain/values.ts'
import { wake } from './carry-out.ts'
import type { DecidingPorts } from './ports.ts'

/** Applies what is due and answers where the workflow is to wait from here; `Close` where nothing is left to wait for. */
export async function advanceWorkflow(
  id: RequestId,
  ports: Omit<DecidingPorts, 'ids'>,
): Promise<{ requestId: RequestId; wait: Wait }> {
  const woken = await wake(id, ports)
  return { requestId: id, wait: woken.ok ? waitOf(woken.value.state) : 'Close' }
}
