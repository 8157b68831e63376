// Rules: test/operations/registry/ask-for-change.test.ts

import { type Agent, answersFor, factsOf, groupsOf, type ResourceFacts } from '../people/organisation.ts'
import { findEnoughApprovers } from '../policy/approvers.ts'
import { type Assessment, findTier, refusal, withTime } from '../policy/assess.ts'
import type { Bundle } from '../policy/bundle.ts'
import { type CatalogueEntry, parseArguments } from '../policy/catalogue.ts'
import { type Approval, satisfiedTier } from '../policy/ladder.ts'
import type { Answer, Ask, ChangeFacts, RegistryQuestion, RequestFacts } from '../policy/question.ts'
import {
  defined,
  type JsonObject,
  type NumericDate,
  ok,
  type PersonId,
  type Resource,
  type Result,
  refuse,
} from '../values.ts'
import { type AskedChange, afterAgent, gainersOf, membersChanged, widens } from './agent-change.ts'

/** A person's ask to change the registry. `before`: the present entry. */
export type ChangeAsked = AskedChange & { person: PersonId; before?: Agent | undefined }

/** The lowest rung: people decide every change of the registry. */
export const lowestOfChanges = 1

export type FoundChange = {
  entry: CatalogueEntry
  arguments: JsonObject
  resource: Resource & ResourceFacts
  after: Agent
  facts: ChangeFacts
  /** The people who gain or keep a right by it, and so may not decide it. */
  barred: readonly PersonId[]
}

export type ChangeAssessment =
  | Extract<Assessment, { outcome: 'refused' }>
  | (Omit<Extract<Assessment, { outcome: 'requestable' }>, 'facts'> & { found: FoundChange })

export function findChange(
  { changes = {}, resources }: Pick<Bundle, 'changes' | 'resources'>,
  { person, action, arguments: asked, before }: ChangeAsked,
): Result<FoundChange, 'unknown_action' | 'invalid_arguments' | 'invalid_registry' | 'policy_denied'> {
  const entry = Object.hasOwn(changes, action) ? changes[action] : undefined
  if (!entry) return refuse('unknown_action', `\`${action.slice(0, 64)}\` is not a change of the registry`)
  const args = parseArguments(entry, asked)
  if (!args.ok) return args
  const after = afterAgent({ action, arguments: args.value }, before)
  if (!after.ok) return after
  const resource = { type: entry.resource.type, id: after.value.id }
  const rule = factsOf(resources, resource)
  if (!rule) return refuse('policy_denied', `no rule of resources.json knows \`${resource.id}\``)
  return ok({
    entry,
    arguments: args.value,
    resource: { ...resource, ...rule },
    after: after.value,
    facts: changeFacts(person, before, after.value),
    barred: gainersOf(before, after.value),
  })
}

const changeFacts = (person: PersonId, before: Agent | undefined, after: Agent): ChangeFacts => ({
  members: membersChanged(before, after),
  autonomy: after.autonomy,
  ...defined({ before: before?.autonomy }),
  widens: widens(before, after),
  newOwner: before?.owner !== after.owner,
  answersForIt: before !== undefined && answersFor(before).includes(person),
})

/** Finds the lowest rung from 1 on that policy permits, and whether enough people are left to decide. */
export function assessChange(bundle: Bundle, ask: Ask, asked: ChangeAsked, now: NumericDate): ChangeAssessment {
  const found = findChange(bundle, asked)
  // The caller has checked the registry before.
  if (!found.ok) return refusal(found.code === 'invalid_registry' ? 'invalid_arguments' : found.code, [], found.detail)
  const rungs = bundle.ladder.tiers.filter(({ tier }) => tier >= lowestOfChanges)
  const at = (tier: number, moment: NumericDate) => ask(changeQuestion(bundle, found.value, asked, tier, moment))
  const search = findTier(rungs, (tier) => at(tier, now))
  if (search.outcome === 'refused')
    return withTime(bundle, search, (later) => at(rungs.at(-1)?.tier ?? 0, later).permit, now)
  const { policies, below, tier } = search
  const requests = [changeRequestFacts(found.value, asked, tier.tier)]
  const approvers = findEnoughApprovers({ bundle, ask, requests, tier, now })
  if (approvers.error) return refusal('policy_error', approvers.policies, approvers.detail)
  if (approvers.tooFew !== undefined)
    return refusal('no_eligible_approvers', policies, `${approvers.tooFew} of this change`)
  const { stages, grant } = tier
  const { eligible } = approvers
  return { outcome: 'requestable', found: found.value, tier: tier.tier, stages, grant, policies, below, eligible }
}

export function changeQuestion(
  { directory }: Pick<Bundle, 'directory'>,
  { entry, arguments: args, resource, facts }: FoundChange,
  { person }: ChangeAsked,
  tier: number,
  now: NumericDate,
  moment: RegistryQuestion['moment'] = 'request',
): RegistryQuestion {
  const asker = { id: person, groups: groupsOf(directory, person) }
  const what = { action: entry.name, arguments: args, resource, change: facts }
  return { kind: 'registry', moment, person: asker, ...what, approval: { tier }, now }
}

/** Asks again about an approved change, with the facts and the ladder of now. */
export function askAgainAboutChange(
  bundle: Bundle,
  ask: Ask,
  asked: ChangeAsked,
  again: { moment: RegistryQuestion['moment']; approvals: readonly Approval[]; now: NumericDate },
): Answer {
  const no = (detail: string): Answer => ({ permit: false, policies: [], detail })
  const known = bundle.directory.people.find(({ id }) => id === asked.person)
  if (known?.status !== 'active') return no('the person who asks is not active')
  const found = findChange(bundle, asked)
  if (!found.ok) return no(found.detail ?? found.code)
  const tier = satisfiedTier(bundle.ladder, again.approvals)
  // This holds under any policy.
  if (tier < lowestOfChanges) return no('a change of the registry is decided by people')
  return ask(changeQuestion(bundle, found.value, asked, tier, again.now, again.moment))
}

/** The facts for questions about people. */
export const changeRequestFacts = (
  { entry, resource, after, barred }: FoundChange,
  { person }: Pick<ChangeAsked, 'person'>,
  tier: number,
  id = 'unsubmitted',
): RequestFacts => ({
  id,
  agent: after.id,
  owners: [...new Set([person, ...barred])],
  action: entry.name,
  group: entry.group,
  resource,
  tier,
})
