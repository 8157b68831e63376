// Rules: test/domain/break-glass/profile.test.ts

import type { ActionFacts } from '../policy/assess.ts'
import { type Account, accountOf, type Bundle } from '../policy/bundle.ts'
import type { CatalogueEntry } from '../policy/catalogue.ts'
import { resourcesOverlap } from '../policy/patterns.ts'
import type { OpeningFacts } from '../policy/question.ts'
import type { OpenRight } from '../record/opening.ts'
import type { Resource } from '../values.ts'
import { type OpeningRules, openingRulesOf, type Profile, profileNamed } from './break-glass.ts'

export const factsOfAction = ({ entry, resource }: Pick<ActionFacts, 'entry' | 'resource'>): OpenedFacts => ({
  action: entry.name,
  group: entry.group,
  resource,
})

export function factsOfProfile(
  { actions, ...rules }: Pick<Bundle, 'actions'> & OpeningRules,
  name: string | undefined,
): readonly OpenedFacts[] {
  const profile = profileNamed(rules, name)
  if (!profile) return []
  const { environment, classification, group: ownedBy } = profile
  return profile.rights.flatMap(({ action, resources }) => {
    const entry = actions[action]
    if (!entry) return []
    return resources.map((id) => ({
      action,
      group: entry.group,
      resource: { type: entry.resource.type, id, environment, classification, group: ownedBy },
      profile: profile.name,
    }))
  })
}

/** The sealed role reaches the whole catalogue, so it has no single environment or group. */
export const factsOfSealed = (role: Resource): OpenedFacts => ({
  action: sealedAction,
  group: 'break-glass',
  resource: { ...role, environment: anywhere, classification: anywhere, group: anywhere },
})

export const sealedAction = 'break-glass:sealed-role'
export const anywhere = 'any'

export type OpenedFacts = Pick<OpeningFacts, 'action' | 'group' | 'resource' | 'profile'>

export const filled = (pattern: string, { partition, region, accountId }: Account): string =>
  pattern.replaceAll('{partition}', partition).replaceAll('{region}', region).replaceAll('{account}', accountId)

export function filledFor(
  action: string,
  pattern: string,
  { actions, deployment }: Pick<Bundle, 'actions' | 'deployment'>,
): string {
  const entry = actions[action]
  const account = entry && accountOf({ deployment }, entry)
  return account ? filled(pattern, account) : pattern
}

/** The one profile whose minutes are spent. */
export const profileCovering = (
  { deployment, ...rules }: Pick<Bundle, 'deployment'> & OpeningRules,
  entry: Pick<CatalogueEntry, 'name' | 'account'>,
  resource: Resource,
): Profile | undefined => {
  const account = accountOf({ deployment }, entry)
  return (
    account && openingRulesOf(rules)?.profiles.find(({ rights }) => coversOne(rights, entry.name, resource, account))
  )
}

const coversOne = (rights: readonly OpenRight[], action: string, resource: Resource, account: Account): boolean =>
  rights.some(
    (right) =>
      right.action === action && right.resources.some((each) => resourcesOverlap(filled(each, account), resource.id)),
  )
