import { parseBody } from '../../adapters/http/authzen.ts'
import { endpoint } from '../../adapters/http/endpoint.ts'
import { HaltBody, haltView } from '../../adapters/http/views.ts'
import { declareHalt } from '../../operations/halts/halt.ts'
import { Callers } from '../callers.ts'
import { environmentOf } from '../environments.ts'
import { refusalForPeople } from '../refusals.ts'
import { cedarPolicy } from '../wiring/policy.ts'
import { haltPorts } from '../wiring/ports.ts'

const environment = environmentOf('declare-halt')
const issuer = environment.ISSUER
const ports = { ...haltPorts(environment, cedarPolicy()), targetRoles: environment.TARGET_ROLES }
const callers = new Callers(ports.policy.bundle, issuer, ports.clock)

/** `POST /v1/halts`: the kill switch of an agent, an owner, a person, a role, or everything. */
export const handler = endpoint(ports, async (call) => {
  const { person } = await callers.person(call)
  const { target, reason } = parseBody(HaltBody, call.json())
  const declared = await declareHalt({ target, reason, person: person.id }, ports)
  if (!declared.ok) throw refusalForPeople(declared.code, declared.detail)
  return { status: 201, body: haltView(declared.value) }
})
