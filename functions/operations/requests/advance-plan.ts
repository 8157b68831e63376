// Rules: test/operations/requests/plan.test.ts
import { agentRefOf } from '../../domain/policy/agent-ref.ts'
import { type Asked, findFacts } from '../../domain/policy/assess.ts'
import { mostSteps } from '../../domain/policy/assess-plan.ts'
import { agentOf } from '../../domain/policy/bundle.ts'
import { passedOn } from '../../domain/record/ask-terms.ts'
import { keptSteps, type NumberedStep, stepInTurn } from '../../domain/record/plan-step.ts'
import { previewOfStep } from '../../domain/record/preview.ts'
import { type ApprovalRequest, type ApprovedRequest, Delegator } from '../../domain/record/request.ts'
import { outcomeOfStep, waitsForTurn } from '../../domain/requests/advance-plan.ts'
import { decide } from '../../domain/requests/decide.ts'
import { asOf } from '../../domain/requests/due.ts'
import { withDigests } from '../../domain/requests/narrow.ts'
import { defined, type RequestId } from '../../domain/values.ts'
import { findEnding } from '../policy/gather.ts'
import { carryOut, commitNew, wake } from '../record/carry-out.ts'
import type { DecidingPorts, RequestReader, Stored } from '../record/ports.ts'

/** The most writes of a plan: each step opens and ends. */
const mostMoves = 2 * mostSteps + 1

/**
 * Advances an approved plan by its steps: makes the request of each step, begins the next one in turn, and records the
 * end of each. Every write is idempotent, and the next run completes an interrupted one.
 */
export async function advancePlan(id: RequestId, ports: DecidingPorts): Promise<void> {
  for (let move = 0; move < mostMoves; move++) {
    const plan = await loadLive(id, ports)
    const step = plan && stepInTurn(plan)
    if (!plan || !step) return
    if (move === 0) await makeSteps(plan, ports)
    if (step.progress.openedAt === undefined) {
      await carryOut(id, ports, () => ({ type: 'open_step', step: step.step }))
      continue
    }
    const child = await beginTurn(step, ports)
    const ended = child && outcomeOfStep(child)
    if (!ended) return
    await carryOut(id, ports, () => ({ type: 'end_step', step: step.step, ...ended }))
  }
}

async function loadLive(id: RequestId, { requests, clock }: DecidingPorts): Promise<ApprovedRequest | undefined> {
  const stored = await requests.load(id)
  const state = stored && asOf(stored.state, clock.now())
  return state?.status === 'approved' ? state : undefined
}

/**
 * Makes all steps at once, so that each agent can read its task and wait for it. An existing request stays as it is.
 */
async function makeSteps(plan: ApprovedRequest, ports: DecidingPorts): Promise<void> {
  const steps = keptSteps(plan).filter(({ progress }) => progress.ended === undefined)
  const there = new Set(
    (await ports.requests.loadMany(steps.map(({ request }) => request))).map(({ state }) => state.ask.id),
  )
  for (const step of steps) if (!there.has(step.request)) await makeStep(plan, step, ports)
}

async function makeStep(plan: ApprovedRequest, step: NumberedStep, ports: DecidingPorts): Promise<void> {
  const { policy, clock } = ports
  const { request: id, agent: doer, step: number, after: _, struck: __, progress: ___, ...own } = step
  const now = clock.now()
  const known = agentOf(policy.bundle, doer)
  const ask = withDigests({
    // A removed agent is refused when its turn comes.
    ...{ id, agent: known ? agentRefOf(known, policy.bundle, now) : { id: doer, issuer: 'unknown', subject: doer } },
    ...{ chain: [Delegator.parse({ ...plan.ask.agent, owner: plan.ask.owner })], ancestors: [plan.ask.id] },
    ...{ ...passedOn('step', plan.ask), ...own, step: number, requestedUntil: plan.grant.notAfter },
  })
  const { events } = decide(
    undefined,
    {
      type: 'submit',
      ask,
      tier: plan.tier,
      stages: plan.stages.map(({ terms }) => terms),
      policies: plan.policies,
      bundle: policy.bundle.hash,
      inherits: plan.stages,
      ...defined({ preview: previewOfStep(plan.preview, number) }),
    },
    now,
  )
  await commitNew(events, ports)
}

/** The present state of a step, after its begin if it still waited. */
async function beginTurn(step: NumberedStep, ports: DecidingPorts): Promise<ApprovalRequest | undefined> {
  const { requests, clock } = ports
  const stored = await requests.load(step.request)
  const state = stored && asOf(stored.state, clock.now())
  // Its end is recorded on the step's chain first: otherwise a run with a fast clock could give the plan a different
  // end than the step has.
  if (state && outcomeOfStep(state)) return recordEnd(step.request, ports)
  if (!state || !waitsForTurn(state)) return state
  await ports.policy.look?.([step.agent, ...state.ask.chain.map((each) => each.id)])
  const begun = await carryOut(step.request, ports, async (child, now) => ({
    type: 'begin_turn',
    ...defined({ ending: await findEnding(child, now, ports), unfit: unfitFor(child, now, ports) }),
  }))
  return (begun.ok ? begun.value : begun.stored)?.state
}

async function recordEnd(id: RequestId, ports: DecidingPorts): Promise<ApprovalRequest | undefined> {
  const woken = await wake(id, ports)
  return (woken.ok ? woken.value : woken.stored)?.state
}

/** The reason why a step's agent cannot act: retired, suspended or without an owner since the plan was approved. */
function unfitFor({ ask }: ApprovalRequest, now: number, { policy }: DecidingPorts): string | undefined {
  const { agent, action, arguments: args, resource, mcp, purpose } = ask
  const asked: Asked = { agent: agent.id, action, arguments: args, resource, mcp, purpose }
  const found = findFacts(policy.bundle, asked, now)
  return found.ok ? undefined : found.code
}

/** Whether `advancePlan` has work to do. The workflow waits until then. */
export async function canAdvance(
  plan: ApprovalRequest,
  { requests, clock }: { requests: Pick<RequestReader, 'load'>; clock: DecidingPorts['clock'] },
): Promise<boolean> {
  if (plan.status !== 'approved') return false
  const step = stepInTurn(plan)
  if (!step || step.progress.openedAt === undefined) return step !== undefined
  const child: Stored | undefined = await requests.load(step.request)
  const state = child && asOf(child.state, clock.now())
  return !state || waitsForTurn(state) || outcomeOfStep(state) !== undefined
}
