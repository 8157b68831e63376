import { endpoint } from '../adapters/http/endpoint.ts'
import { environmentOf } from './environments.ts'
import { Callers } from './wiring/callers.ts'
import { decidingPorts } from './wiring/deciding.ts'
import { evaluations } from './wiring/evaluations.ts'
import { cedarPolicy } from './wiring/policy.ts'

const environment = environmentOf('evaluate')
const issuer = environment.ISSUER
const ports = { ...decidingPorts(environment, cedarPolicy()), issuer }
const callers = new Callers(ports.policy.bundle, issuer, ports.clock)
const evaluate = evaluations(ports)

export const handler = endpoint(ports, async (call) => evaluate(call, await callers.agentOrTool(call)))
