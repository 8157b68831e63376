import { EvaluationBody, evaluationAnswer, parseBody } from '../adapters/http/authzen.ts'
import { endpoint } from '../adapters/http/endpoint.ts'
import { evaluateAccess } from '../operations/evaluate-access.ts'
import { environmentOf } from './environments.ts'
import { Callers } from './wiring/callers.ts'
import { decidingPorts } from './wiring/deciding.ts'
import { cedarPolicy } from './wiring/policy.ts'

const environment = environmentOf('evaluate')
const issuer = environment.ISSUER
const ports = decidingPorts(environment, cedarPolicy())
const callers = new Callers(ports.policy.bundle, issuer, ports.clock)

/** `POST /access/v1/evaluation`: may this agent do this, and if not, would approval help? */
export const handler = endpoint({ issuer, ...ports }, async (call) => {
  const caller = await callers.agentOrTool(call)
  const { subject, action, resource, context } = parseBody(EvaluationBody, call.json())
  const evaluated = await evaluateAccess(
    {
      caller,
      subject,
      action: { name: action.name, properties: action.properties ?? {} },
      resource,
      ...(context?.purpose === undefined ? {} : { purpose: context.purpose }),
      ...(context?.parent_task === undefined ? {} : { parentTask: context.parent_task }),
      ...(context?.approval === undefined ? {} : { approval: context.approval.id }),
    },
    ports,
  )
  return { status: 200, body: evaluationAnswer(evaluated, issuer) }
})
