import { endpoint } from '../../adapters/http/endpoint.ts'
import { haltView } from '../../adapters/http/views.ts'
import { HaltId } from '../../domain/values.ts'
import { liftHalt } from '../../operations/halts/halt.ts'
import { Callers } from '../callers.ts'
import { environmentOf } from '../environments.ts'
import { refusalForPeople } from '../refusals.ts'
import { cedarPolicy } from '../wiring/policy.ts'
import { haltPorts } from '../wiring/ports.ts'

const environment = environmentOf('lift-halt')
const issuer = environment.ISSUER
const ports = haltPorts(environment, cedarPolicy())
const callers = new Callers(ports.policy.bundle, issuer, ports.clock)

/** `DELETE /v1/halts/{id}`: puts a kill switch back. It revives nothing. */
export const handler = endpoint(ports, async (call) => {
  const { person } = await callers.person(call)
  const id = HaltId.safeParse(call.path('id'))
  if (!id.success) throw refusalForPeople('unknown_halt')
  const lifted = await liftHalt({ id: id.data, person: person.id }, ports)
  if (!lifted.ok) throw refusalForPeople(lifted.code, lifted.detail)
  return { status: 200, body: haltView(lifted.value) }
})
