import { tierOf } from '../../domain/policy/ladder.ts'
import { keptSteps, type PlanStep } from '../../domain/record/plan-step.ts'
import type { ApprovalRequest } from '../../domain/record/request.ts'
import { isNarrower, type Narrow, type NarrowStep, narrowedTerms, withDigests } from '../../domain/requests/narrow.ts'
import { defined, type NumericDate, ok, type Result, refuse } from '../../domain/values.ts'
import { assessSteps } from '../policy/assess-ask.ts'
import type { Policy } from '../policy/ports.ts'
import { planAsked } from '../policy/questions.ts'
import type { MadeNarrow } from './decide-request.ts'
import { termsOfPlan } from './plan-ask.ts'

/** Of a plan: steps are struck out, or their arguments become less. Tier and people are found anew for what is left. */
export function narrowPlan(
  { ask, tier, preview }: Pick<ApprovalRequest, 'ask' | 'tier' | 'preview'>,
  steps: readonly PlanStep[],
  narrow: Narrow,
  now: NumericDate,
  policy: Policy,
): MadeNarrow {
  const changed = changeSteps(steps, narrow, policy)
  if (!changed.ok) return changed
  const kept = keptSteps({ ask: { steps: changed.value } })
  const plan = planAsked({ ask: { ...ask, steps: changed.value }, ...defined({ preview }) })
  const found = assessSteps(plan, now, policy)
  if (found.outcome === 'refused') return { ok: false, code: found.reason, ...defined({ detail: found.detail }) }
  const needed = Math.max(tier, found.tier)
  const rung = tierOf(policy.bundle.ladder, needed)
  if (!rung) return { ok: false, code: 'policy_denied' }
  const { claimWithin, lifetime } = rung.grant
  const less = changed.value.map((step) => {
    const facts = found.steps[kept.findIndex(({ request }) => request === step.request)]
    if (!facts) return step
    return {
      ...step,
      arguments: facts.arguments,
      unpinned: [...facts.unpinned],
      claimWithin: Math.min(step.claimWithin, claimWithin),
      lifetime: Math.min(step.lifetime, lifetime),
    }
  })
  const smaller = withDigests({ ...ask, ...termsOfPlan(less), recent: ask.recent })
  return { ok: true, ask: smaller, tier: needed, stages: rung.stages, policies: found.policies }
}

function changeSteps(
  steps: readonly PlanStep[],
  narrow: Narrow,
  policy: Policy,
): Result<PlanStep[], 'not_narrower' | 'unknown_action'> {
  const { steps: less = [] } = narrow
  if (narrow.arguments !== undefined || narrow.uses !== undefined || narrow.minutes !== undefined || less.length === 0)
    return refuse('not_narrower', 'a plan is narrowed by `steps`: strike one out, or lower its arguments')
  const all = [...steps]
  for (const each of less) {
    const changed = changeStep(all[each.step - 1], each, policy)
    if (!changed.ok) return changed
    all[each.step - 1] = changed.value
  }
  if (all.every(({ struck }) => struck))
    return refuse('not_narrower', 'every step is struck out: deny the plan, and say what would do')
  return ok(withoutStruckBefore(all))
}

function changeStep(
  step: PlanStep | undefined,
  { step: number, arguments: args, strike }: NarrowStep,
  { bundle }: Policy,
): Result<PlanStep, 'not_narrower' | 'unknown_action'> {
  const no = (detail: string) => refuse('not_narrower', `step ${number}: ${detail}`)
  if (!step || step.struck) return no('the plan has no such step')
  if (strike) return args ? no('strike it out or lower its arguments, not both') : ok({ ...step, struck: true })
  const entry = bundle.actions[step.action]
  if (!entry) return refuse('unknown_action', `step ${number}`)
  const terms = narrowedTerms(step, defined({ arguments: args }))
  const narrower = isNarrower(step, terms, entry.narrowable)
  return narrower.ok ? ok({ ...step, arguments: terms.arguments }) : no(narrower.detail ?? 'it is no less')
}

/** A step may be the first one of its resource now. */
const withoutStruckBefore = (steps: readonly PlanStep[]): PlanStep[] =>
  steps.map(({ after: _, ...step }, index) => {
    const earlier = steps.findIndex(
      ({ struck, resource }) => !struck && resource.type === step.resource.type && resource.id === step.resource.id,
    )
    return step.struck || earlier < 0 || earlier >= index ? step : { ...step, after: earlier + 1 }
  })
