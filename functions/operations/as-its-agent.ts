import type { Command } from '../domain/requests/commands.ts'
import type { AskerId, RequestId } from '../domain/values.ts'
import { actorNamed, refuse } from '../domain/values.ts'
import { aboutStored, type CarriedOut, carryOut, recordRefusal } from './carry-out.ts'
import type { DecidingPorts } from './ports.ts'

/** For another agent a request does not exist: the answer is that of an unknown one, and goes on the asker's own record. */
export async function asItsAgent(
  id: RequestId,
  agent: AskerId,
  ports: Omit<DecidingPorts, 'ids'>,
  command: Command,
): Promise<CarriedOut> {
  const stored = await ports.requests.load(id)
  if (stored?.state.ask.agent.id === agent) return carryOut(id, ports, () => command)
  await recordRefusal(actorNamed(agent), command.type, 'unknown_request', ports, aboutStored(stored))
  return refuse('unknown_request')
}
