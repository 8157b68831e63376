import { type Asked, findFactsRegardless, questionOf } from '../../domain/policy/assess.ts'
import { askedOfPlan, type PlanAsked } from '../../domain/policy/assess-plan.ts'
import { agentOf } from '../../domain/policy/bundle.ts'
import { type Explaining, type Explanation, explain, lowestTier } from '../../domain/policy/explain.ts'
import { isPlan } from '../../domain/requests/plan-step.ts'
import type { ApprovalRequest } from '../../domain/requests/request.ts'
import { isAgent, type NumericDate } from '../../domain/values.ts'
import type { Policy } from './ports.ts'
import { askedOf, askedOfSteps } from './questions.ts'

/** `step`: of a plan. `proposal`: what decides is whether the planner may propose it. */
export type Explained = { step?: number; proposal?: true; explanation: Explanation }

/**
 * Why a request needs the tier that it needs, under these policies, as of when it was asked for. For people alone, and never
 * on the way to a decision. None where the facts are gone.
 */
export function explainRequest(policy: Policy, state: ApprovalRequest): readonly Explained[] {
  const { ask, submittedAt } = state
  if (!isAgent(ask.agent.id)) return []
  if (isPlan(ask)) return explainEach(policy, askedOfSteps(policy.bundle, state), submittedAt)
  return explainAsk(policy, askedOf(state), submittedAt)
}

/** The same before it is asked for. */
export function explainAsk(policy: Policy, asked: Asked, now: NumericDate): readonly Explained[] {
  const own = explaining(policy, asked, 'request', now)
  const explanation = own && explain(own)
  return explanation ? [{ explanation }] : []
}

export function explainSteps(policy: Policy, plan: PlanAsked, now: NumericDate): readonly Explained[] {
  const owner = agentOf(policy.bundle, plan.agent)?.owner
  return owner === undefined ? [] : explainEach(policy, askedOfPlan(policy.bundle, plan, owner), now)
}

type Step = { number: number; asked: Asked; proposal: Asked }

/** Of a step what needs more: that its agent does it, or that the planner proposes it. */
const explainEach = (policy: Policy, steps: readonly Step[], now: NumericDate): readonly Explained[] =>
  steps.flatMap(({ number: step, asked, proposal }): Explained[] => {
    const own = explaining(policy, asked, 'request', now)
    const proposed = explaining(policy, proposal, 'plan', now)
    if (!own || !proposed) return []
    const isOfProposal = lowestTier(proposed) > lowestTier(own)
    const explanation = explain(isOfProposal ? proposed : own)
    return explanation ? [{ step, ...(isOfProposal ? { proposal: true as const } : {}), explanation }] : []
  })

function explaining(
  policy: Policy,
  asked: Asked,
  moment: 'request' | 'plan',
  now: NumericDate,
): Explaining | undefined {
  const { bundle, explainer } = policy
  const facts = findFactsRegardless(bundle, asked)
  if (!facts.ok || !explainer) return undefined
  return {
    question: (tier) => questionOf(facts.value, asked, { moment, tier, now }),
    rungs: bundle.ladder.tiers.map(({ tier }) => tier),
    ask: (question) => policy.ask(question),
    explainer,
  }
}
