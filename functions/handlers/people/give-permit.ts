import { parseBody } from '../../adapters/http/authzen.ts'
import { endpoint } from '../../adapters/http/endpoint.ts'
import { PermitBody, permitView } from '../../adapters/http/permit-view.ts'
import { loginToAllow } from '../../domain/permits/permit.ts'
import { RequestId } from '../../domain/values.ts'
import { givePermit } from '../../operations/permits/standing-permits.ts'
import { Callers } from '../callers.ts'
import { environmentOf } from '../environments.ts'
import { insufficientLogin, refusalForPeople, unknownRequest } from '../refusals.ts'
import { cedarPolicy } from '../wiring/policy.ts'
import { permitPorts } from '../wiring/ports.ts'

const environment = environmentOf('give-permit')
const issuer = environment.ISSUER
const ports = permitPorts(environment, cedarPolicy())
const callers = new Callers(ports.policy.bundle, issuer, ports.clock)

/** `POST /v1/requests/{id}/standing-permits`: whoever approved it allows its agent a few more like it. */
export const handler = endpoint(ports, async (call) => {
  const { person, login } = await callers.person(call)
  const terms = parseBody(PermitBody, call.json())
  const id = RequestId.safeParse(call.path('id'))
  if (!id.success) throw unknownRequest()
  const given = await givePermit({ request: id.data, person: person.id, login, ...terms }, ports)
  if (!given.ok) {
    const stored = given.code === 'insufficient_login' ? await ports.requests.load(id.data) : undefined
    if (stored) throw insufficientLogin(loginToAllow(stored.state, person.id, ports.policy.bundle.ladder))
    throw refusalForPeople(given.code, given.detail)
  }
  return { status: 201, body: permitView(given.value, ports.clock.now()) }
})
