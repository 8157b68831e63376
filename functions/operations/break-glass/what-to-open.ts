// Rules: test/operations/break-glass/prepared-opening.test.ts
import {
  type BreakGlassPolicy,
  incidentLooks,
  openingRulesOf,
  type Profile,
  profileResource,
} from '../../domain/break-glass/break-glass.ts'
import type { OpenedFacts } from '../../domain/break-glass/rights.ts'
import { factsOfProfile, profileCovering } from '../../domain/break-glass/rights.ts'
import { unopened } from '../../domain/deciding/ask-about-opening.ts'
import { argumentsDigest, digestOf } from '../../domain/digest.ts'
import type { About } from '../../domain/ledger/refused.ts'
import { groupsBySource, type Readings } from '../../domain/people/group-source.ts'
import { groupsOf } from '../../domain/people/organisation.ts'
import { actTermsOf, type FactsRefusal, findActionFacts } from '../../domain/policy/assess.ts'
import { type Bundle, reachesOurselves, settingsOf } from '../../domain/policy/bundle.ts'
import { startsRun } from '../../domain/policy/catalogue.ts'
import { ParentTask } from '../../domain/record/ask-terms.ts'
import type { Opening } from '../../domain/record/opening.ts'
import type { Ask } from '../../domain/record/request.ts'
import type { Json, NumericDate, PersonId, Resource, Result, Seconds } from '../../domain/values.ts'
import { defined, JsonObject, ok, refuse } from '../../domain/values.ts'
import { kindOf } from '../../targets/kinds.ts'
import type { Policy } from '../policy/ports.ts'
import type { AskingPorts } from '../record/ports.ts'

export type WhatToOpen = { profile: string } | { action: string; arguments: Json; resource?: Resource }

/** An opening, for the entry of its refusal. */
export function aboutOpening({ what, incident }: { what: WhatToOpen; incident: string }): About {
  const task = ParentTask.safeParse({ id: incident })
  const parentTask = task.success ? task.data : undefined
  if ('profile' in what)
    return defined({ parentTask, action: `break-glass:${what.profile}`, resource: profileResource(what.profile) })
  const { action, resource } = what
  const args = JsonObject.safeParse(what.arguments)
  const digest = args.success && resource ? argumentsDigest(action, args.data, resource) : undefined
  return defined({ parentTask, action, resource, digest })
}

type Opened = {
  terms: BreakGlassPolicy['action'] & { title?: string }
  budgetKey: string
  profile?: string
  rights: Opening['rights']
  facts: Pick<
    Ask,
    'action' | 'arguments' | 'resource' | 'environment' | 'classification' | 'credential' | 'unpinned' | 'mcp'
  >
}

export type OpenedRefusal = FactsRefusal | 'unknown_profile' | 'not_permitted'

