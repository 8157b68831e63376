import { isSilenced } from '../domain/halt.ts'
import type { PersonId, RequestId } from '../domain/values.ts'
import { type CarriedOut, carryOut, recordRefusal } from './carry-out.ts'
import type { DecidingPorts } from './ports.ts'
import { askAboutPerson } from './questions.ts'

/**
 * The kill switch of one request: ends its grant and every credential of it, if policy lets this person revoke, and they
 * are not stopped themselves.
 */
export async function revokeRequest(
  ask: { id: RequestId; person: PersonId; reason: string },
  ports: Omit<DecidingPorts, 'ids'>,
): Promise<CarriedOut> {
  const { id, person, reason } = ask
  const done = await carryOut(id, ports, async (state, now) => {
    const { halts } = await ports.requests.standing([], [{ kind: 'person', value: person }])
    const answer = askAboutPerson(ports.policy, 'revoke', person, now, { state })
    const permitted = answer.permit && !isSilenced(person, now, halts)
    return {
      type: 'revoke',
      person,
      reason,
      answer: { ...answer, permit: permitted },
      bundle: ports.policy.bundle.hash,
    }
  })
  if (!done.ok && done.code === 'unknown_request')
    await recordRefusal({ type: 'person', id: person }, 'revoke', 'unknown_request', ports)
  return done
}
