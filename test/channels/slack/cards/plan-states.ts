import { system } from '../../../../functions/domain/event.ts'
import type { Command } from '../../../../functions/domain/record/commands.ts'
import { evolve } from '../../../../functions/domain/record/evolve.ts'
import type { PlanStep, StepOutcome } from '../../../../functions/domain/record/plan-step.ts'
import type { ResourcePreview } from '../../../../functions/domain/record/preview.ts'
import type { ApprovalRequest } from '../../../../functions/domain/record/request.ts'
import type { AgentId, Digest, JsonObject } from '../../../../functions/domain/values.ts'
import { Desk } from '../../../domain/story.ts'
import { decision, person, requestId, submittedAt } from '../../../support/ask.ts'
import { samplePlan, sampleStep } from '../../../support/plan.ts'
import { prodParameter } from '../../../support/world.ts'
import { resizeWorker } from './states.ts'

/** A repair of three steps by two agents, in every state of its card. */

const bundle = 'sha-256:bundle'
const digest = `sha-256:${'s'.repeat(43)}` as Digest

const setTimeout: Partial<PlanStep> = {
  action: prodParameter.action,
  arguments: prodParameter.arguments as JsonObject,
  resource: prodParameter.resource,
}
const resize: Partial<PlanStep> = {
  action: resizeWorker.action,
  arguments: resizeWorker.arguments as JsonObject,
  resource: resizeWorker.resource,
  unpinned: ['the memory and the timeout: IAM can pin the function, not what it is set to'],
}

export const repair: readonly PlanStep[] = [
  sampleStep(1, 'agent:remediator', 'dan', setTimeout),
  sampleStep(2, 'agent:builder', 'lena', resize),
  sampleStep(3, 'agent:remediator', 'dan', {
    ...setTimeout,
    arguments: { ...setTimeout.arguments, Value: '2500' },
    after: 1,
  }),
]

const matched = (before: JsonObject, after: JsonObject): ResourcePreview => ({
  outcome: 'matched',
  before,
  after,
  observedAt: submittedAt,
  state: digest,
})

const previews = [
  { step: 1, preview: { ...matched({ Value: '1800', Type: 'String' }, { Value: '3000' }), gap: true as const } },
  { step: 2, preview: matched({ MemorySize: 512, Timeout: 120 }, { MemorySize: 2048, Timeout: 120 }) },
]

const planAsk = (steps: readonly PlanStep[] = repair) =>
  samplePlan({ steps: [...steps], owner: person('lena'), justification: 'three small things that belong together' })

/** The plan as submitted: it waits for its first stage. */
export function waitingPlan(steps: readonly PlanStep[] = repair): ApprovalRequest {
  const { state } = new Desk(2, planAsk(steps))
  const own = { outcome: 'matched' as const, before: {}, after: {}, observedAt: submittedAt, state: digest }
  return { ...state, preview: { ...own, steps: previews } }
}

const open = (step: number): Command => ({ type: 'open_step', step, bundle })
const end = (step: number, outcome: StepOutcome, because?: string): Command => ({
  ...{ type: 'end_step', step, outcome, bundle },
  ...(because === undefined ? {} : { because }),
})

/** The plan after these commands. */
function planAfter(...commands: readonly Command[]): ApprovalRequest {
  const desk = new Desk(2, planAsk())
  const { ask } = desk
  for (const [index, command] of [
    decision(ask, 'ana', 'approve'),
    decision(ask, 'cleo', 'approve'),
    ...commands,
  ].entries())
    desk.tell(60 * (index + 1), command)
  return { ...desk.state, preview: waitingPlan().preview as NonNullable<ApprovalRequest['preview']> }
}

/** The plan with its last step struck out by an approver: the others decide on the rest. */
export function narrowedPlan(): ApprovalRequest {
  const before = waitingPlan()
  const steps = repair.map((step, index) => (index === 2 ? { ...step, struck: true as const } : step))
  const { tier, stages, policies } = before
  return evolve(before, {
    type: 'Narrowed',
    at: submittedAt + 60,
    actor: { type: 'person', id: person('ana') },
    policies: [],
    bundle,
    ask: planAsk(steps),
    tier,
    stages: stages.map(({ terms }) => terms),
    round: 2,
    because: [...policies],
    ...(before.preview && { preview: before.preview }),
  })
}

/** The plan with a changed resource after people's decision. */
function changedPlan(): ApprovalRequest {
  const before = waitingPlan()
  const { tier, stages, policies, preview } = before
  const now = {
    ...matched({ Value: '1900', Type: 'String' }, { Value: '3000' }),
    state: `sha-256:${'t'.repeat(43)}` as Digest,
  }
  const steps = previews.map((each) => (each.step === 1 ? { step: 1, preview: now } : each))
  return evolve(before, {
    type: 'StateChanged',
    at: submittedAt + 60,
    actor: system,
    policies: [],
    bundle,
    preview: { ...(preview as Extract<typeof preview, { outcome: 'matched' }>), state: now.state, steps },
    round: 2,
    decideBy: submittedAt + 3600,
    tier,
    stages: stages.map(({ terms }) => terms),
    because: [...policies],
  })
}

/** The plan with a failed preview. */
function unread(state: ApprovalRequest): ApprovalRequest {
  const failed = { outcome: 'failed' as const, why: 'unavailable' as const, observedAt: submittedAt }
  return { ...state, preview: { ...failed, steps: [{ step: 1, preview: failed }] } }
}

export const planStates = (): ReadonlyMap<string, ApprovalRequest> =>
  new Map([
    ['a plan that waits', waitingPlan()],
    ['a plan with a step struck out', narrowedPlan()],
    ['a plan whose first step changed', changedPlan()],
    ['a plan previewed in vain', unread(planAfter(open(1)))],
    ['a plan in progress', planAfter(open(1), end(1, 'succeeded'), open(2))],
    [
      'a plan whose second step failed',
      planAfter(open(1), end(1, 'succeeded'), open(2), end(2, 'failed', 'not_permitted')),
    ],
    ['a plan that succeeded', planAfter(...[1, 2, 3].flatMap((step) => [open(step), end(step, 'succeeded')] as const))],
  ])

/** The longest plan, by two agents in turn. It may hold texts that no agent could submit. */
export function longPlan(changes: (n: number) => Partial<PlanStep> = () => ({}), count = 20): ApprovalRequest {
  const steps = Array.from({ length: count }, (_, index) => ({
    ...sampleStep(index + 1, 'agent:remediator', 'dan', setTimeout),
    request: requestId(100 + index),
    agent: (index % 2 === 0 ? 'agent:remediator' : 'agent:builder') as AgentId,
    ...changes(index + 1),
  }))
  const plan = waitingPlan()
  return { ...plan, ask: { ...plan.ask, steps } }
}
