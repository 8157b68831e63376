// Rules: test/stack/ahead.test.ts
import { parseBody } from '../../adapters/http/authzen.ts'
import { StandInBody, standInView } from '../../adapters/http/views.ts'
import { defined } from '../../domain/values.ts'
import type { StandInStore } from '../../operations/people/ports.ts'
import { giveStandIn } from '../../operations/people/stand-ins.ts'
import { type ApiPorts, personDoor, valueOrThrow } from '../doors.ts'
import type { Stores, Wiring } from '../environment.ts'
import { portsWithAnswers } from '../wiring/policy.ts'
import { standInStore } from '../wiring/ports.ts'

/** `POST /v1/stand-ins`: a person who will be away names their stand-in. */
export const createHandler = (ports: ApiPorts & { standIns: StandInStore }) =>
  personDoor(ports, async (call, { person, login }) => {
    const { person: by, until, from } = parseBody(StandInBody, call.json())
    const given = await giveStandIn(defined({ person: person.id, by, login, until, from }), ports)
    return { status: 201, body: standInView(valueOrThrow(given), ports.clock.now()) }
  })

export const wire: Wiring<typeof createHandler, 'ISSUER' | Stores> = (told) => ({
  ...portsWithAnswers(told),
  standIns: standInStore(told),
})
