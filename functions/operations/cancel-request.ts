import type { AskerId, RequestId } from '../domain/values.ts'
import { asItsAgent } from './as-its-agent.ts'
import type { CarriedOut } from './carry-out.ts'
import type { DecidingPorts } from './ports.ts'

/** The agent takes its ask back (ARAP's cancel). Only a pending one can be; the request is then `withdrawn`. */
export const cancelRequest = (
  { id, agent }: { id: RequestId; agent: AskerId },
  ports: Omit<DecidingPorts, 'ids'>,
): Promise<CarriedOut> => asItsAgent(id, agent, ports, { type: 'withdraw', agent, bundle: ports.policy.bundle.hash })
