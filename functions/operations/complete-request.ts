import type { Outcome } from '../domain/requests/request.ts'
import type { AskerId, RequestId } from '../domain/values.ts'
import { asItsAgent } from './as-its-agent.ts'
import type { CarriedOut } from './carry-out.ts'
import type { DecidingPorts } from './ports.ts'

/** The agent reports that its task is done, and how it went; every credential of the grant ends with it. */
export function completeRequest(
  { id, agent, outcome, note }: { id: RequestId; agent: AskerId; outcome: Outcome; note?: string },
  ports: Omit<DecidingPorts, 'ids'>,
): Promise<CarriedOut> {
  const noted = note === undefined ? {} : { note }
  return asItsAgent(id, agent, ports, { type: 'complete', agent, outcome, ...noted, bundle: ports.policy.bundle.hash })
}
