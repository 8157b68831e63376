// Rules: test/operations/requests/narrow.test.ts
import { whyAsked } from '../policy/asking-terms.ts'
import { planAction } from '../policy/assess-plan.ts'
import { type GrantTerms, tierOf } from '../policy/ladder.ts'
import type { PolicyAnswers } from '../policy/question.ts'
import type { Narrowing } from '../record/commands.ts'
import { originOf } from '../record/origin.ts'
import { keptSteps, type PlanStep } from '../record/plan-step.ts'
import { heardOf } from '../record/preview.ts'
import type { ApprovalRequest, Ask } from '../record/request.ts'
import { runTermsOf } from '../record/run-terms.ts'
import { isNarrower, type Narrow, type NarrowStep, narrowedTerms, withDigests } from '../requests/narrow.ts'
import { defined, type JsonObject, type NumericDate, ok, type Result, refuse } from '../values.ts'
import { assessAsk, assessSteps } from './assess-ask.ts'
import { planAsked } from './questions.ts'

/** A narrowing before its deciders are known. */
export type Narrowed = Omit<Extract<Narrowing, { ok: true }>, 'eligible' | 'permittedBy'>
export type NarrowResult = Narrowed | Extract<Narrowing, { ok: false }>
type Narrowable = Pick<ApprovalRequest, 'ask' | 'tier' | 'preview'>

/** The request after a narrowing. Arguments, tier and session policy are checked again. */
export function narrowRequest(
  policy: PolicyAnswers,
  state: Narrowable,
  narrow: Narrow,
  now: NumericDate,
): NarrowResult {
  const origin = originOf(state.ask)
  return origin.kind === 'plan'
    ? narrowPlan(policy, state, origin.steps, narrow, now)
    : narrowAct(policy, state, narrow, now)
}

function narrowAct(policy: PolicyAnswers, { ask, tier, preview }: Narrowable, narrow: Narrow, now: NumericDate) {
  if (narrow.steps) return refuse('not_narrower', '`steps` are for a plan, and this is not one')
  const terms = lessOf(policy, ask, narrow)
  if (!terms.ok) return terms
  const { resource, mcp, host } = ask
  const action = { name: ask.action, properties: terms.value.arguments }
  const again = { action, resource, mcp, host, ...whyAsked(ask) }
  const found = assessAsk(again, ask.agent.id, ask.recent, now, { policy }, heardOf(preview))
  return onLadder(policy, tier, found, ({ facts }, grant) => ({
    ...ask,
    // A higher tier may grant less than the lower one that was asked for.
    uses: Math.min(terms.value.uses, grant.uses),
    lifetime: Math.min(terms.value.lifetime, grant.lifetime),
    claimWithin: Math.min(ask.claimWithin, grant.claimWithin),
    arguments: facts.arguments,
    ...runTermsOf(preview, facts.unpinned),
  }))
}

/** Strikes steps out or narrows their arguments, then finds tier and people again. */
function narrowPlan(
  policy: PolicyAnswers,
  { ask, tier, preview }: Narrowable,
  steps: readonly PlanStep[],
  narrow: Narrow,
  now: NumericDate,
): NarrowResult {
  const changed = changeSteps(policy, steps, narrow)
  if (!changed.ok) return changed
  const kept = keptSteps({ ask: { steps: changed.value } })
  const plan = planAsked({ ask: { ...ask, steps: changed.value }, ...defined({ preview }) })
  return onLadder(policy, tier, assessSteps(plan, now, policy), (found, grant) => {
    const less = changed.value.map((step) => {
      const facts = found.steps[kept.findIndex(({ request }) => request === step.request)]
      if (!facts) return step
      return {
        ...step,
        arguments: facts.arguments,
        unpinned: [...facts.unpinned],
        claimWithin: Math.min(step.claimWithin, grant.claimWithin),
        lifetime: Math.min(step.lifetime, grant.lifetime),
      }
    })
    return { ...ask, ...termsOfPlan(less), recent: ask.recent }
  })
}

type Assessed = { outcome: 'requestable'; tier: number; policies: readonly string[] }
type NotAssessed = Extract<ReturnType<typeof assessAsk>, { outcome: 'refused' }>

