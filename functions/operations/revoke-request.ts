import { isSilenced } from '../domain/halts/halt.ts'
import type { Revoke } from '../domain/requests/commands.ts'
import type { ApprovalRequest } from '../domain/requests/request.ts'
import type { NumericDate, PersonId, RequestId } from '../domain/values.ts'
import { type CarriedOut, carryOut, recordRefusal } from './carry-out.ts'
import type { DecidingPorts, OnceOnly } from './ports.ts'
import { askAboutPerson } from './questions.ts'

/**
 * The kill switch of one request: ends its grant and every credential of it, if policy lets this person revoke, and they
 * are not stopped themselves.
 */
export async function revokeRequest(
  ask: { id: RequestId; person: PersonId; reason: string; once?: OnceOnly },
  ports: Omit<DecidingPorts, 'ids'>,
): Promise<CarriedOut> {
  const { id, person, reason, once } = ask
  const command = async (state: ApprovalRequest, now: NumericDate): Promise<Revoke> => {
    const { halts } = await ports.requests.standing([], [{ kind: 'person', value: person }])
    const answer = askAboutPerson(ports.policy, 'revoke', person, now, { state })
    const permitted = answer.permit && !isSilenced(person, halts)
    return {
      type: 'revoke',
      person,
      reason,
      answer: { ...answer, permit: permitted },
      bundle: ports.policy.bundle.hash,
    }
  }
  const done = await carryOut(id, ports, command, once ? [once] : [])
  if (!done.ok && done.code === 'unknown_request')
    await recordRefusal({ type: 'person', id: person }, 'revoke', 'unknown_request', ports)
  return done
}
