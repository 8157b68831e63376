// Rules: test/http/rate.test.ts, test/http/refused-evaluations.test.ts
import type * as z from 'zod'
import { AskBody, evaluationAnswer, parseBody, readApproval } from '../../adapters/http/authzen.ts'
import { type Call, endpoint } from '../../adapters/http/endpoint.ts'
import {
  incompleteAnswer,
  isDeciding,
  type NoSuchName,
  noSuchNameAnswer,
  readEvaluation,
  readEvaluations,
} from '../../adapters/http/evaluations.ts'
import { PlanBody } from '../../adapters/http/plan-body.ts'
import { type Answer, refusalProblem } from '../../adapters/http/problem.ts'
import { findResource } from '../../domain/policy/assess.ts'
import { asksIn, planAction } from '../../domain/policy/assess-plan.ts'
import { saidIn } from '../../domain/record/ask-terms.ts'
import type { EvaluationBody } from '../../domain/requests/evaluation-body.ts'
import { type AgentId, defined, type Json } from '../../domain/values.ts'
import type { Statements } from '../../operations/credentials/ports.ts'
import { type EvaluationCaller, evaluateAccess, recordNoSuchName } from '../../operations/requests/evaluate-access.ts'
import { Lately } from '../../operations/requests/limits.ts'
import { Callers } from '../callers.ts'
import { type ApiPorts, beginRate, mustKeepRate } from '../doors.ts'
import type { Stores, Wiring } from '../environment.ts'
import { portsWithAnswers } from '../wiring/policy.ts'
import { noting } from '../wiring/ports.ts'
import { statementsOf } from '../wiring/statements.ts'
import { mustBeActive } from './must-be-active.ts'

type Ports = ApiPorts & { statements: Statements }
type Body = z.infer<typeof EvaluationBody> | NoSuchName
type Decision = { [member: string]: Json }

export const evaluations =
  (ports: Ports) =>
  async (call: Call, caller: EvaluationCaller): Promise<Answer> => {
    if (call.route === 'POST /access/v1/evaluation') return evaluateOne(readEvaluation(call.json()), caller, ports)
    if (call.route !== 'POST /access/v1/evaluations') return { status: 404 }
    const message = readEvaluations(call.json())
    if (message.kind === 'one') return evaluateOne(message.body, caller, ports)
    const { items, semantic } = message
    await mustKeepRate(
      caller.id,
      'evaluations',
      items.reduce((sum, item) => sum + countAsks(item), 0),
      ports,
    )
    const lately = new Lately(ports.requests)
    const answers: Decision[] = []
    for (const item of items) {
      const answer = 'incomplete' in item ? incompleteAnswer(item) : await evaluate(item, caller, ports, { lately })
      answers.push(answer)
      if (isDeciding(semantic, answer['decision'] === true)) break
    }
    return { status: 200, body: { evaluations: answers } }
  }

async function evaluateOne(body: Body, caller: EvaluationCaller, ports: Ports): Promise<Answer> {
  const admitted = beginRate(caller.id, 'evaluations', countAsks(body), ports)
  return { status: 200, body: await evaluate(body, caller, ports, { admitted }) }
}

const countAsks = (body: object): number => ('action' in body ? asksIn(body.action as Parameters<typeof asksIn>[0]) : 1)

async function evaluate(
  body: Body,
  caller: EvaluationCaller,
  ports: Ports,
  { lately, admitted = Promise.resolve() }: { lately?: Lately; admitted?: Promise<void> },
): Promise<Decision> {
  if ('reason' in body) {
    await admitted
    await recordNoSuchName(caller, body.reason, ports)
    return noSuchNameAnswer(body)
  }
  const { subject, action, resource, context } = body
  const asked = {
    caller,
    subject,
    action: { name: action.name, properties: action.properties ?? {} },
    resource,
    ...saidIn({ context }),
    ...(context?.approval === undefined ? {} : readApproval(context.approval)),
  }
  const evaluated = await evaluateAccess(asked, ports, defined({ lately, admitted }))
  return evaluationAnswer(evaluated, ports.issuer) as Decision
}

/**
 * `POST /v1/asks`: the whole body of an evaluation, for an agent that knows the action and not its resource's id. It
 * records nothing.
 */
export async function completeAsk(call: Call, agent: AgentId, ports: Ports): Promise<Answer> {
  const sent = call.json()
  if (typeof sent === 'object' && sent !== null && 'kind' in sent && sent['kind'] === 'plan')
    return completePlan(parseBody(PlanBody, sent), agent, ports)
  const { action, context } = parseBody(AskBody, sent)
  await mustKeepRate(agent, 'evaluations', 1, ports)
  const { name, properties = {} } = action
  const found = findResource(ports.policy.bundle, { action: name, arguments: properties, mcp: context?.mcp })
  if (!found.ok) throw refusalProblem(found.code, found.detail)
  const { resource } = found.value
  const body = {
    subject: { type: 'agent', id: agent },
    action: { name, properties },
    resource,
    ...defined({ context }),
  }
  return { status: 200, body }
}

/** Errors of a step name its number. */
async function completePlan(plan: z.infer<typeof PlanBody>, agent: AgentId, ports: Ports): Promise<Answer> {
  await mustKeepRate(agent, 'evaluations', 1, ports)
  const steps = plan.steps.map(({ agent: doer, action, arguments: args, mcp: said }, index) => {
    const found = findResource(ports.policy.bundle, { action, arguments: args, mcp: said })
    if (!found.ok) throw refusalProblem(found.code, `step ${index + 1}: ${found.detail ?? found.code}`)
    const { resource, mcp } = found.value
    return { agent: doer, action, arguments: args, resource, ...defined({ mcp }) }
  })
  const { kind: _, steps: __, ...context } = plan
  const body = {
    subject: { type: 'agent', id: agent },
    action: { name: planAction, properties: { steps } },
    resource: { type: planAction, id: context.parent_task.id },
    context,
  }
  return { status: 200, body: body as Json }
}

/**
 * `GET /v1/mcp-tools`: a gate gets the catalogue's tools of its MCP server. An agent gets its own name and no tools, by
 * which a gate learns whether it may call tools without a permit.
 */
async function mcpTools({ type, id }: EvaluationCaller, ports: Ports): Promise<Answer> {
  if (type === 'agent') await mustBeActive(id, ports)
  const { bundle } = ports.policy
  const tools = Object.values(bundle.actions).flatMap(({ name: action, tool, mcp }) =>
    mcp && tool === id ? [{ action, ...mcp }] : [],
  )
  return { status: 200, body: { caller: id, tools } }
}

export function createHandler(ports: Ports) {
  const callers = new Callers(ports.policy, ports.issuer, ports.clock, ports.notes)
  const evaluateCall = evaluations(ports)
  return endpoint(ports, async (call) => {
    if (call.route === 'POST /v1/asks') return completeAsk(call, (await callers.agent(call)).agent.id, ports)
    const caller = await callers.agentOrTool(call)
    return call.route === 'GET /v1/mcp-tools' ? mcpTools(caller, ports) : evaluateCall(call, caller)
  })
}

export const wire: Wiring<typeof createHandler, 'ISSUER' | Stores | 'SIGN_FUNCTION' | 'PUBLISHED_KEYS'> = (told) => {
  const ports = noting(portsWithAnswers(told), told)
  return { ...ports, statements: statementsOf(told, ports) }
}
