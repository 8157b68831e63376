import type * as z from 'zod'
import { type EvaluationBody, evaluationAnswer, readApproval } from '../../adapters/http/authzen.ts'
import type { Call } from '../../adapters/http/endpoint.ts'
import {
  incompleteAnswer,
  isDeciding,
  type NoSuchName,
  noSuchNameAnswer,
  readEvaluation,
  readEvaluations,
} from '../../adapters/http/evaluations.ts'
import type { Answer } from '../../adapters/http/problem.ts'
import type { Json } from '../../domain/values.ts'
import type { Statements } from '../../operations/credentials/ports.ts'
import { type EvaluationCaller, evaluateAccess } from '../../operations/requests/evaluate-access.ts'
import { Lately } from '../../operations/requests/limits.ts'
import type { DecidingPorts } from '../../operations/requests/ports.ts'
import { mustKeepRate } from '../doors.ts'

type Ports = DecidingPorts & { issuer: string; statements: Statements }
type Body = z.infer<typeof EvaluationBody> | NoSuchName
type Decision = { [member: string]: Json }

/** May this agent do this, and if not, would approval help? One evaluation, or many in one message. */
export const evaluations =
  (ports: Ports) =>
  async (call: Call, caller: EvaluationCaller): Promise<Answer> => {
    if (call.route === 'POST /access/v1/evaluation') return evaluateOne(readEvaluation(call.json()), caller, ports)
    if (call.route !== 'POST /access/v1/evaluations') return { status: 404 }
    const message = readEvaluations(call.json())
    if (message.kind === 'one') return evaluateOne(message.body, caller, ports)
    const { items, semantic } = message
    await mustKeepRate(caller.id, 'evaluations', items.length, ports)
    const lately = new Lately(ports.requests)
    const answers: Decision[] = []
    for (const item of items) {
      const answer = 'incomplete' in item ? incompleteAnswer(item) : await evaluate(item, caller, ports, lately)
      answers.push(answer)
      if (isDeciding(semantic, answer['decision'] === true)) break
    }
    return { status: 200, body: { evaluations: answers } }
  }

async function evaluateOne(body: Body, caller: EvaluationCaller, ports: Ports): Promise<Answer> {
  await mustKeepRate(caller.id, 'evaluations', 1, ports)
  return { status: 200, body: await evaluate(body, caller, ports) }
}

async function evaluate(body: Body, caller: EvaluationCaller, ports: Ports, lately?: Lately): Promise<Decision> {
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
      ...(context?.approval === undefined ? {} : readApproval(context.approval)),
    },
    ports,
    lately,
  )
  return evaluationAnswer(evaluated, ports.issuer) as Decision
}
