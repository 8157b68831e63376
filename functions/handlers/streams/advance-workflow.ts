// Rules: test/operations/requests/advance-workflow.test.ts
import type { RequestId } from '../../domain/values.ts'
import type { MakingPorts } from '../../operations/record/ports.ts'
import { advanceWorkflow } from '../../operations/requests/workflow.ts'
import { OfRequest } from '../batches.ts'
import type { Stores, Wiring } from '../environment.ts'
import { decidingPorts, factsOnly } from '../wiring/ports.ts'

/**
 * The state `Next`: applies due changes, and tells `Route` where to wait. The Scheduler invokes it too, with the same
 * input, for ends that must not depend on the workflow; it ignores the answer.
 */
export const createHandler =
  (ports: MakingPorts) =>
  (event: unknown): Promise<{ requestId: RequestId; wait: string }> =>
    advanceWorkflow(OfRequest.parse(event).requestId, ports)

export const wire: Wiring<typeof createHandler, Stores> = (told) => decidingPorts(told, factsOnly())
