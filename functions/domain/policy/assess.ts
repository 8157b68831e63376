// Rules: test/policies/assess.test.ts
import { type HostFacts, unseenHost } from '../people/host.ts'
import { type Agent, agentStatus, factsOf, ownerOf, type ResourceFacts } from '../people/organisation.ts'
import type { AskerId, JsonObject, NumericDate, PersonId, Resource, Result } from '../values.ts'
import { defined, ok, refuse } from '../values.ts'
import { findEnoughApprovers } from './approvers.ts'
import type { TaskAnswer, TaskSource } from './asking-terms.ts'
import { agentOf, type Bundle, settingsOf } from './bundle.ts'
import { whyNotNow } from './calendar.ts'
import { type CatalogueEntry, deriveResource, parseArguments, unpinnedArguments, unpinnedOf } from './catalogue.ts'
import type { ChangeSummary } from './change-summary.ts'
import { type Approval, type GrantTerms, type Stage, satisfiedTier, type Tier } from './ladder.ts'
import { type McpTool, toolOf } from './mcp-tool.ts'
import type { ActionQuestion, Answer, Ask, Moment, PreviewOutcome, RequestFacts } from './question.ts'

/** The caller's question. Only its identity is verified. */
export type Asked = {
  agent: AskerId
  action: string
  arguments: unknown
  /** The resource; if given, it must equal the derived one. */
  resource?: Resource | undefined
  /** The MCP tool that it names. If the catalogue entry has one, it must be the same. */
  mcp?: McpTool | undefined
  purpose: string
  /** The delegators' owners, the first delegator's first. */
  delegators?: readonly PersonId[]
  recent?: number
  host?: HostFacts | undefined
  /** True if the agent gave a reason; assumed before that is known. */
  justified?: boolean | undefined
  task?: TaskAnswer | undefined
  taskSource?: TaskSource | undefined
  /** The outcome of the reading; success is assumed before it. */
  preview?: PreviewOutcome | undefined
  /** The numbers of a change set, unknown before it. */
  change?: ChangeSummary | undefined
}

export type Facts = {
  entry: CatalogueEntry
  /** The agent. Its `owner` is the person who answers for it now. */
  agent: Agent
  arguments: JsonObject
  resource: Resource & ResourceFacts
  mcp: McpTool | undefined
  /** In plain words, for cards. */
  unpinned: readonly string[]
  /** Arguments that the credential leaves open, for policy. */
  leftOpen: readonly string[]
}

/** The refusals of an assessment, AuthZEN's `context.reason`. */
export const assessmentRefusals = [
  'unknown_action',
  'invalid_arguments',
  'tool_changed',
  'policy_denied',
  'no_eligible_approvers',
  'agent_suspended',
  'agent_retired',
  'owner_inactive',
  'policy_error',
] as const
export type AssessmentRefusal = (typeof assessmentRefusals)[number]

export type Assessment =
  | { outcome: 'refused'; reason: AssessmentRefusal; policies: readonly string[]; detail?: string }
  | {
      outcome: 'requestable'
      facts: Facts
      tier: number
      stages: readonly Stage[]
      grant: GrantTerms
      policies: readonly string[]
      /** The policies that refused the rung below. Empty at tier 0, and if only a permit was missing. */
      below: readonly string[]
      /** By stage name, escalations included. */
      eligible: { readonly [stage: string]: readonly PersonId[] }
    }

/**
 * Finds the facts, then the lowest rung that policy permits, then whether enough people can decide its stages.
 *
 * @param atLeast the lowest rung to consider
 */
