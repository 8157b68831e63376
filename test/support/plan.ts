import { keptSteps, type PlanStep } from '../../functions/domain/record/plan-step.ts'
import type { Ask } from '../../functions/domain/record/request.ts'
import { withDigests } from '../../functions/domain/requests/narrow.ts'
import type { AgentId, JsonObject } from '../../functions/domain/values.ts'
import { minutes, otherAgent, person, requestId, sampleAsk } from './ask.ts'
import { prodParameter, type What } from './world.ts'

/** The request of step n is `req_...1n`. */
export const sampleStep = (n: number, agent: string, owner: string, changes: Partial<PlanStep> = {}): PlanStep => {
  const { action, arguments: args, resource, environment, classification, unpinned } = sampleAsk()
  return {
    request: requestId(10 + n),
    agent: agent as AgentId,
    owner: person(owner),
    action,
    arguments: { ...args, Value: String(n * 1000) },
    resource: { ...resource, id: `${resource.id}-${n}` },
    environment,
    classification,
    credential: 'sts',
    unpinned,
    uses: 1,
    claimWithin: minutes(60),
    lifetime: minutes(15),
    recent: 0,
    ...changes,
  }
}

const usual = [
  sampleStep(1, 'agent:remediator', 'dora'),
  sampleStep(2, 'agent:builder', 'ben'),
  sampleStep(3, 'agent:remediator', 'dora'),
]

/** The planner, whose owner is pia, asks for steps that other agents do. */
export function samplePlan({ steps = usual, ...changes }: Partial<Omit<Ask, 'digest' | 'argumentsDigest'>> = {}): Ask {
  const sum = (of: (step: PlanStep) => number) => steps.reduce((all, step) => all + (step.struck ? 0 : of(step)), 0)
  const asked = keptSteps({ ask: { steps } }).map(({ agent, action, arguments: args, resource }) => ({
    ...{ agent, action, arguments: args, resource },
  }))
  return sampleAsk({
    agent: { id: otherAgent, issuer: 'https://agents.example', subject: 'planner' },
    owner: person('pia'),
    action: 'plan',
    arguments: { steps: asked } as JsonObject,
    resource: { type: 'plan', id: 'INC-1042' },
    credential: 'none',
    claimWithin: sum(({ claimWithin }) => claimWithin),
    lifetime: sum(({ lifetime }) => lifetime),
    unpinned: [],
    steps,
    ...changes,
  })
}

/** The request of step n, which lives as long as its plan. */
export function stepAsk(plan: Ask, n: number, until: number): Ask {
  const step = plan.steps?.[n - 1]
  if (!step) throw new TypeError(`no step ${n}`)
  const { request, agent, owner, action, arguments: args, resource, credential } = step
  const { jkt: _, justification: __, ...sample } = sampleAsk()
  return withDigests({
    ...sample,
    ...{ id: request, owner, action, arguments: args, resource, credential },
    agent: { ...sample.agent, id: agent },
    chain: [{ ...plan.agent, id: otherAgent, owner: plan.owner }],
    ancestors: [plan.id],
    requestedUntil: until,
    step: n,
  })
}

const stepOf = ({ action, arguments: args }: What) => ({ agent: 'agent:remediator', action, arguments: args })

/** The planner's ask: two parameters, and between them a function whose argument can be narrowed. */
export const repairPlan: What = {
  agent: otherAgent,
  action: 'plan',
  arguments: {
    steps: [
      stepOf(prodParameter),
      stepOf({
        action: 'lambda:UpdateFunctionConfiguration',
        arguments: { FunctionName: 'checkout-worker', MemorySize: 2048, Timeout: 120 },
        resource: prodParameter.resource,
      }),
      stepOf({ ...prodParameter, arguments: { ...prodParameter.arguments, Value: '2500' } }),
    ],
  } as JsonObject,
  resource: { type: 'plan', id: 'INC-1042' },
}
