import { haltView } from '../../adapters/http/halt-view.ts'
import { refusalProblem } from '../../adapters/http/problem.ts'
import { HaltId } from '../../domain/values.ts'
import { liftHalt } from '../../operations/halts/halt.ts'
import type { HaltStore } from '../../operations/halts/ports.ts'
import { joinHalts } from '../../operations/ledger/texts.ts'
import { pathId, personDoor, type ShowingApiPorts, valueOrThrow } from '../doors.ts'
import { bind } from '../environments.ts'
import { portsWithAnswers } from '../wiring/policy.ts'
import { haltStore, withTexts } from '../wiring/ports.ts'

/** `DELETE /v1/halts/{id}`: a person lifts a halt. That revives nothing. */
export const createHandler = (ports: ShowingApiPorts & { halts: HaltStore }) =>
  personDoor(ports, async (call, { person }) => {
    const id = pathId(call, HaltId, () => refusalProblem('unknown_halt'))
    const lifted = await liftHalt({ id, person: person.id }, ports)
    const [shown = valueOrThrow(lifted)] = await joinHalts([valueOrThrow(lifted)], ports.texts)
    return { status: 200, body: haltView(shown) }
  })

export const handler = bind(
  'lift-halt',
  (told) => ({ ...withTexts(portsWithAnswers(told), told), halts: haltStore(told) }),
  createHandler,
)
