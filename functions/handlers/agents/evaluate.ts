import { endpoint } from '../../adapters/http/endpoint.ts'
import { Callers } from '../callers.ts'
import { environmentOf } from '../environments.ts'
import { evaluations } from '../wiring/evaluations.ts'
import { cedarPolicy } from '../wiring/policy.ts'
import { decidingPorts } from '../wiring/ports.ts'
import { statementsOf } from '../wiring/statements.ts'

const environment = environmentOf('evaluate')
const issuer = environment.ISSUER
const deciding = decidingPorts(environment, cedarPolicy())
const ports = { ...deciding, statements: statementsOf(environment, deciding), issuer }
const callers = new Callers(ports.policy.bundle, issuer, ports.clock)
const evaluate = evaluations(ports)

export const handler = endpoint(ports, async (call) => evaluate(call, await callers.agentOrTool(call)))
