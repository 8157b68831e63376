import { endpoint } from '../../adapters/http/endpoint.ts'
import { permitView } from '../../adapters/http/permit-view.ts'
import { StandingPermitId } from '../../domain/values.ts'
import { revokePermit } from '../../operations/permits/standing-permits.ts'
import { Callers } from '../callers.ts'
import { environmentOf } from '../environments.ts'
import { refusalForPeople } from '../refusals.ts'
import { cedarPolicy } from '../wiring/policy.ts'
import { permitPorts } from '../wiring/ports.ts'

const environment = environmentOf('revoke-permit')
const issuer = environment.ISSUER
const ports = permitPorts(environment, cedarPolicy())
const callers = new Callers(ports.policy.bundle, issuer, ports.clock)

/** `DELETE /v1/standing-permits/{id}`: takes a standing permit back, and with it all that was drawn from it. */
export const handler = endpoint(ports, async (call) => {
  const { person } = await callers.person(call)
  const id = StandingPermitId.safeParse(call.path('id'))
  if (!id.success) throw refusalForPeople('unknown_permit')
  const revoked = await revokePermit({ id: id.data, person: person.id, reason: 'taken back' }, ports)
  if (!revoked.ok) throw refusalForPeople(revoked.code, revoked.detail)
  return { status: 200, body: permitView(revoked.value, ports.clock.now()) }
})