/** A single action counts against the profile that covers it. */
export function openedBy(
  what: WhatToOpen,
  { policy: { bundle } }: Pick<AskingPorts, 'policy'>,
): Result<Opened, OpenedRefusal> {
  const rules = openingRulesOf(bundle)
  if (!rules) return refuse('unknown_profile')
  if ('profile' in what) {
    const profile = rules.profiles.find(({ name }) => name === what.profile)
    if (!profile)
      return refuse(
        'unknown_profile',
        `\`profile\` should be one of ${rules.profiles.map(({ name }) => `\`${name}\``).join(', ') || 'none: there are no profiles'}`,
      )
    const { name, environment, classification, rights, title } = profile
    return ok({
      terms: { ...profile, title },
      budgetKey: `profile:${name}`,
      profile: name,
      rights,
      facts: {
        action: `break-glass:${name}`,
        arguments: {},
        resource: profileResource(name),
        environment,
        classification,
        credential: 'sts',
        unpinned: ['everything that the profile opens, with any arguments, as often as wanted until it ends'],
      },
    })
  }
  const found = findActionFacts(bundle, what)
  if (!found.ok) return found.code === 'unknown_action' ? refuse(found.code, namesOf(bundle.actions)) : found
  const { entry, arguments: args, resource } = found.value
  if (startsRun(entry)) return refuse('not_permitted', 'it starts a run, which break-glass does not open')
  if (reachesOurselves(resource.id, bundle.resources))
    return refuse('not_permitted', 'it is a part of Hotwork itself, which break-glass does not open')
  const when = { notAfter: 0, drill: true }
  const large = kindOf(entry).tooLarge?.(entry, args, settingsOf(bundle, entry), when)
  if (large) return refuse('invalid_arguments', `${large.what} would exceed ${large.most}: ask for fewer at once`)
  const covering = profileCovering(bundle, entry, resource)
  return ok({
    terms: covering ?? rules.action,
    budgetKey: covering
      ? `profile:${covering.name}`
      : `action:${digestOf('hotwork.budget.v1', [entry.name, resource.id])}`,
    rights: [{ action: entry.name, resources: [resource.id] }],
    facts: actTermsOf(found.value),
  })
}

const namesOf = (actions: object): string =>
  `\`action\` should be one of ${Object.keys(actions)
    .sort()
    .map((name) => `\`${name}\``)
    .join(', ')}`

export type Openable = {
  profiles: readonly Profile[]
  actions: readonly string[]
  incidentLooks: string
  window: Seconds
}

/**
 * The profiles that policy lets this person open, for a form that must not end in a refusal. Policy is asked with the
 * folder's example of an incident. Without an example the answer may depend on the incident, so all profiles are
 * offered.
 */
export function mayOpen(
  person: PersonId,
  { policy, clock }: Pick<AskingPorts, 'policy' | 'clock'>,
  readings?: Readings,
): Openable | undefined {
  const { bundle } = policy
  const rules = openingRulesOf(bundle)
  if (!rules) return undefined
  const could = (facts: readonly OpenedFacts[]) =>
    couldOpen(policy, person, facts, rules.incidentExample ?? '', clock.now(), readings)
  const all = { profiles: rules.profiles, actions: Object.keys(bundle.actions).sort() }
  const permitted = {
    profiles: all.profiles.filter(({ name }) => could(factsOfProfile(bundle, name))),
    actions: all.actions.filter((name) => factsOfName(bundle, name).some((each) => could([each]))),
  }
  const none = permitted.profiles.length + permitted.actions.length === 0
  return {
    ...(none && rules.incidentExample === undefined ? all : permitted),
    incidentLooks: incidentLooks(rules),
    window: rules.action.window,
  }
}

/** Whether policy lets this person open one profile. */
export const mayOpenProfile = (
  person: PersonId,
  name: string,
  { policy, clock }: Pick<AskingPorts, 'policy' | 'clock'>,
  readings?: Readings,
): boolean => {
  const { bundle } = policy
  const incident = openingRulesOf(bundle)?.incidentExample ?? ''
  return couldOpen(policy, person, factsOfProfile(bundle, name), incident, clock.now(), readings)
}

function factsOfName({ actions, resources }: Bundle, name: string): readonly OpenedFacts[] {
  const entry = actions[name]
  if (!entry) return []
  const own = resources.filter(({ type }) => type === entry.resource.type)
  return own.map((resource) => ({ action: name, group: entry.group, resource }))
}

function couldOpen(
  policy: Policy,
  person: PersonId,
  facts: readonly OpenedFacts[],
  incident: string,
  now: NumericDate,
  readings: Readings | undefined,
): boolean {
  const { directory } = policy.bundle
  const groups = groupsOf(
    directory,
    person,
    groupsBySource(directory, person, { action: 'breakGlass' }, { readings }, now),
  )
  const asked = { kind: 'person', action: 'breakGlass', person: { id: person, groups }, now } as const
  const permits = (each: OpenedFacts, drill: boolean) =>
    policy.ask({ ...asked, opening: { ...each, id: unopened, incident, moment: 'request', drill } }).permit
  return facts.length > 0 && [false, true].some((drill) => facts.every((each) => permits(each, drill)))
}
