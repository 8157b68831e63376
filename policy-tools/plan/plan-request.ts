// Rules: test/policies/plan.test.ts
import { isQuiet, namedDirectly, ownersChannels, owningChannels } from '../../functions/domain/cards/routing.ts'
import { type AskOfOne, askedInBody, assessAsk, assessSteps } from '../../functions/domain/deciding/assess-ask.ts'
import { hasAccount } from '../../functions/domain/people/organisation.ts'
import { actTermsOf, type Facts } from '../../functions/domain/policy/assess.ts'
import { isPlanBody, parseSteps } from '../../functions/domain/policy/assess-plan.ts'
import { titleOf } from '../../functions/domain/policy/catalogue.ts'
import { fillingOf } from '../../functions/domain/policy/filling.ts'
import { type Stage, tierOf } from '../../functions/domain/policy/ladder.ts'
import type { McpTool } from '../../functions/domain/policy/mcp-tool.ts'
import { planTitle } from '../../functions/domain/record/plan-step.ts'
import { type AgentId, defined, type NumericDate, ok, type PersonId } from '../../functions/domain/values.ts'
import { type Explained, explainAsk, explainSteps } from '../../functions/operations/policy/explain-tier.ts'
import type { Policy } from '../../functions/operations/policy/ports.ts'

export type Plan = RefusedPlan | RequestablePlan | RequestableSteps
type RefusedPlan = { outcome: 'refused'; reason: string; detail?: string; policies: readonly string[] }
type RequestablePlan = {
  outcome: 'requestable'
  title: string
  action: string
  resource: { type: string; id: string }
  environment: string
  classification: string
  tier: number
  name: string
  policies: readonly string[]
  below: readonly string[]
  stages: readonly PlannedStage[]
  grant: { claimWithin: number; lifetime: number; uses: number }
  credential: string
  mcp?: McpTool
  unpinned: readonly string[]
}
type PlannedStep = { agent: AgentId } & Pick<
  RequestablePlan,
  'title' | 'action' | 'resource' | 'environment' | 'classification' | 'credential' | 'mcp' | 'unpinned'
>
/** An ask for several steps, which people decide as a whole. `grant` is each step's. */
type RequestableSteps = { outcome: 'requestable'; steps: readonly PlannedStep[] } & Decision
type Decision = Pick<RequestablePlan, 'title' | 'tier' | 'name' | 'policies' | 'below' | 'stages' | 'grant'>

type Decided = {
  people: readonly PersonId[]
  notified: readonly PersonId[]
  unreachable: readonly PersonId[]
  quiet: readonly PersonId[]
}
export type PlannedStage = Decided & {
  name: string
  channels: readonly string[]
  fallbackChannel?: string
  quorum: number
  deadline: number
  silence: 'expire' | (Decided & Exclude<Stage['onSilence'], 'expire'>)
  reminders: readonly number[]
  login?: { acr?: string; maxAge?: number }
  comment?: 'required'
  typeTheName?: true
}

export function planRequest(
  ask: Pick<AskOfOne, 'action' | 'resource' | 'mcp' | 'purpose' | 'taskSource' | 'host'> & {
    agent: AgentId
    recent: number
    justified: boolean
  },
  policy: Policy,
  now: NumericDate,
): Plan {
  if (isPlanBody(ask)) return planSteps(ask, policy, now)
  const assessment = assessAsk(ask, ask.agent, ask.recent, now, { policy })
  if (assessment.outcome === 'refused') return assessment
  const own = titledAct(assessment.facts)
  return { outcome: 'requestable', ...own, ...decisionOf(assessment, own.title, [own], policy) }
}

type PlannedAsk = Parameters<typeof planRequest>[0]

