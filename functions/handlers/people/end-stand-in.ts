// Rules: test/stack/ahead.test.ts
import { refusalProblem } from '../../adapters/http/problem.ts'
import { standInView } from '../../adapters/http/views.ts'
import { StandInId } from '../../domain/values.ts'
import type { StandInStore } from '../../operations/people/ports.ts'
import { endStandIn } from '../../operations/people/stand-ins.ts'
import { type ApiPorts, pathId, personDoor, valueOrThrow } from '../doors.ts'
import type { Stores, Wiring } from '../environment.ts'
import { portsWithAnswers } from '../wiring/policy.ts'
import { standInStore } from '../wiring/ports.ts'

/** `DELETE /v1/stand-ins/{id}`: ends a stand-in, usually since the absent person is back. */
export const createHandler = (ports: ApiPorts & { standIns: StandInStore }) =>
  personDoor(ports, async (call, { person }) => {
    const id = pathId(call, StandInId, () => refusalProblem('unknown_stand_in'))
    const ended = await endStandIn({ id, person: person.id }, ports)
    return { status: 200, body: standInView(valueOrThrow(ended), ports.clock.now()) }
  })

export const wire: Wiring<typeof createHandler, 'ISSUER' | Stores> = (told) => ({
  ...portsWithAnswers(told),
  standIns: standInStore(told),
})
