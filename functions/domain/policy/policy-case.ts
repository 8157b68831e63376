// Rules: test/policies/cases.test.ts
import * as z from 'zod'
import { assessChange } from '../agents/assess-change.ts'
import { factsOfAction, factsOfProfile } from '../break-glass/rights.ts'
import { AgentRecord, Ambient, noRecord } from '../people/host.ts'
import { answersFor, groupsOf } from '../people/organisation.ts'
import { AgentId, Alias, defined, JsonObject, type NumericDate, PersonId } from '../values.ts'
import { isOwner } from './approvers.ts'
import { taskAnswers, taskSources } from './asking-terms.ts'
import { type Asked, assess, assessmentRefusals, type Facts, findFacts, questionOf, requestFacts } from './assess.ts'
import { assessPlan, mostSteps, StepAsk } from './assess-plan.ts'
import { agentOf, type Bundle, personOf } from './bundle.ts'
import { ChangeSummary } from './change-summary.ts'
import { type Answer, type Ask, openingActs, type PersonQuestion, personActions, previewOutcomes } from './question.ts'

/** A fixed time, so that the build of a folder does not depend on the day. */
const caseTime: NumericDate = Date.UTC(2026, 0, 1, 12) / 1000
const CaseTime = z.iso
  .datetime()
  .transform((at) => Math.floor(Date.parse(at) / 1000))
  .default(caseTime)

const CaseAsk = z
  .strictObject({
    agent: AgentId,
    action: z.string(),
    arguments: JsonObject,
    purpose: z.string(),
    delegators: z.array(PersonId).default([]),
    recent: z.int().nonnegative().default(0),
    /** The ambient privilege of the agent's host. */
    ambient: Ambient.default('unknown'),
    /** The record of thirty days; an absent member is zero. */
    record: AgentRecord.partial().default({}),
    /** Whether the agent gives a reason, and the incident service's answer about its parent task. */
    justified: z.boolean().default(true),
    task: z.enum(taskAnswers).default('unchecked'),
    taskSource: z.enum(taskSources).default('agent'),
    /** The outcome of the preview; a success by default. */
    preview: z.enum(previewOutcomes).optional(),
    /** The numbers of a change set; unknown by default, as at an evaluation. */
    change: ChangeSummary.optional(),
  })
  .transform(({ ambient, record, ...ask }) => ({
    ...ask,
    host: { ambient, record: { ...noRecord, ...defined(record) } },
  }))

/** The expected outcome, or the reason why people cannot approve it. */
const Expected = z.union([
  z.strictObject({
    tier: z.int().nonnegative(),
    policies: z.array(z.string()),
    /** The policies that refuse the rung below. */
    below: z.array(z.string()).default([]),
  }),
  z.strictObject({
    refused: z.enum(assessmentRefusals).exclude(['policy_error']),
    policies: z.array(z.string()).default([]),
  }),
])

/** Several actions in order: one agent asks, others do them. */
const PlanCase = z.strictObject({
  name: z.string().min(1),
  plan: z.strictObject({
    agent: AgentId,
    purpose: z.string(),
    steps: z.array(StepAsk).min(1).max(mostSteps),
    /** The ambient privilege of each step's host. */
    ambient: Ambient.default('unknown'),
  }),
  now: CaseTime,
  expect: Expected,
})
type PlanCase = z.infer<typeof PlanCase>

const AskCase = z.strictObject({
  name: z.string().min(1),
  ask: CaseAsk,
  now: CaseTime,
  expect: Expected,
})
type AskCase = z.infer<typeof AskCase>

const PersonCase = z.strictObject({
  name: z.string().min(1),
  person: PersonId,
  does: z.enum(personActions),
  stage: Alias.optional(),
  inSteadBy: PersonId.optional(),
  absent: PersonId.optional(),
  ask: CaseAsk.optional(),
  tier: z.int().nonnegative().default(0),
  /** The profile, if `ask` is absent. */
  profile: Alias.optional(),
  /** The subject of a recertification or an inspection. */
  subject: z.string().default('agent:of-the-case'),
  now: CaseTime,
  expect: z.strictObject({ permit: z.boolean(), policies: z.array(z.string()) }),
})
type PersonCase = z.infer<typeof PersonCase>
export type PersonAct = Pick<PersonCase, 'person' | 'does' | 'now'> &
  Partial<Omit<PersonCase, 'name' | 'expect' | 'ask'>>

/** A person asks for a change of the registry. An existing agent has its entry in agents.json. */
const ChangeCase = z.strictObject({
  name: z.string().min(1),
  change: z.strictObject({ person: PersonId, action: z.string(), arguments: JsonObject }),
  now: CaseTime,
  expect: Expected,
})
type ChangeCase = z.infer<typeof ChangeCase>

/** A case of the policy folder, which every build checks. */
export const PolicyCase = z.union([AskCase, PersonCase, PlanCase, ChangeCase])
export type PolicyCase = z.infer<typeof PolicyCase>

export const isAskCase = (policyCase: PolicyCase): policyCase is AskCase =>
  !('person' in policyCase || 'plan' in policyCase || 'change' in policyCase)

const list = (ids: readonly string[]) =>
  ids.length === 0 ? 'no policy in particular' : ids.map((id) => `\`${id}\``).join(', ')

/** Undefined if the case holds; otherwise the actual outcome. */
export const runCase = (bundle: Bundle, ask: Ask, policyCase: PolicyCase): string | undefined =>
  'person' in policyCase ? runPersonCase(bundle, ask, policyCase) : runAskCase(bundle, ask, policyCase)