/** A narrowing may raise the tier, but not lower it: the approver was not asked whether fewer people may decide. */
function onLadder<Found extends Assessed>(
  { bundle }: PolicyAnswers,
  tier: number,
  found: Found | NotAssessed,
  less: (found: Found, grant: GrantTerms) => Omit<Ask, 'digest' | 'argumentsDigest'>,
): NarrowResult {
  if (found.outcome === 'refused') return { ok: false, code: found.reason, ...defined({ detail: found.detail }) }
  const needed = Math.max(tier, found.tier)
  const rung = tierOf(bundle.ladder, needed)
  if (!rung) return { ok: false, code: 'policy_denied' }
  const ask = withDigests(less(found, rung.grant))
  return { ok: true, ask, tier: needed, stages: rung.stages, policies: found.policies }
}

type NotLess = 'not_narrower' | 'unknown_action'

/** The terms of an act that were lowered. */
function lessOf(
  { bundle }: PolicyAnswers,
  act: Pick<Ask, 'action' | 'arguments' | 'uses' | 'lifetime'>,
  narrow: Narrow,
): Result<ReturnType<typeof narrowedTerms>, NotLess> {
  const entry = bundle.actions[act.action]
  if (!entry) return refuse('unknown_action')
  const terms = narrowedTerms(act, narrow)
  const narrower = isNarrower(act, terms, entry.narrowable)
  return narrower.ok ? ok(terms) : narrower
}

function changeSteps(policy: PolicyAnswers, steps: readonly PlanStep[], narrow: Narrow): Result<PlanStep[], NotLess> {
  const { steps: less = [] } = narrow
  if (
    narrow.arguments !== undefined ||
    narrow.without !== undefined ||
    narrow.uses !== undefined ||
    narrow.minutes !== undefined ||
    less.length === 0
  )
    return refuse('not_narrower', 'a plan is narrowed by `steps`: strike one out, or lower its arguments')
  const all = [...steps]
  for (const each of less) {
    const changed = changeStep(policy, all[each.step - 1], each)
    if (!changed.ok) return changed
    all[each.step - 1] = changed.value
  }
  if (all.every(({ struck }) => struck))
    return refuse('not_narrower', 'every step is struck out: deny the plan instead, with a comment')
  return ok(withoutStruckBefore(all))
}

function changeStep(
  policy: PolicyAnswers,
  step: PlanStep | undefined,
  { step: number, arguments: args, without, strike }: NarrowStep,
): Result<PlanStep, NotLess> {
  const no = (detail: string) => refuse('not_narrower', `step ${number}: ${detail}`)
  if (!step || step.struck) return no('the plan has no such step')
  if (strike)
    return args || without ? no('strike it out or lower its arguments, not both') : ok({ ...step, struck: true })
  const terms = lessOf(policy, step, defined({ arguments: args, without }))
  if (terms.ok) return ok({ ...step, arguments: terms.value.arguments })
  return terms.code === 'unknown_action' ? refuse(terms.code, `step ${number}`) : no(terms.detail ?? 'it is not less')
}

/** Renumbers `after`, whose step may have been struck. */
const withoutStruckBefore = (steps: readonly PlanStep[]): PlanStep[] =>
  steps.map(({ after: _, ...step }, index) => {
    const earlier = steps.findIndex(
      ({ struck, resource }) => !struck && resource.type === step.resource.type && resource.id === step.resource.id,
    )
    return step.struck || earlier < 0 || earlier >= index ? step : { ...step, after: earlier + 1 }
  })

/** The terms of a plan without its struck steps: `arguments` is the part that the digest covers. */
export function termsOfPlan(steps: readonly PlanStep[]) {
  const kept = keptSteps({ ask: { steps } })
  const sum = (of: (step: PlanStep) => number) => kept.reduce((all, step) => all + of(step), 0)
  const named = (of: (step: PlanStep) => string) => [...new Set(kept.map(of))]
  return {
    action: planAction,
    arguments: {
      steps: kept.map(({ agent, action, arguments: args, resource, mcp }) => ({
        ...{ agent, action, arguments: args, resource },
        ...defined({ mcp }),
      })),
    } satisfies JsonObject,
    environment: named(({ environment }) => environment).join(', '),
    classification: named(({ classification }) => classification).join(', '),
    credential: 'none',
    uses: 1,
    claimWithin: sum(({ claimWithin }) => claimWithin),
    lifetime: sum(({ lifetime }) => lifetime),
    unpinned: kept.flatMap(({ step, unpinned }) => unpinned.map((words) => `step ${step}: ${words}`)),
    recent: 0,
    steps: [...steps],
  } satisfies Partial<Ask>
}
