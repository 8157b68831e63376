import type { Outcome } from '../domain/requests/request.ts'
import type { RequestId, ToolId, UseId } from '../domain/values.ts'
import { refuse } from '../domain/values.ts'
import { type CarriedOut, carryOut, recordRefusal } from './carry-out.ts'
import type { DecidingPorts } from './ports.ts'

/** A tool says how a use of its own went. Said twice is said once. */
export async function endUse(
  { id, tool, outcome, note }: { id: UseId; tool: ToolId; outcome: Outcome; note?: string },
  ports: DecidingPorts,
): Promise<CarriedOut> {
  const request = (await ports.requests.recall(useKey(id))) as RequestId | undefined
  if (request === undefined) {
    await recordRefusal({ type: 'tool', id: tool }, 'end_use', 'credential_unknown', ports)
    return refuse('credential_unknown')
  }
  const noted = note === undefined ? {} : { note }
  const bundle = ports.policy.bundle.hash
  return carryOut(request, ports, () => ({ type: 'end_use', tool, use: id, outcome, ...noted, bundle }))
}

/** Under which the request of a use is found again. */
export const useKey = (use: UseId): string => `USE#${use}`
