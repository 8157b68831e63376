import { endpoint } from '../../adapters/http/endpoint.ts'
import { standInView } from '../../adapters/http/views.ts'
import { StandInId } from '../../domain/values.ts'
import { endStandIn } from '../../operations/people/stand-ins.ts'
import { Callers } from '../callers.ts'
import { environmentOf } from '../environments.ts'
import { refusalForPeople } from '../refusals.ts'
import { cedarPolicy } from '../wiring/policy.ts'
import { standInPorts } from '../wiring/ports.ts'

const environment = environmentOf('end-stand-in')
const issuer = environment.ISSUER
const ports = standInPorts(environment, cedarPolicy())
const callers = new Callers(ports.policy.bundle, issuer, ports.clock)

/** `DELETE /v1/stand-ins/{id}`: whoever is back decides again, and nobody in their stead. */
export const handler = endpoint(ports, async (call) => {
  const { person } = await callers.person(call)
  const id = StandInId.safeParse(call.path('id'))
  if (!id.success) throw refusalForPeople('unknown_stand_in')
  const ended = await endStandIn({ id: id.data, person: person.id }, ports)
  if (!ended.ok) throw refusalForPeople(ended.code, ended.detail)
  return { status: 200, body: standInView(ended.value, ports.clock.now()) }
})
