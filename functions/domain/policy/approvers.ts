// Rules: test/policies/assess.test.ts
import { countingGroups } from '../people/group-source.ts'
import { groupsOf } from '../people/organisation.ts'
import type { NumericDate, PersonId } from '../values.ts'
import type { Bundle } from './bundle.ts'
import { canFill, fillingOf, namesOfTier } from './filling.ts'
import type { Stage, Tier } from './ladder.ts'
import type { Ask, RequestFacts } from './question.ts'

/** True for all people who answer for the agent, inactive ones too: they never decide its requests. */
export const isOwner = (person: PersonId, { owners, backupOwner }: RequestFacts): boolean =>
  owners.includes(person) || person === backupOwner

/** The people who may decide, by stage name. */
type Eligible = { readonly [stage: string]: readonly PersonId[] }

type Approvers = {
  eligible: { [stage: string]: PersonId[] }
  policies: readonly string[]
  error?: boolean
  detail?: string
}

type Sought = { bundle: Bundle; ask: Ask; requests: readonly RequestFacts[]; tier: Tier; now: NumericDate }

/**
 * The people that policy lets approve every act of the request; for a plan, every step. Policy is asked about each
 * active person.
 */
export function findApprovers(
  { bundle, ask, requests, tier, now }: Sought,
  bySource: readonly string[] = [],
): Approvers {
  const names = namesOfTier(tier)
  const eligible: { [stage: string]: PersonId[] } = Object.fromEntries(names.map((name) => [name, []]))
  for (const person of bundle.directory.people) {
    if (person.status !== 'active') continue
    // Separation of duties is checked here too, since a deployer can edit the policy.
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

/**
 * The approvers, or the reason why they are too few. A group with a source counts as large enough until people decide,
 * since the source may name any person.
 */
export function findEnoughApprovers(sought: Sought): Approvers & { tooFew?: string } {
  const { bundle, tier } = sought
  const found = findApprovers(sought)
  if (found.error || isApprovable(tier, found.eligible)) return found
  const groups = countingGroups(bundle.directory, { action: 'approve', tier: tier.tier })
  const isEnough = groups.length > 0 && isApprovable(tier, findApprovers(sought, groups).eligible)
  return isEnough ? found : { ...found, tooFew: `too few people may decide \`${namesOfTier(tier).join('`, `')}\`` }
}

/**
 * Whether the people who are left without `barred` can decide. A group with a source may name any person until people
 * decide, so it counts as enough.
 */
export function canDecideWithout(
  barred: readonly PersonId[],
  { tier, stages, eligible }: { tier: number; stages: readonly Stage[]; eligible: Eligible },
  { directory }: Pick<Bundle, 'directory'>,
): boolean {
  if (barred.length === 0 || countingGroups(directory, { action: 'approve', tier }).length > 0) return true
  const left = Object.entries(eligible).map(([stage, people]) => [stage, people.filter((id) => !barred.includes(id))])
  return isApprovable({ stages }, Object.fromEntries(left))
}

/** Whether enough people can decide the stages, escalations included. */
export function isApprovable({ stages }: { stages: readonly Stage[] }, eligible: Eligible): boolean {
  return canFill(
    stages.map((terms) => {
      const { own, wider } = fillingOf({ terms }, eligible)
      return { quorum: terms.quorum, people: [...own, ...wider] }
    }),
  )
}
