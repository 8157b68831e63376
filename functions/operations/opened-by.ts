import { type BreakGlassPolicy, type Emergency, profileResource } from '../domain/break-glass/break-glass.ts'
import { profileCovering } from '../domain/break-glass/rights.ts'
import { emergencyPolicy, sessionPolicyLimit } from '../domain/credentials/session-policy.ts'
import { digestOf } from '../domain/digest.ts'
import { findActionFacts } from '../domain/policy/assess.ts'
import { accountOf, reachesOurselves } from '../domain/policy/bundle.ts'
import { deriveStatement } from '../domain/policy/catalogue.ts'
import type { Refusal } from '../domain/refusals.ts'
import type { Ask } from '../domain/requests/request.ts'
import { type Json, ok, type Resource, type Result, refuse } from '../domain/values.ts'
import type { DecidingPorts } from './ports.ts'

/** What somebody says is to be opened: a profile, or one action of the catalogue. */
export type WhatToOpen = { profile: string } | { action: string; arguments: Json; resource?: Resource }

/** On which terms it is opened, against whose minutes, and what that opens. */
type Opened = {
  terms: BreakGlassPolicy['action'] & { title?: string }
  budgetKey: string
  profile?: string
  rights: Emergency['rights']
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
  if (statement && emergencyPolicy([statement], 0, { drill: true }).length > sessionPolicyLimit)
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