function planSteps(ask: PlannedAsk, policy: Policy, now: NumericDate): Plan {
  const asked = stepsAsked(ask)
  if (!asked.ok) return { outcome: 'refused', reason: asked.code, policies: [], ...defined({ detail: asked.detail }) }
  const assessment = assessSteps(asked.value, now, policy)
  if (assessment.outcome === 'refused') return assessment
  const steps = assessment.steps.map((facts) => ({ agent: facts.agent.id, ...titledAct(facts) }))
  return { outcome: 'requestable', steps, ...decisionOf(assessment, planTitle(steps.length), steps, policy) }
}

function stepsAsked({ action, agent, purpose = '', justified, taskSource, recent, host }: PlannedAsk) {
  const parsed = parseSteps(action.properties)
  if (!parsed.ok) return parsed
  const steps = parsed.value.map((step) => ({ ...step, recent, host }))
  return ok({ agent, purpose, justified, task: 'unchecked' as const, taskSource, steps })
}

const explained: readonly string[] = ['policy_denied', 'policy_error', 'no_eligible_approvers']

/** Explains the tier, or its absence. A refusal that is not policy's has no explanation. */
export function explainPlan(ask: PlannedAsk, plan: Plan, policy: Policy, now: NumericDate): readonly Explained[] {
  if (plan.outcome === 'refused' && !explained.includes(plan.reason)) return []
  if (!isPlanBody(ask)) return explainAsk(policy, askedInBody(ask, ask.agent, ask.recent, policy.bundle), now)
  const asked = stepsAsked(ask)
  return asked.ok ? explainSteps(policy, asked.value, now) : []
}

function titledAct(facts: Facts): Omit<PlannedStep, 'agent'> {
  const { arguments: args, ...act } = actTermsOf(facts)
  return { title: titleOf(facts.entry, args), ...act }
}

const decisionOf = (
  found: Pick<Decision, 'tier' | 'policies' | 'below' | 'grant'> & {
    stages: readonly Stage[]
    eligible: { readonly [name: string]: readonly PersonId[] }
  },
  title: string,
  acts: readonly Pick<PlannedStep, 'resource'>[],
  policy: Policy,
): Decision => ({
  title,
  tier: found.tier,
  name: tierOf(policy.bundle.ladder, found.tier)?.name ?? '',
  policies: found.policies,
  below: found.below,
  stages: found.stages.map((stage) => planStage(stage, acts, found.eligible, policy)),
  grant: found.grant,
})

function planStage(
  stage: Stage,
  acts: readonly Pick<PlannedStep, 'resource'>[],
  eligible: { readonly [name: string]: readonly PersonId[] },
  policy: Policy,
): PlannedStage {
  const { name, channel, fallbackChannel, quorum, deadline, onSilence, remind, acr, maxAge, comment, typeTheName } =
    stage
  const owning = acts.flatMap((act) => owningChannels(act, policy.bundle))
  const { own, wider: all } = fillingOf({ terms: stage }, eligible)
  const wider = all.filter((id) => !own.includes(id))
  return {
    name,
    channels: ownersChannels(stage, owning) ?? [channel],
    quorum,
    ...decided(stage, own, policy),
    deadline,
    silence: onSilence === 'expire' ? 'expire' : { ...onSilence, ...decided(stage, wider, policy) },
    reminders: Array.from({ length: remind?.times ?? 0 }, (_, at) => (remind?.after ?? 0) * (2 ** (at + 1) - 1)).filter(
      (after) => after < deadline,
    ),
    ...(acr === undefined && maxAge === undefined ? {} : { login: defined({ acr, maxAge }) }),
    ...defined({ comment, typeTheName, fallbackChannel }),
  }
}

function decided(stage: Stage, people: readonly PersonId[], { bundle: { directory } }: Policy): Decided {
  const named = namedDirectly(stage, directory).filter((person) => people.includes(person))
  const reachable = (person: PersonId) => directory.people.some((each) => each.id === person && hasAccount(each))
  return {
    people,
    notified: named.filter(reachable),
    unreachable: named.filter((person) => !reachable(person)),
    quiet: people.filter((person) => isQuiet(stage, person)),
  }
}
