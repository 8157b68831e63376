import * as z from 'zod'
import { RequestId } from '../../domain/values.ts'
import { advanceWorkflow } from '../../operations/requests/workflow.ts'
import { environmentOf } from '../environments.ts'
import { decidingPorts, factsOnly, readBundle } from '../wiring/ports.ts'

const ports = decidingPorts(environmentOf('advance-workflow'), factsOnly(readBundle()))
const Input = z.object({ requestId: RequestId })

/**
 * The state `Next`: applies what is due, and tells `Route` where to wait. The Scheduler calls it too, with the same input,
 * where something has to end though the workflow does not live; nobody hears the answer then.
 */
export const handler = async (event: unknown): Promise<{ requestId: RequestId; wait: string }> =>
  advanceWorkflow(Input.parse(event).requestId, ports)
