import { type Act, actsOf } from '../../domain/deciding/questions.ts'
import { type Asked, findFactsRegardless, questionOf } from '../../domain/policy/assess.ts'
import { askedOfPlan, type PlanAsked } from '../../domain/policy/assess-plan.ts'
import { agentOf } from '../../domain/policy/bundle.ts'
import { type Explaining, type Explanation, explain, lowestTier } from '../../domain/policy/explain.ts'
import type { ApprovalRequest } from '../../domain/record/request.ts'
import { defined, type NumericDate } from '../../domain/values.ts'
import type { Policy } from './ports.ts'

/** `step`: its number in a plan. `proposal`: the tier comes from the question whether the planner may propose it. */
export type Explained = { step?: number; proposal?: true; explanation: Explanation }

/**
 * Explains a request's tier under these policies, as of the time it was asked for. For people only, never for a
 * decision. Empty if its facts are gone.
 */
export const explainRequest = (policy: Policy, state: ApprovalRequest): readonly Explained[] =>
  explainEach(policy, actsOf(policy.bundle, state), state.submittedAt)

/** Explains an ask before it is a request. */
export const explainAsk = (policy: Policy, asked: Asked, now: NumericDate): readonly Explained[] =>
  explainEach(policy, [{ asked }], now)

export function explainSteps(policy: Policy, plan: PlanAsked, now: NumericDate): readonly Explained[] {
  const owner = agentOf(policy.bundle, plan.agent)?.owner
  return owner === undefined ? [] : explainEach(policy, askedOfPlan(policy.bundle, plan, owner), now)
}

/** Explains the stricter question of each step: whether its agent may do it, or the planner may propose it. */
const explainEach = (policy: Policy, acts: readonly Act[], now: NumericDate): readonly Explained[] =>
  acts.flatMap(({ number: step, asked, proposal }): Explained[] => {
    const own = explaining(policy, asked, 'request', now)
    const proposed = proposal && explaining(policy, proposal, 'plan', now)
    if (!own || (proposal && !proposed)) return []
    const isOfProposal = proposed !== undefined && lowestTier(proposed) > lowestTier(own)
    const explanation = explain(isOfProposal ? proposed : own)
    return explanation ? [defined({ step, proposal: isOfProposal || undefined, explanation })] : []
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
