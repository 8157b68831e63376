import { parseBody } from '../../adapters/http/authzen.ts'
import { endpoint } from '../../adapters/http/endpoint.ts'
import { StandInBody, standInView } from '../../adapters/http/views.ts'
import { giveStandIn } from '../../operations/people/stand-ins.ts'
import { Callers } from '../callers.ts'
import { environmentOf } from '../environments.ts'
import { refusalForPeople } from '../refusals.ts'
import { cedarPolicy } from '../wiring/policy.ts'
import { standInPorts } from '../wiring/ports.ts'

const environment = environmentOf('give-stand-in')
const issuer = environment.ISSUER
const ports = standInPorts(environment, cedarPolicy())
const callers = new Callers(ports.policy.bundle, issuer, ports.clock)

/** `POST /v1/stand-ins`: who will be away names who decides in their stead. */
export const handler = endpoint(ports, async (call) => {
  const { person, login } = await callers.person(call)
  const { person: by, until, from } = parseBody(StandInBody, call.json())
  const given = await giveStandIn(
    { person: person.id, by, login, until, ...(from === undefined ? {} : { from }) },
    ports,
  )
  if (!given.ok) throw refusalForPeople(given.code, given.detail)
  return { status: 201, body: standInView(given.value, ports.clock.now()) }
})
