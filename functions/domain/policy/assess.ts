import { type Agent, agentStatus, factsOf, groupsOf, type Person, type ResourceFacts } from '../people/organisation.ts'
import { canFill } from '../requests/matching.ts'
import {
  type AskerId,
  type JsonObject,
  type NumericDate,
  ok,
  type PersonId,
  type Resource,
  type Result,
  refuse,
} from '../values.ts'
import { accountOf, agentOf, type Bundle } from './bundle.ts'
import { type CatalogueEntry, deriveResource, parseArguments, unpinnedArguments, unpinnedOf } from './catalogue.ts'
import { type Approval, type GrantTerms, namesOfTier, type Stage, satisfiedTier, type Tier } from './ladder.ts'
import type { ActionQuestion, Answer, Ask, Moment, RequestFacts } from './question.ts'

/** What somebody wants done, as it came: nothing in it is trusted but who asks. */
export type Asked = {
  agent: AskerId
  action: string
  arguments: unknown
  /** What the asker takes the resource to be. It must be the derived one; left out, there is nothing to compare. */
  resource?: Resource
  purpose: string
  /** The owners of the agents it is asked for, the first delegator first. */
  delegators?: readonly PersonId[]
  /** How many like it this agent asked for lately. */
  recent?: number
}

/** The server's own facts about what was asked. */
export type Facts = {
  entry: CatalogueEntry
  agent: Agent
  arguments: JsonObject
  resource: Resource & ResourceFacts
  /** For the card: what the credential leaves open, in plain words. */
  unpinned: readonly string[]
  /** For policy: the arguments that it leaves open. */
  leftOpen: readonly string[]
}

/** Why no approval can help (AuthZEN `context.reason`). */
export type AssessmentRefusal =
  | 'unknown_action'
  | 'invalid_arguments'
  | 'policy_denied'
  | 'no_eligible_approvers'
  | 'agent_suspended'
  | 'agent_retired'
  | 'owner_inactive'
  | 'policy_error'

export type Assessment =
  | { outcome: 'refused'; reason: AssessmentRefusal; policies: readonly string[]; detail?: string }
  | {
      outcome: 'requestable'
      facts: Facts
      tier: number
      stages: readonly Stage[]
      grant: GrantTerms
      /** What permits at that tier. */
      policies: readonly string[]
      /** What refused the rung below: why the tier is not lower. Empty at tier 0, and where only a permit was missing. */
      below: readonly string[]
      /** By stage name, those that a stage escalates to included: who may decide it. */
      eligible: { readonly [stage: string]: readonly PersonId[] }
    }

/**
 * Looks at an ask as policy does: the facts, then the lowest rung at which the answer is permit, then whether the people
 * there are can meet that rung's stages.
 */
export function assess(bundle: Bundle, ask: Ask, asked: Asked, now: NumericDate): Assessment {
  const found = findFacts(bundle, asked, now)
  if (!found.ok) return refusal(found.code, [], found.detail)

  const search = findTier(bundle, ask, (tier) => questionOf(found.value, asked, { moment: 'request', tier, now }))
  if (search.outcome === 'refused') return search

  const request = requestFacts(found.value, asked, search.tier.tier)
  const approvers = findApprovers(bundle, ask, request, namesOfTier(search.tier), now)
  if (approvers.error) return refusal('policy_error', approvers.policies, approvers.detail)
  if (!isApprovable(search.tier, approvers.eligible)) {
    const names = namesOfTier(search.tier).join('`, `')
    return refusal('no_eligible_approvers', search.policies, `too few people may decide \`${names}\` of this request`)
  }
  const { tier, policies, below } = search
  const { stages, grant } = tier
  return {
    outcome: 'requestable',
    facts: found.value,
    tier: tier.tier,
    stages,
    grant,
    policies,
    below,
    eligible: approvers.eligible,
  }
}

const refusal = (reason: AssessmentRefusal, policies: readonly string[], detail?: string) =>
  ({ outcome: 'refused', reason, policies, ...(detail === undefined ? {} : { detail }) }) as const