export function assess(
  bundle: Bundle,
  ask: Ask,
  asked: Asked,
  now: NumericDate,
  { atLeast = 0 }: { atLeast?: number } = {},
): Assessment {
  const found = findFacts(bundle, asked, now)
  if (!found.ok) return refusal(found.code, [], found.detail)

  const rungs = bundle.ladder.tiers.filter(({ tier }) => tier >= atLeast)
  const search = findTier(rungs, (tier) => ask(questionOf(found.value, asked, { moment: 'request', tier, now })))
  if (search.outcome === 'refused') {
    const tier = rungs.at(-1)?.tier ?? 0
    const permitsAt = (at: NumericDate) =>
      ask(questionOf(found.value, asked, { moment: 'request', tier, now: at })).permit
    return withTime(bundle, search, permitsAt, now)
  }

  const request = requestFacts(found.value, asked, search.tier.tier)
  const approvers = findEnoughApprovers({ bundle, ask, requests: [request], tier: search.tier, now })
  if (approvers.error) return refusal('policy_error', approvers.policies, approvers.detail)
  if (approvers.tooFew !== undefined)
    return refusal('no_eligible_approvers', search.policies, `${approvers.tooFew} of this request`)
  const { policies, below } = search
  const { tier, stages, grant } = search.tier
  return {
    outcome: 'requestable',
    facts: found.value,
    tier,
    stages,
    grant,
    policies,
    below,
    eligible: approvers.eligible,
  }
}

export const refusal = (reason: AssessmentRefusal, policies: readonly string[], detail?: string) =>
  ({ outcome: 'refused', reason, policies, ...defined({ detail }) }) as const

/** Adds the next change of time to a refusal that would end with it. */
export function withTime(
  { calendar }: Bundle,
  no: Extract<Assessment, { outcome: 'refused' }>,
  permitsAt: (at: NumericDate) => boolean,
  now: NumericDate,
): Extract<Assessment, { outcome: 'refused' }> {
  const why = no.reason === 'policy_denied' ? whyNotNow(calendar, permitsAt, now) : undefined
  return why === undefined ? no : { ...no, detail: no.detail === undefined ? why : `${no.detail}: ${why}` }
}

export type FactsRefusal = Exclude<AssessmentRefusal, 'no_eligible_approvers' | 'policy_error'>

export function findFacts(bundle: Bundle, asked: Asked, now: NumericDate): Result<Facts, FactsRefusal> {
  if (!entryOf(bundle, asked)) return unknownAction(asked)
  const agent = agentOf(bundle, asked.agent)
  if (!agent) return refuse('policy_denied', `\`${asked.agent}\` is not registered`)
  const status = agentStatus(agent, bundle.directory, now)
  return status === 'active' ? factsFor(bundle, asked, agent) : refuse(status)
}

/** Facts for people's acts on a request whose agent is suspended: they must still be able to deny it. */
export function findFactsRegardless(bundle: Bundle, asked: Asked): Result<Facts, FactsRefusal> {
  const agent = agentOf(bundle, asked.agent)
  return agent && entryOf(bundle, asked)
    ? factsFor(bundle, { ...asked, mcp: undefined }, agent)
    : refuse('policy_denied', 'the facts are gone')
}

function factsFor(bundle: Bundle, asked: Asked, agent: Agent): Result<Facts, FactsRefusal> {
  const found = findActionFacts(bundle, asked)
  return found.ok ? ok({ ...found.value, agent: { ...agent, owner: ownerOf(agent, bundle.directory) } }) : found
}

const entryOf = ({ actions }: Bundle, { action }: Pick<Asked, 'action'>): CatalogueEntry | undefined =>
  Object.hasOwn(actions, action) ? actions[action] : undefined

const unknownAction = ({ action }: Pick<Asked, 'action'>) =>
  refuse('unknown_action', `\`${action.slice(0, 64)}\` is not in the catalogue`)

/** The resource that the arguments name, whether or not a rule matches it. */
export function findResource(bundle: Bundle, asked: Pick<Asked, 'action' | 'arguments' | 'mcp'>) {
  const entry = entryOf(bundle, asked)
  if (!entry) return unknownAction(asked)
  const at = settingsOf(bundle, entry)
  const args = parseArguments(entry, asked.arguments, at)
  if (!args.ok) return args
  const mcp = toolOf(entry, asked)
  if (!mcp.ok) return mcp
  const resource = deriveResource(entry, args.value, at)
  return ok({ entry, arguments: args.value, at, resource, mcp: mcp.value })
}

export type ActionFacts = Omit<Facts, 'agent'>

