// Rules: test/operations/requests/plan.test.ts
import { assessSteps } from '../../domain/deciding/assess-ask.ts'
import { actTermsOf, findResource } from '../../domain/policy/assess.ts'
import {
  type PlanAsked,
  type PlanAssessment,
  parseSteps,
  planAction,
  type StepAsked,
} from '../../domain/policy/assess-plan.ts'
import type { ParentTask } from '../../domain/record/ask-terms.ts'
import type { PlanStep } from '../../domain/record/plan-step.ts'
import type { NumericDate, Resource } from '../../domain/values.ts'
import { defined, ok, type RequestId, refuse } from '../../domain/values.ts'
import { readHost } from '../agents/read-host.ts'
import { findHaltOfSteps, toldOf } from '../halts/find-halt.ts'
import type { MakingPorts } from '../record/ports.ts'
import type { Lately } from './limits.ts'

export type PlanBody = {
  action: { name: string; properties: unknown }
  resource: Resource
  purpose: string
  parentTask: ParentTask
  mcp?: unknown
}

/** The steps of a body, each with its facts for policy. */
async function readSteps(
  body: PlanBody & Pick<PlanAsked, 'agent'>,
  lately: Lately,
  now: NumericDate,
  ports: MakingPorts,
) {
  const { type, id } = body.resource
  if (type !== planAction || id !== body.parentTask.id)
    return refuse(
      'invalid_arguments',
      `\`resource\` should be \`plan\` \`${body.parentTask.id}\`, as in \`parent_task\``,
    )
  if (body.mcp !== undefined)
    return refuse('invalid_arguments', '`context.mcp` belongs to a single call: in a plan each step has its own `mcp`')
  const parsed = parseSteps(body.action.properties)
  if (!parsed.ok) return parsed
  const steps: StepAsked[] = []
  for (const step of parsed.value) {
    const before = await lately.count(step.agent, step.action, now, body.agent)
    const alike = steps.filter(({ agent, action }) => agent === step.agent && action === step.action).length
    steps.push({ ...step, recent: before + alike })
  }
  await ports.policy.look?.([...new Set(steps.map((each) => each.agent))])
  const hosts = await Promise.all(steps.map((step) => hostOfStep(step, now, ports)))
  return ok(steps.map((step, index) => ({ ...step, host: hosts[index] })))
}

function hostOfStep({ agent, action, arguments: args }: StepAsked, now: NumericDate, ports: MakingPorts) {
  const found = findResource(ports.policy.bundle, { action, arguments: args })
  if (!found.ok) return undefined
  return readHost({ action: { name: action }, resource: found.value.resource }, agent, now, ports)
}

/** Assesses a plan. A halt that stops one of its steps refuses the plan. */
export async function assessPlanBody(
  body: PlanBody & Pick<PlanAsked, 'agent' | 'justified' | 'task' | 'taskSource'>,
  lately: Lately,
  now: NumericDate,
  ports: MakingPorts,
): Promise<PlanAssessment & { asked?: readonly StepAsked[] }> {
  const no = (reason: 'invalid_arguments' | 'agent_suspended' | 'policy_denied', detail: string | undefined) =>
    ({ outcome: 'refused', reason, policies: [], ...defined({ detail }) }) as const
  const steps = await readSteps(body, lately, now, ports)
  if (!steps.ok) return no(steps.code, steps.detail)
  const { agent, purpose, justified, task, taskSource } = body
  const found = assessSteps({ agent, purpose, justified, task, taskSource, steps: steps.value }, now, ports.policy)
  if (found.outcome === 'refused') return found
  const stopped = await findHaltOfSteps(found.steps, ports)
  if (!stopped) return { ...found, asked: steps.value }
  const { reason, detail } = toldOf(stopped.halt)
  return no(reason, `step ${stopped.step}: ${detail}`)
}

type Requestable = Extract<PlanAssessment, { outcome: 'requestable' }>

/** @param asked for each step its agent's recent requests, and its host */
export function stepsOfPlan(
  { steps, grant }: Pick<Requestable, 'steps' | 'grant'>,
  asked: readonly StepAsked[],
  ids: readonly RequestId[],
): PlanStep[] {
  const { claimWithin, lifetime } = grant
  return steps.map((facts, index) => {
    const { agent, resource } = facts
    const earlier = steps.findIndex(({ resource: { type, id } }) => resource.type === type && resource.id === id)
    const { recent = 0, host } = asked[index] ?? {}
    return {
      ...{ request: ids[index] as RequestId, agent: agent.id, owner: agent.owner },
      ...actTermsOf(facts),
      ...{ uses: 1, claimWithin, lifetime, recent },
      ...defined({ host, after: earlier < index ? earlier + 1 : undefined }),
    }
  })
}