type FactsRefusal = Exclude<AssessmentRefusal, 'no_eligible_approvers' | 'policy_error'>

/** The facts of an ask as this bundle has them. */
export function findFacts(bundle: Bundle, asked: Asked, now: NumericDate): Result<Facts, FactsRefusal> {
  const entry = Object.hasOwn(bundle.actions, asked.action) ? bundle.actions[asked.action] : undefined
  if (!entry) return refuse('unknown_action', `\`${asked.action.slice(0, 64)}\` is not in the catalogue`)
  const agent = agentOf(bundle, asked.agent)
  if (!agent) return refuse('policy_denied', `\`${asked.agent}\` is not registered`)
  const status = agentStatus(agent, bundle.directory, now)
  if (status !== 'active') return refuse(status)
  return describe(bundle, entry, agent, asked)
}

/**
 * The facts of an ask whatever has become of its agent: for what people may do to it, since a request of an agent that
 * was suspended must still be one that somebody can deny.
 */
export function findFactsRegardless(bundle: Bundle, asked: Asked): Result<Facts, FactsRefusal> {
  const entry = Object.hasOwn(bundle.actions, asked.action) ? bundle.actions[asked.action] : undefined
  const agent = agentOf(bundle, asked.agent)
  return entry && agent ? describe(bundle, entry, agent, asked) : refuse('policy_denied', 'the facts are gone')
}

/** What is done, to what, and what is known of that, whoever asks for it. */
export type ActionFacts = Omit<Facts, 'agent'>

/** The facts of an action with its arguments, asked for by somebody who is no agent: a person who uses break-glass. */
export function findActionFacts(
  bundle: Bundle,
  asked: Pick<Asked, 'action' | 'arguments' | 'resource'>,
): Result<ActionFacts, FactsRefusal> {
  const entry = Object.hasOwn(bundle.actions, asked.action) ? bundle.actions[asked.action] : undefined
  if (!entry) return refuse('unknown_action', `\`${asked.action.slice(0, 64)}\` is not in the catalogue`)
  return describeAction(bundle, entry, asked)
}

function describe(
  bundle: Bundle,
  entry: CatalogueEntry,
  agent: Agent,
  asked: Asked,
): Result<Facts, 'invalid_arguments' | 'policy_denied'> {
  const described = describeAction(bundle, entry, asked)
  return described.ok ? ok({ ...described.value, agent }) : described
}

function describeAction(
  bundle: Bundle,
  entry: CatalogueEntry,
  asked: Pick<Asked, 'arguments' | 'resource'>,
): Result<ActionFacts, 'invalid_arguments' | 'policy_denied'> {
  const args = parseArguments(entry, asked.arguments)
  if (!args.ok) return args
  const account = accountOf(bundle, entry)
  const resource = deriveResource(entry, args.value, account)
  if (asked.resource && (asked.resource.type !== resource.type || asked.resource.id !== resource.id)) {
    return refuse(
      'invalid_arguments',
      `\`resource\` should be \`${resource.type}\` \`${resource.id}\`, as the arguments say`,
    )
  }
  const facts = factsOf(bundle.resources, resource)
  if (!facts) return refuse('policy_denied', `no rule of resources.json knows \`${resource.id}\``)
  return ok({
    entry,
    arguments: args.value,
    resource: { ...resource, ...facts },
    unpinned: unpinnedOf(entry, args.value, account),
    leftOpen: unpinnedArguments(entry, args.value, account),
  })
}

/** The circumstances that the asker has no say in. */
export type Circumstances = { moment: Moment; tier: number; breakGlass?: boolean; now: NumericDate }

/** The one question, about these facts in these circumstances. */
export function questionOf(
  facts: Facts,
  asked: Asked,
  { moment, tier, breakGlass = false, now }: Circumstances,
): ActionQuestion {
  const { entry, agent, resource } = facts
  return {
    kind: 'action',
    moment,
    agent: { id: agent.id, autonomy: agent.autonomy, owner: agent.owner },
    action: entry.name,
    arguments: facts.arguments,
    resource,
    purpose: asked.purpose,
    approval: { tier, breakGlass },
    credential: entry.credential,
    unpinned: facts.leftOpen,
    recent: asked.recent ?? 0,
    delegationDepth: asked.delegators?.length ?? 0,
    now,
  }
}

