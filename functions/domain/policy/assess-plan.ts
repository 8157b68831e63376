// Rules: test/operations/requests/plan.test.ts
import * as z from 'zod'
import type { HostFacts } from '../people/host.ts'
import { answersFor } from '../people/organisation.ts'
import { AgentId, JsonObject, type NumericDate, ok, type PersonId, Resource, type Result, refuse } from '../values.ts'
import { whatIsWrong } from '../what-is-wrong.ts'
import { findEnoughApprovers } from './approvers.ts'
import {
  type Asked,
  type Assessment,
  type Facts,
  findFacts,
  findResource,
  findTier,
  questionOf,
  refusal,
  requestFacts,
  withTime,
} from './assess.ts'
import { agentOf, type Bundle } from './bundle.ts'
import { type CatalogueEntry, startsRun } from './catalogue.ts'
import { McpTool } from './mcp-tool.ts'
import type { Answer, Ask, PreviewOutcome, RequestFacts } from './question.ts'

/** The name of a plan's action. It is not in the catalogue, since it stands for several actions in order. */
export const planAction = 'plan'
export const isPlanBody = ({ action }: { action: { name: string } }): boolean => action.name === planAction

export const mostSteps = 20

export const StepAsk = z.strictObject({
  agent: AgentId,
  action: z.string().min(1).max(128),
  arguments: JsonObject,
  /** The resource; if given, it must equal the derived one. */
  resource: Resource.optional(),
  mcp: McpTool.optional(),
})
export type StepAsk = z.infer<typeof StepAsk>

/** The number of acts in an ask: a plan has one for each step. Its content is not validated yet. */
export function asksIn({ name, properties }: { name: string; properties?: unknown }): number {
  const { steps } = Object(properties) as { steps?: unknown }
  return name === planAction && Array.isArray(steps) ? Math.min(Math.max(steps.length, 1), mostSteps) : 1
}

const PlanArguments = z.strictObject({ steps: z.array(StepAsk).min(1).max(mostSteps) })

export function parseSteps(args: unknown): Result<readonly StepAsk[], 'invalid_arguments'> {
  const parsed = PlanArguments.safeParse(args)
  if (parsed.success) return ok(parsed.data.steps)
  // People and agents count steps from 1.
  const wrong = whatIsWrong(parsed.error, 'steps').replaceAll(
    /`steps\.(\d+)\.([^`]+)`/g,
    (_, index: string, member: string) => `step ${Number(index) + 1}: \`${member}\``,
  )
  return refuse('invalid_arguments', wrong)
}

/** A step with the server's own facts. */
export type StepAsked = StepAsk & {
  /** The step's number, if earlier steps were struck out. */
  step?: number
  recent?: number
  host?: HostFacts | undefined
  preview?: PreviewOutcome | undefined
}

export type PlanAsked = Pick<Asked, 'justified' | 'task' | 'taskSource'> & {
  agent: AgentId
  purpose: string
  steps: readonly StepAsked[]
}

export type PlanAssessment =
  | Extract<Assessment, { outcome: 'refused' }>
  /** `grant` applies to each step, `below` to the steps that need the highest rung. */
  | (Omit<Extract<Assessment, { outcome: 'requestable' }>, 'facts'> & { owner: PersonId; steps: readonly Facts[] })

/**
 * Assesses a plan. Policy is asked twice about each step: may its agent do it, and may the asking agent propose it. The
 * plan needs the highest rung of its steps, and people who may decide every step.
 */
export function assessPlan(
  bundle: Bundle,
  ask: Ask,
  plan: PlanAsked,
  now: NumericDate,
  { atLeast = 0 }: { atLeast?: number } = {},
): PlanAssessment {
  const owner = agentOf(bundle, plan.agent)?.owner
  if (!owner) return refusal('policy_denied', [], `\`${plan.agent}\` is not registered`)
  const rungs = bundle.ladder.tiers.filter(({ tier }) => tier >= atLeast)
  const found: (Found & { number: number; tier: number; below: readonly string[] })[] = []
  for (const { number, ...step } of askedOfPlan(bundle, plan, owner)) {
    const inStep = <T extends { detail?: string }>(no: T): T => ({ ...no, detail: ofStep(number, no.detail) })
    const facts = factsOfStep(bundle, step, now)
    if (!facts.ok) return inStep(refusal(facts.code, [], facts.detail))
    const search = findTier(rungs, (tier) => askAboutStep(facts.value, ask, tier, now))
    if (search.outcome === 'refused') {
      const highest = rungs.at(-1)?.tier ?? 0
      const permitsAt = (at: NumericDate) => askAboutStep(facts.value, ask, highest, at).permit
      return inStep(withTime(bundle, search, permitsAt, now))
    }
    found.push({ ...facts.value, number, tier: search.tier.tier, below: search.below })
  }
  const tier = Math.max(...found.map((each) => each.tier))
  const rung = rungs.find((each) => each.tier === tier)
  if (!rung) return refusal('policy_denied', [])
  const policies = new Set<string>()
  for (const each of found) {
    const answer = askAboutStep(each, ask, tier, now)
    if (!answer.permit)
      return refusal(
        answer.error ? 'policy_error' : 'policy_denied',
        answer.policies,
        ofStep(each.number, answer.detail),
      )
    for (const policy of answer.policies) policies.add(policy)
  }
  const requests = factsOfPlan(found, answerableFor(bundle, plan.agent, owner), tier)
  const approvers = findEnoughApprovers({ bundle, ask, requests, tier: rung, now })
  if (approvers.error) return refusal('policy_error', approvers.policies, approvers.detail)
  if (approvers.tooFew !== undefined)
    return refusal('no_eligible_approvers', [...policies], `${approvers.tooFew} of every step: split the plan`)
  const below = found.filter((each) => each.tier === tier).flatMap((each) => each.below)
  return {
    outcome: 'requestable',
    owner,
    steps: found.map(({ facts }) => facts),
    tier,
    stages: rung.stages,
    grant: rung.grant,
    policies: [...policies],
    below: [...new Set(below)],
    eligible: approvers.eligible,
  }
}

