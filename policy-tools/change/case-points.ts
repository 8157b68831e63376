// Rules: test/policies/changes/diff.test.ts
import { askedOfPlan } from '../../functions/domain/policy/assess-plan.ts'
import { agentOf, type Bundle } from '../../functions/domain/policy/bundle.ts'
import type { PolicyCase } from '../../functions/domain/policy/policy-case.ts'
import type { Point, Side } from './question-space.ts'

/** The complete questions of a folder's cases, so that facts that only a case combines are asked together. */
export function pointsOfCases(bundle: Bundle, cases: readonly PolicyCase[]): Pick<Side, 'known' | 'acts'> {
  return {
    known: cases.flatMap((each): readonly Point[] => {
      // A change of the registry is no question about an agent.
      if ('person' in each || 'change' in each) return []
      if ('plan' in each) return pointsOfPlan(bundle, each)
      return [{ asked: each.ask, moment: 'request', now: each.now }]
    }),
    acts: cases.flatMap((each) => {
      if (!('person' in each)) return []
      const { name: _, expect: __, ask, ...act } = each
      return [ask ? { ...act, point: { asked: ask, now: each.now } } : act]
    }),
  }
}

/** Each step is asked about for its own agent, and as proposed by the planner. */
function pointsOfPlan(bundle: Bundle, { plan, now }: Extract<PolicyCase, { plan: unknown }>): readonly Point[] {
  const owner = agentOf(bundle, plan.agent)?.owner
  if (owner === undefined) return []
  return askedOfPlan(bundle, plan, owner).flatMap(({ asked, proposal }): readonly Point[] => [
    { asked: asked as Point['asked'], moment: 'request', now },
    { asked: proposal as Point['asked'], moment: 'plan', now },
  ])
}
