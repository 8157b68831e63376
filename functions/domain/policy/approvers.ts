import { countingGroups } from '../people/group-source.ts'
import { groupsOf } from '../people/organisation.ts'
import type { NumericDate, PersonId } from '../values.ts'
import type { Bundle } from './bundle.ts'
import { canFill, fillingOf, namesOfTier } from './filling.ts'
import type { Tier } from './ladder.ts'
import type { Ask, RequestFacts } from './question.ts'

/** None of those who answer for an agent decides what it asks, also while another of them does. */
export const isOwner = (person: PersonId, { owners, backupOwner }: RequestFacts): boolean =>
  owners.includes(person) || person === backupOwner

type Approvers = {
  eligible: { [stage: string]: PersonId[] }
  policies: readonly string[]
  error?: boolean
  detail?: string
}

type Sought = { bundle: Bundle; ask: Ask; requests: readonly RequestFacts[]; tier: Tier; now: NumericDate }

/** Asked for each active person, who must be permitted for all of what is asked: of a plan, every step. */
export function findApprovers(
  { bundle, ask, requests, tier, now }: Sought,
  bySource: readonly string[] = [],
): Approvers {
  const names = namesOfTier(tier)
  const eligible: { [stage: string]: PersonId[] } = Object.fromEntries(names.map((name) => [name, []]))
  for (const person of bundle.directory.people) {
    if (person.status !== 'active') continue
    // Separation of duties is kept twice on purpose: the policy is the deployer's to edit, this is ours.
    if (requests.some((request) => isOwner(person.id, request))) continue
    const asked = { id: person.id, groups: groupsOf(bundle.directory, person.id, bySource) }
    for (const stage of names) {
      const answers = requests.map((request) =>
        ask({ kind: 'person', action: 'approve', person: asked, request, stage, now }),
      )
      const failed = answers.find(({ error }) => error)
      if (failed) return { eligible: {}, ...failed }
      if (answers.every(({ permit }) => permit)) eligible[stage]?.push(person.id)
    }
  }
  return { eligible, policies: [] }
}

/** The same; or why they are too few, also where a source, until they decide, may name any of the people. */
export function findEnoughApprovers(sought: Sought): Approvers & { tooFew?: string } {
  const { bundle, tier } = sought
  const found = findApprovers(sought)
  if (found.error || isApprovable(tier, found.eligible)) return found
  const groups = countingGroups(bundle.directory, { action: 'approve', tier: tier.tier })
  const isEnough = groups.length > 0 && isApprovable(tier, findApprovers(sought, groups).eligible)
  return isEnough ? found : { ...found, tooFew: `too few people may decide \`${namesOfTier(tier).join('`, `')}\`` }
}

/** An escalation may widen who decides a stage. */
export function isApprovable({ stages }: Tier, eligible: { readonly [stage: string]: readonly PersonId[] }): boolean {
  return canFill(
    stages.map((terms) => {
      const { own, wider } = fillingOf({ terms }, eligible)
      return { quorum: terms.quorum, people: [...own, ...wider] }
    }),
  )
}
