import { permitView } from '../../adapters/http/permit-view.ts'
import { StandingPermitId } from '../../domain/values.ts'
import type { PermitStore } from '../../operations/permits/ports.ts'
import { revokePermit } from '../../operations/permits/standing-permits.ts'
import { type ApiPorts, pathId, personDoor, valueOrThrow } from '../doors.ts'
import { bind } from '../environments.ts'
import { refusalForPeople } from '../refusals.ts'
import { cedarPolicy } from '../wiring/policy.ts'
import { permitPorts } from '../wiring/ports.ts'

/** `DELETE /v1/standing-permits/{id}`: a person revokes a standing permit, and all that was drawn from it. */
export const createHandler = (ports: ApiPorts & { permits: PermitStore }) =>
  personDoor(ports, async (call, { person }) => {
    const id = pathId(call, StandingPermitId, () => refusalForPeople('unknown_permit'))
    const revoked = await revokePermit({ id, person: person.id, reason: 'taken back' }, ports)
    return { status: 200, body: permitView(valueOrThrow(revoked, refusalForPeople), ports.clock.now()) }
  })

export const handler = bind('revoke-permit', (told) => permitPorts(told, cedarPolicy()), createHandler)
