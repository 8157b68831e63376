import { permitView } from '../../adapters/http/permit-view.ts'
import { refusalProblem } from '../../adapters/http/problem.ts'
import { StandingPermitId } from '../../domain/values.ts'
import type { PermitStore } from '../../operations/permits/ports.ts'
import { revokePermit } from '../../operations/permits/standing-permits.ts'
import { type ApiPorts, pathId, personDoor, valueOrThrow } from '../doors.ts'
import { bind } from '../environments.ts'
import { portsWithAnswers } from '../wiring/policy.ts'
import { permitStore } from '../wiring/ports.ts'

/** `DELETE /v1/standing-permits/{id}`: a person revokes a standing permit, and all that was drawn from it. */
export const createHandler = (ports: ApiPorts & { permits: PermitStore }) =>
  personDoor(ports, async (call, { person }) => {
    const id = pathId(call, StandingPermitId, () => refusalProblem('unknown_permit'))
    const revoked = await revokePermit({ id, person: person.id, reason: 'taken back' }, ports)
    return { status: 200, body: permitView(valueOrThrow(revoked), ports.clock.now()) }
  })

export const handler = bind(
  'revoke-permit',
  (told) => ({ ...portsWithAnswers(told), permits: permitStore(told) }),
  createHandler,
)
