import {
  type BreakGlassPolicy,
  incidentLooks,
  type Opening,
  type Profile,
  profileResource,
} from '../../domain/break-glass/break-glass.ts'
import { factsOfProfile, type OpenedFacts, profileCovering } from '../../domain/break-glass/rights.ts'
import { openingPolicy, sessionPolicyLimit } from '../../domain/credentials/session-policy.ts'
import { digestOf } from '../../domain/digest.ts'
import { findActionFacts } from '../../domain/policy/assess.ts'
import { accountOf, type Bundle, reachesOurselves } from '../../domain/policy/bundle.ts'
import { deriveStatement } from '../../domain/policy/catalogue.ts'
import type { Refusal } from '../../domain/refusals.ts'
import type { Ask } from '../../domain/requests/request.ts'
import { type Json, ok, type PersonId, type Resource, type Result, refuse, type Seconds } from '../../domain/values.ts'
import type { DecidingPorts } from '../requests/ports.ts'
import { couldOpen } from './questions.ts'

/** What somebody says is to be opened: a profile, or one action of the catalogue. */
export type WhatToOpen = { profile: string } | { action: string; arguments: Json; resource?: Resource }

/** On which terms it is opened, against whose minutes, and what that opens. */
type Opened = {
  terms: BreakGlassPolicy['action'] & { title?: string }
  budgetKey: string
  profile?: string
  rights: Opening['rights']
  facts: Pick<Ask, 'action' | 'arguments' | 'resource' | 'environment' | 'classification' | 'credential' | 'unpinned'>
}

/** What an opening is of: a profile, or one action with its arguments, which counts against the profile that covers it. */
export function openedBy(
  what: WhatToOpen,
  glass: BreakGlassPolicy,
  { policy: { bundle } }: Pick<DecidingPorts, 'policy'>,
): Result<Opened, Refusal> {
  if ('profile' in what) {
    const profile = glass.profiles.find(({ name }) => name === what.profile)
    if (!profile)
      return refuse(
        'unknown_profile',
        `\`profile\` should be one of ${glass.profiles.map(({ name }) => `\`${name}\``).join(', ') || 'none: there are no profiles'}`,
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
  const { entry, arguments: args, resource, unpinned } = found.value
  if (reachesOurselves(resource.id, bundle.resources))
    return refuse('not_permitted', 'that is what Hotwork itself is made of: it is beyond breaking the glass')
  const statement = deriveStatement(entry, args, accountOf(bundle, entry))
  if (statement && openingPolicy([statement], 0, { drill: true }).length > sessionPolicyLimit)
    return refuse(
      'invalid_arguments',
      `the session policy would be over ${sessionPolicyLimit} characters: ask for less at once`,
    )
  const covering = profileCovering(bundle, entry, resource)
  return ok({
    terms: covering ?? glass.action,
    budgetKey: covering
      ? `profile:${covering.name}`
      : `action:${digestOf('hotwork.budget.v1', [entry.name, resource.id])}`,
    rights: [{ action: entry.name, resources: [resource.id] }],
    facts: {
      action: entry.name,
      arguments: args,
      resource: { type: resource.type, id: resource.id },
      environment: resource.environment,
      classification: resource.classification,
      credential: entry.credential,
      unpinned: [...unpinned],
    },
  })
}

/** Nobody can look an action up at 3 a.m. */
const namesOf = (actions: object): string =>
  `\`action\` should be one of ${Object.keys(actions)
    .sort()
    .map((name) => `\`${name}\``)
    .join(', ')}`

/** What a form offers to open: profiles, and single actions of the catalogue by name, with what those may be at most. */
export type Openable = {
  profiles: readonly Profile[]
  actions: readonly string[]
  /** What an incident looks like, in words that go on after "it". */
  incidentLooks: string
  window: Seconds
}

/**
 * What this person can be offered to open: nothing where policy refuses all of it, so that no person fills in a form in
 * vain. Undefined where the deployment has no emergencies. Policy is asked with the incident that the policies have as an
 * example. Without one a policy may rest on an incident that is not known yet: then all is offered, and asked again.
 */
export function mayOpen(
  person: PersonId,
  { policy, clock }: Pick<DecidingPorts, 'policy' | 'clock'>,
): Openable | undefined {
  const { bundle } = policy
  const { breakGlass: glass } = bundle
  if (!glass) return undefined
  const could = (facts: readonly OpenedFacts[]) =>
    couldOpen(policy, person, facts, glass.incidentExample ?? '', clock.now())
  const all = { profiles: glass.profiles, actions: Object.keys(bundle.actions).sort() }
  const permitted = {
    profiles: all.profiles.filter(({ name }) => could(factsOfProfile(bundle, name))),
    actions: all.actions.filter((name) => factsOfName(bundle, name).some((each) => could([each]))),
  }
  const none = permitted.profiles.length + permitted.actions.length === 0
  return {
    ...(none && glass.incidentExample === undefined ? all : permitted),
    incidentLooks: incidentLooks(glass),
    window: glass.action.window,
  }
}

/** What policy would be asked about a single action, on each kind of resource that it may be for. */
function factsOfName({ actions, resources }: Bundle, name: string): readonly OpenedFacts[] {
  const entry = actions[name]
  if (!entry) return []
  const own = resources.filter(({ type }) => type === entry.resource.type)
  return own.map((resource) => ({ action: name, group: entry.group, resource }))
}
