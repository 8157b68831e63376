import { endpoint } from '../../adapters/http/endpoint.ts'
import { environmentOf } from '../environments.ts'
import { Callers } from '../wiring/callers.ts'
import { permitPorts } from '../wiring/permits.ts'
import { cedarPolicy } from '../wiring/policy.ts'
import { readRoutes } from '../wiring/read-routes.ts'
import { standInStore } from '../wiring/stand-ins.ts'

const environment = environmentOf('read-requests')
const issuer = environment.ISSUER
const ports = { ...permitPorts(environment, cedarPolicy()), standIns: standInStore(environment) }
const callers = new Callers(ports.policy.bundle, issuer, ports.clock)
const read = readRoutes(ports)

export const handler = endpoint({ issuer, ...ports }, async (call) => {
  const { person } = await callers.person(call)
  return read(call, person.id)
})
