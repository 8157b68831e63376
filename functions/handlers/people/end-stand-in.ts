import { standInView } from '../../adapters/http/views.ts'
import { StandInId } from '../../domain/values.ts'
import type { StandInStore } from '../../operations/people/ports.ts'
import { endStandIn } from '../../operations/people/stand-ins.ts'
import { type ApiPorts, pathId, personDoor, valueOrThrow } from '../doors.ts'
import { bind } from '../environments.ts'
import { refusalForPeople } from '../refusals.ts'
import { cedarPolicy } from '../wiring/policy.ts'
import { standInPorts } from '../wiring/ports.ts'

/** `DELETE /v1/stand-ins/{id}`: a person who is back decides again, and their stand-in does not. */
export const createHandler = (ports: ApiPorts & { standIns: StandInStore }) =>
  personDoor(ports, async (call, { person }) => {
    const id = pathId(call, StandInId, () => refusalForPeople('unknown_stand_in'))
    const ended = await endStandIn({ id, person: person.id }, ports)
    return { status: 200, body: standInView(valueOrThrow(ended, refusalForPeople), ports.clock.now()) }
  })

export const handler = bind('end-stand-in', (told) => standInPorts(told, cedarPolicy()), createHandler)
