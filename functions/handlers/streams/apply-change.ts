// Rules: test/operations/registry/made-changes.test.ts, test/stack/registry.test.ts
import { applyChange } from '../../operations/registry/apply-change.ts'
import type { ChangingPorts } from '../../operations/registry/ask-for-change.ts'
import { namingFault, OfRequest } from '../batches.ts'
import type { Stores, Wiring } from '../environment.ts'
import { cedarPolicy } from '../wiring/policy.ts'
import { decidingPorts } from '../wiring/ports.ts'

/**
 * Makes an approved change of the registry of agents. Only the stream of the requests and the sweep invoke it. Lambda
 * retries a thrown fault, and a repeat changes nothing.
 */
export const createHandler = (ports: ChangingPorts) => (message: unknown) =>
  namingFault(() => applyChange(OfRequest.parse(message).requestId, ports))

export const wire: Wiring<typeof createHandler, Stores | 'TEXTS_TABLE'> = (told) => decidingPorts(told, cedarPolicy())
