import { parseBody } from '../../adapters/http/authzen.ts'
import { HaltBody, haltView } from '../../adapters/http/views.ts'
import { declareHalt } from '../../operations/halts/halt.ts'
import type { HaltStore } from '../../operations/halts/ports.ts'
import { type ApiPorts, personDoor, valueOrThrow } from '../doors.ts'
import { bind } from '../environments.ts'
import { refusalForPeople } from '../refusals.ts'
import { cedarPolicy } from '../wiring/policy.ts'
import { haltPorts } from '../wiring/ports.ts'

/** `POST /v1/halts`: a person halts an agent, an owner, a person, a role, or everything. */
export const createHandler = (ports: ApiPorts & { halts: HaltStore; targetRoles: readonly string[] }) =>
  personDoor(ports, async (call, { person }) => {
    const { target, reason } = parseBody(HaltBody, call.json())
    const declared = await declareHalt({ target, reason, person: person.id }, ports)
    return { status: 201, body: haltView(valueOrThrow(declared, refusalForPeople)) }
  })

export const handler = bind(
  'declare-halt',
  (told) => ({ ...haltPorts(told, cedarPolicy()), targetRoles: told.TARGET_ROLES }),
  createHandler,
)
