import type { Revoke } from '../../domain/requests/commands.ts'
import type { ApprovalRequest, Outcome } from '../../domain/requests/request.ts'
import type { AskerId, NumericDate, PersonId, RequestId } from '../../domain/values.ts'
import { asItsAgent } from '../delegation/delegate-request.ts'
import { isStopped } from '../halts/find-halt.ts'
import { askAboutPerson } from '../policy/questions.ts'
import type { OnceOnly } from '../ports.ts'
import { type CarriedOut, carryOutFor } from './carry-out.ts'
import type { DecidingPorts } from './ports.ts'

/** The agent takes its ask back (ARAP's cancel). Only a pending one can be; the request is then `withdrawn`. */
export const cancelRequest = (
  { id, agent }: { id: RequestId; agent: AskerId },
  ports: DecidingPorts,
): Promise<CarriedOut> => asItsAgent(id, agent, ports, { type: 'withdraw', agent, bundle: ports.policy.bundle.hash })

/** The agent reports that its task is done, and how it went; every credential of the grant ends with it. */
export function completeRequest(
  { id, agent, outcome, note }: { id: RequestId; agent: AskerId; outcome: Outcome; note?: string },
  ports: DecidingPorts,
): Promise<CarriedOut> {
  const noted = note === undefined ? {} : { note }
  return asItsAgent(id, agent, ports, { type: 'complete', agent, outcome, ...noted, bundle: ports.policy.bundle.hash })
}

/**
 * Ends its grant and every credential of it, if policy lets this person revoke, and they
 * are not stopped themselves.
 */
export async function revokeRequest(
  ask: { id: RequestId; person: PersonId; reason: string; once?: OnceOnly },
  ports: DecidingPorts,
): Promise<CarriedOut> {
  const { id, person, reason, once } = ask
  const command = async (state: ApprovalRequest, now: NumericDate): Promise<Revoke> => {
    const answer = askAboutPerson(ports.policy, 'revoke', person, now, { state })
    const permitted = answer.permit && !(await isStopped(person, ports, { now }))
    return {
      type: 'revoke',
      person,
      reason,
      answer: { ...answer, permit: permitted },
      bundle: ports.policy.bundle.hash,
    }
  }
  return carryOutFor(person, 'revoke', id, ports, command, once)
}