function runAskCase(bundle: Bundle, ask: Ask, policyCase: AskCase | PlanCase | ChangeCase): string | undefined {
  const { expect } = policyCase
  const found = assessCase(bundle, ask, policyCase)
  const same = sameIds(expect.policies, found.policies)
  if (found.outcome === 'refused') {
    const why = found.detail ? ` (${found.detail})` : ''
    if ('refused' in expect && expect.refused === found.reason && same) return undefined
    return `refused as \`${found.reason}\` by ${list(found.policies)}${why}`
  }
  if ('tier' in expect && expect.tier === found.tier && same && sameIds(expect.below, found.below)) return undefined
  return `tier ${found.tier} by ${list(found.policies)}, the rung below refused by ${list(found.below)}`
}

function assessCase(bundle: Bundle, ask: Ask, policyCase: AskCase | PlanCase | ChangeCase) {
  const { now } = policyCase
  if ('plan' in policyCase) return assessPlan(bundle, ask, planOf(policyCase), now)
  if ('ask' in policyCase) return assess(bundle, ask, policyCase.ask, now)
  const { change } = policyCase
  const before = agentOf(bundle, String(change.arguments['id']))
  return assessChange(bundle, ask, { ...change, before }, now)
}

function planOf({ plan: { ambient, steps, ...plan } }: PlanCase) {
  const host = { ambient, record: noRecord }
  return { ...plan, steps: steps.map((step) => ({ ...step, host })) }
}

function runPersonCase(bundle: Bundle, ask: Ask, policyCase: PersonCase): string | undefined {
  const { expect, ask: asked, now } = policyCase
  const facts = asked && findFacts(bundle, asked, now)
  if (facts && !facts.ok) return `no such request: ${facts.detail ?? facts.code}`
  const question = personQuestion(bundle, policyCase, asked && facts && { facts: facts.value, asked })
  if (typeof question === 'string') return question
  const answer = isForOthers(question) ? refusedByRule : ask(question)
  if (answer.error) return `an error: ${answer.detail}`
  return answer.permit === expect.permit && sameIds(answer.policies, expect.policies)
    ? undefined
    : `${answer.permit ? 'permitted' : 'refused'} by ${list(answer.policies)}`
}

/** Whether a person asks on behalf of an agent that they do not answer for. Policies cannot permit that. */
export const isForOthers = ({ action, person, request }: PersonQuestion): boolean =>
  action === 'ask' && !(request && isOwner(person.id, request))
const refusedByRule: Answer = { permit: false, policies: [] }

/** The question about a person's act, with the request. A text if a member is missing. */
export function personQuestion(
  bundle: Bundle,
  { person, does, stage, inSteadBy, absent, tier = 0, profile, subject, now }: PersonAct,
  about?: { facts: Facts; asked: Asked },
): PersonQuestion | string {
  if (!personOf(bundle, person)) return `\`${person}\` is not in the directory`
  const who = { id: person, groups: groupsOf(bundle.directory, person) }
  if (openingActs.some((act) => act === does)) {
    const opening = about ? factsOfAction(about.facts) : factsOfProfile(bundle, profile)[0]
    if (!opening) return 'give the case the opened `ask`, or a `profile` of break-glass.json'
    return { kind: 'person', action: does, person: who, opening: { ...unsaid, ...opening }, now }
  }
  if (does === 'standIn') {
    if (!absent || !personOf(bundle, absent)) return 'give the case an `absent` person of the directory'
    const away = { id: absent, groups: groupsOf(bundle.directory, absent) }
    return { kind: 'person', action: does, person: who, absent: away, now }
  }
  if (does === 'recertify') return { kind: 'person', action: does, person: who, ...defined({ subject }), now }
  if (does === 'inspect') return inspectQuestion(bundle, who, subject ?? allAgents, now)
  const request = about && requestFacts(about.facts, about.asked, tier)
  return { kind: 'person', action: does, person: who, ...defined({ inSteadBy, request, stage }), now }
}

/** The subject of an inspection of all agents, and of callers without one. */
export const allAgents = 'agent:*'

/** The question whether a person may see the secrets of an agent's host, or the whole map. */
export function inspectQuestion(
  { agents }: Pick<Bundle, 'agents'>,
  person: PersonQuestion['person'],
  subject: string,
  now: NumericDate,
): PersonQuestion {
  const agent = agents.find(({ id }) => id === subject)
  const answersForIt = agent !== undefined && answersFor(agent).includes(person.id)
  return { kind: 'person', action: 'inspect', person, subject, answersForIt, now }
}

const unsaid = { id: 'bgl_case', incident: 'a case', moment: 'request', drill: false } as const

const sameIds = (a: readonly string[], b: readonly string[]) =>
  a.length === b.length && a.toSorted().join('\n') === b.toSorted().join('\n')

/**
 * The first rung at which more approval permits less, and the policies that cause it: its forbids, or else the permits
 * of the rung below.
 */
export function findBrokenRung(
  bundle: Bundle,
  ask: Ask,
  asked: Asked,
  now: NumericDate,
): { tier: number; below: number; answer: Answer; by: readonly string[] } | undefined {
  const facts = findFacts(bundle, asked, now)
  if (!facts.ok) return undefined
  let permitted: { tier: number; answer: Answer } | undefined
  for (const { tier } of bundle.ladder.tiers) {
    const answer = ask(questionOf(facts.value, asked, { moment: 'request', tier, now }))
    if (answer.permit) permitted = { tier, answer }
    else if (permitted) {
      const by = answer.policies.length > 0 ? answer.policies : permitted.answer.policies
      return { tier, below: permitted.tier, answer, by }
    }
  }
  return undefined
}
