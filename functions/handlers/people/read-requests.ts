import { endpoint } from '../../adapters/http/endpoint.ts'
import { Callers } from '../callers.ts'
import { environmentOf } from '../environments.ts'
import { cedarPolicy } from '../wiring/policy.ts'
import { permitPorts, standInStore } from '../wiring/ports.ts'
import { readRoutes } from '../wiring/read-routes.ts'

const environment = environmentOf('read-requests')
const issuer = environment.ISSUER
const ports = { ...permitPorts(environment, cedarPolicy()), standIns: standInStore(environment) }
const callers = new Callers(ports.policy.bundle, issuer, ports.clock)
const read = readRoutes(ports)

export const handler = endpoint(ports, async (call) => {
  const { person } = await callers.person(call)
  return read(call, person.id)
})