/**
 * Asks the one question again about something that was approved, with the facts as they are now: the agent's standing
 * and autonomy, the resource's classification, the tier that the recorded approvals satisfy on the ladder now in force.
 */
export function askAgain(
  bundle: Bundle,
  ask: Ask,
  asked: Asked,
  again: { moment: Moment; approvals: readonly Approval[]; breakGlass?: boolean; now: NumericDate },
): Answer {
  const found = findFacts(bundle, asked, again.now)
  if (!found.ok) return { permit: false, policies: [], detail: found.detail ?? found.code }
  return ask(questionOf(found.value, asked, { ...again, tier: satisfiedTier(bundle.ladder, again.approvals) }))
}

type Search =
  | Extract<Assessment, { outcome: 'refused' }>
  | { outcome: 'found'; tier: Tier; policies: readonly string[]; below: readonly string[] }

/** The lowest rung at which the answer is permit. */
function findTier(bundle: Bundle, ask: Ask, question: (tier: number) => ActionQuestion): Search {
  let below: readonly string[] = []
  for (const tier of bundle.ladder.tiers) {
    const answer = ask(question(tier.tier))
    if (answer.error) return refusal('policy_error', answer.policies, answer.detail)
    if (answer.permit) return { outcome: 'found', tier, policies: answer.policies, below }
    below = answer.policies
  }
  return refusal('policy_denied', below)
}

/** What of a request bears on who may decide it. `id` is for a request that exists. */
export function requestFacts(facts: Facts, asked: Asked, tier: number, id = 'unsubmitted'): RequestFacts {
  const { entry, agent, resource } = facts
  return {
    id,
    agent: agent.id,
    owners: [agent.owner, ...(asked.delegators ?? [])],
    action: entry.name,
    group: entry.group,
    resource,
    tier,
  }
}

type Approvers = {
  eligible: { [stage: string]: PersonId[] }
  policies: readonly string[]
  error?: boolean
  detail?: string
}

/** Who may decide each of these stage names of a request: `approve`, asked of everyone active. */
export function findApprovers(
  bundle: Bundle,
  ask: Ask,
  request: RequestFacts,
  names: readonly string[],
  now: NumericDate,
): Approvers {
  const eligible: { [stage: string]: PersonId[] } = Object.fromEntries(names.map((name) => [name, []]))
  for (const person of bundle.directory.people) {
    if (person.status !== 'active') continue
    for (const stage of names) {
      const answer = mayApprove(bundle, ask, person, request, stage, now)
      if (answer.error) return { eligible: {}, ...answer }
      if (answer.permit) eligible[stage]?.push(person.id)
    }
  }
  return { eligible, policies: [] }
}

/**
 * May this person decide this stage? Separation of duties is kept twice on purpose: the policy is the deployer's to
 * edit, this is ours.
 */
function mayApprove(
  bundle: Bundle,
  ask: Ask,
  person: Person,
  request: RequestFacts,
  stage: string,
  now: NumericDate,
): Answer {
  if (request.owners.includes(person.id)) return { permit: false, policies: [] }
  const groups = groupsOf(bundle.directory, person.id)
  return ask({ kind: 'person', action: 'approve', person: { id: person.id, groups }, request, stage, now })
}

/** Could the people there are meet every stage, no one of them twice? An escalation may widen who decides a stage. */
function isApprovable({ stages }: Tier, eligible: { readonly [stage: string]: readonly PersonId[] }): boolean {
  return canFill(
    stages.map(({ name, quorum, onSilence }) => ({
      quorum,
      people: [...(eligible[name] ?? []), ...(onSilence === 'expire' ? [] : (eligible[onSilence.escalateTo] ?? []))],
    })),
  )
}
