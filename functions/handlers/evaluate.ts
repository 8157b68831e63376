import type * as z from 'zod'
import { approvalId, type EvaluationBody, evaluationAnswer } from '../adapters/http/authzen.ts'
import { type Call, endpoint } from '../adapters/http/endpoint.ts'
import {
  incompleteAnswer,
  isDeciding,
  type NoSuchName,
  noSuchNameAnswer,
  readEvaluation,
  readEvaluations,
} from '../adapters/http/evaluations.ts'
import type { Json } from '../domain/values.ts'
import { type EvaluationCaller, evaluateAccess } from '../operations/evaluate-access.ts'
import { environmentOf } from './environments.ts'
import { Callers } from './wiring/callers.ts'
import { decidingPorts } from './wiring/deciding.ts'
import { cedarPolicy } from './wiring/policy.ts'

const environment = environmentOf('evaluate')
const issuer = environment.ISSUER
const ports = decidingPorts(environment, cedarPolicy())
const callers = new Callers(ports.policy.bundle, issuer, ports.clock)

type Answer = { [member: string]: Json }

/** May this agent do this, and if not, would approval help? One evaluation, or many in one message. */
const routes: { [route: string]: (call: Call, caller: EvaluationCaller) => Promise<Answer> } = {
  'POST /access/v1/evaluation': async (call, caller) => evaluate(readEvaluation(call.json()), caller),
  'POST /access/v1/evaluations': async (call, caller) => {
    const message = readEvaluations(call.json())
    if (message.kind === 'one') return evaluate(message.body, caller)
    const evaluations: Answer[] = []
    for (const item of message.items) {
      const answer = 'incomplete' in item ? incompleteAnswer(item) : await evaluate(item, caller)
      evaluations.push(answer)
      if (isDeciding(message.semantic, answer['decision'] === true)) break
    }
    return { evaluations }
  },
}

export const handler = endpoint({ issuer, ...ports }, async (call) => {
  const caller = await callers.agentOrTool(call)
  const route = routes[call.route]
  return route ? { status: 200, body: await route(call, caller) } : { status: 404 }
})

async function evaluate(body: z.infer<typeof EvaluationBody> | NoSuchName, caller: EvaluationCaller): Promise<Answer> {
  if ('reason' in body) return noSuchNameAnswer(body)
  const { subject, action, resource, context } = body
  const evaluated = await evaluateAccess(
    {
      caller,
      subject,
      action: { name: action.name, properties: action.properties ?? {} },
      resource,
      ...(context?.purpose === undefined ? {} : { purpose: context.purpose }),
      ...(context?.parent_task === undefined ? {} : { parentTask: context.parent_task }),
      ...(context?.approval === undefined ? {} : { approval: approvalId(context.approval) }),
    },
    ports,
  )
  return evaluationAnswer(evaluated, issuer) as Answer
}