const ofStep = (step: number, detail: string | undefined) =>
  detail === undefined ? `step ${step}` : `step ${step}: ${detail}`

type StepQuestions = { asked: Asked; proposal: Asked }
type Found = StepQuestions & { facts: Facts; proposed: Facts }

/** The questions about each step: its own agent, and the agent that proposes it. */
export function askedOfPlan(
  bundle: Bundle,
  { agent, purpose, justified, task, taskSource, steps }: PlanAsked,
  owner: PersonId,
): readonly ({ number: number } & StepQuestions)[] {
  const before: Resource[] = []
  return steps.map(({ agent: doer, host, step: given, ...step }, index) => {
    const named = findResource(bundle, step)
    const isAfter = named.ok && before.some((each) => isSameResource(each, named.value.resource))
    if (named.ok) before.push(named.value.resource)
    // A step after another step of the same resource cannot be read yet: for policy its preview has failed.
    const preview = isAfter ? outcomeAfter(named.value.entry) : step.preview
    const own = { ...step, purpose, justified, task, taskSource, preview }
    return {
      number: given ?? index + 1,
      asked: { ...own, host, agent: doer, delegators: [owner] },
      proposal: { ...own, agent },
    }
  })
}

function factsOfStep(bundle: Bundle, { asked, proposal }: StepQuestions, now: NumericDate) {
  const facts = findFacts(bundle, asked, now)
  if (!facts.ok) return facts
  if (startsRun(facts.value.entry))
    return refuse('invalid_arguments', `\`${asked.action}\` starts a run, which is asked for by itself`)
  const proposed = findFacts(bundle, proposal, now)
  return proposed.ok ? ok({ facts: facts.value, asked, proposed: proposed.value, proposal }) : proposed
}

const isSameResource = (one: Resource, other: Resource): boolean => one.type === other.type && one.id === other.id

const outcomeAfter = ({ preview }: Pick<CatalogueEntry, 'preview'>): PreviewOutcome => (preview ? 'failed' : 'none')

/** The first denial, or the policies that permit both. */
function askAboutStep({ facts, asked, proposed, proposal }: Found, ask: Ask, tier: number, now: NumericDate): Answer {
  const own = ask(questionOf(facts, asked, { moment: 'request', tier, now }))
  if (!own.permit) return { detail: `policy does not let \`${asked.agent}\` do it`, ...own }
  const plans = ask(questionOf(proposed, proposal, { moment: 'plan', tier, now }))
  return plans.permit
    ? { permit: true, policies: [...own.policies, ...plans.policies] }
    : { detail: `policy does not let \`${proposal.agent}\` propose it`, ...plans }
}

/** The owners and backup owners of the agents that proposed or delegated it. */
export const answerableFor = (bundle: Bundle, agent: string, owner: PersonId): readonly PersonId[] =>
  answersFor({ owner, backupOwner: agentOf(bundle, agent)?.backupOwner })

/** The facts for questions about people: those of each step, with the owners of all steps. */
export function factsOfPlan(
  found: readonly { facts: Facts; asked: Asked }[],
  ofPlanner: readonly PersonId[],
  tier: number,
  id?: string,
): readonly RequestFacts[] {
  const owners = [...new Set([...ofPlanner, ...found.map(({ facts }) => facts.agent.owner)])]
  return found.map(({ facts, asked }) => {
    const own = requestFacts(facts, asked, tier, id)
    return { ...own, owners: [...new Set([...own.owners, ...owners])] }
  })
}