/** The terms of an ask that come from the act. */
export function actTermsOf({ entry, arguments: args, resource, mcp, unpinned }: ActionFacts) {
  const { environment, classification, type, id } = resource
  const act = { action: entry.name, arguments: args, resource: { type, id }, environment, classification }
  return { ...act, credential: entry.credential, ...defined({ mcp }), unpinned: [...unpinned] }
}

/** The same for break-glass, which a person uses. */
export function findActionFacts(
  bundle: Bundle,
  asked: Pick<Asked, 'action' | 'arguments' | 'resource' | 'mcp'>,
): Result<ActionFacts, FactsRefusal> {
  const found = findResource(bundle, asked)
  if (!found.ok) return found
  const { entry, arguments: args, at, resource, mcp } = found.value
  if (asked.resource && (asked.resource.type !== resource.type || asked.resource.id !== resource.id)) {
    const should = `\`resource\` should be \`${resource.type}\` \`${resource.id}\`, as the arguments say`
    return refuse('invalid_arguments', should)
  }
  const facts = factsOf(bundle.resources, resource)
  if (!facts) return refuse('policy_denied', `no rule of resources.json knows \`${resource.id}\``)
  return ok({
    entry,
    arguments: args,
    resource: { ...resource, ...facts },
    mcp,
    unpinned: unpinnedOf(entry, args, at),
    leftOpen: unpinnedArguments(entry, args, at),
  })
}

type Circumstances = { moment: Moment; tier: number; now: NumericDate }

export function questionOf(facts: Facts, asked: Asked, { moment, tier, now }: Circumstances): ActionQuestion {
  const { entry, agent, resource } = facts
  return {
    kind: 'action',
    moment,
    agent: { id: agent.id, autonomy: agent.autonomy, owner: agent.owner },
    action: entry.name,
    arguments: facts.arguments,
    resource,
    purpose: asked.purpose,
    approval: { tier },
    credential: entry.credential,
    unpinned: facts.leftOpen,
    recent: asked.recent ?? 0,
    host: asked.host ?? unseenHost,
    justified: asked.justified ?? true,
    task: asked.task ?? 'unchecked',
    taskSource: asked.taskSource ?? 'agent',
    delegationDepth: asked.delegators?.length ?? 0,
    preview: asked.preview ?? previewAsIf(entry),
    ...defined({ change: asked.change }),
    now,
  }
}

/** The assumed outcome of a preview, since nothing is read before policy permits. */
export const previewAsIf = ({ preview }: CatalogueEntry): PreviewOutcome => (preview ? 'matched' : 'none')

/** Asks again about an approved act, with the present facts, autonomy and ladder. */
export function askAgain(
  bundle: Bundle,
  ask: Ask,
  asked: Asked,
  again: { moment: Moment; approvals: readonly Approval[]; now: NumericDate },
): Answer {
  const found = findFacts(bundle, asked, again.now)
  if (!found.ok) return { permit: false, policies: [], detail: found.detail ?? found.code }
  return ask(questionOf(found.value, asked, { ...again, tier: satisfiedTier(bundle.ladder, again.approvals) }))
}

type Search =
  | Extract<Assessment, { outcome: 'refused' }>
  | { outcome: 'found'; tier: Tier; policies: readonly string[]; below: readonly string[] }

/** The lowest rung that policy permits. */
export function findTier(rungs: readonly Tier[], ask: (tier: number) => Answer): Search {
  let below: readonly string[] = []
  let detail: string | undefined
  for (const tier of rungs) {
    const answer = ask(tier.tier)
    if (answer.error) return refusal('policy_error', answer.policies, answer.detail)
    if (answer.permit) return { outcome: 'found', tier, policies: answer.policies, below }
    below = answer.policies
    detail = answer.detail
  }
  return refusal('policy_denied', below, detail)
}

export function requestFacts(facts: Facts, asked: Asked, tier: number, id = 'unsubmitted'): RequestFacts {
  const { entry, agent, resource } = facts
  return {
    id,
    agent: agent.id,
    owners: [agent.owner, ...(asked.delegators ?? [])],
    ...defined({ backupOwner: agent.backupOwner }),
    action: entry.name,
    group: entry.group,
    resource,
    tier,
  }
}
