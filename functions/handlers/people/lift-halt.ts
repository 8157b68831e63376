import { refusalProblem } from '../../adapters/http/problem.ts'
import { haltView } from '../../adapters/http/views.ts'
import { HaltId } from '../../domain/values.ts'
import { liftHalt } from '../../operations/halts/halt.ts'
import type { HaltStore } from '../../operations/halts/ports.ts'
import { type ApiPorts, pathId, personDoor, valueOrThrow } from '../doors.ts'
import { bind } from '../environments.ts'
import { portsWithAnswers } from '../wiring/policy.ts'
import { haltStore } from '../wiring/ports.ts'

/** `DELETE /v1/halts/{id}`: a person lifts a halt. That revives nothing. */
export const createHandler = (ports: ApiPorts & { halts: HaltStore }) =>
  personDoor(ports, async (call, { person }) => {
    const id = pathId(call, HaltId, () => refusalProblem('unknown_halt'))
    const lifted = await liftHalt({ id, person: person.id }, ports)
    return { status: 200, body: haltView(valueOrThrow(lifted)) }
  })

export const handler = bind(
  'lift-halt',
  (told) => ({ ...portsWithAnswers(told), halts: haltStore(told) }),
  createHandler,
)
