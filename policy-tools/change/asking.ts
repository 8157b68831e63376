// Rules: test/policies/changes/weakenings.test.ts
import { openingRulesOf } from '../../functions/domain/break-glass/break-glass.ts'
import type { Bundle } from '../../functions/domain/policy/bundle.ts'
import { namesOfTier } from '../../functions/domain/policy/filling.ts'
import type { Ask } from '../../functions/domain/policy/question.ts'
import { isSame } from './change.ts'
import type { Side } from './question-space.ts'

export type Asker = Side & { ask: Ask; fileOf: (policyOrAction: string) => string | undefined }
export type Sides = { old: Asker; new: Asker; seed: number; most: number }

/** Compares everything that an answer depends on, except policies. */
export function isSameGround({ old, new: next }: Sides): boolean {
  const groundOf = ({ bundle }: Asker) => {
    const { actions, changes, resources, agents, directory, calendar, deployment, ladder } = bundle
    const tiers = ladder.tiers.map((tier) => [tier.tier, namesOfTier(tier)])
    return [
      actions,
      changes,
      resources,
      agents,
      directory,
      calendar,
      openingRulesOf(bundle)?.profiles,
      deployment.accounts,
      tiers,
    ]
  }
  return isSame(groundOf(old), groundOf(next))
}

/** The policy that changes an answer, or else the file. */
export type Cause = { policy?: string; file: string }

/**
 * The first of these policies that differs between the sides; else the first file with differing facts, or the last
 * file.
 * @param facts the facts of the answer, by file
 */
export function causeOf(
  { old, new: next }: Sides,
  action: string,
  policies: readonly string[],
  facts: (bundle: Bundle) => readonly (readonly [file: string, fact: unknown])[],
): Cause {
  const [there, here] = [old.bundle.policies[action] ?? {}, next.bundle.policies[action] ?? {}]
  const policy = policies.find((id) => there[id] !== here[id])
  const own = policy && (next.fileOf(policy) ?? old.fileOf(policy))
  if (policy !== undefined && own !== undefined) return { policy, file: own }
  const [were, are] = [facts(old.bundle), facts(next.bundle)]
  const differing = were.find(([, fact], at) => !isSame(fact, are[at]?.[1])) ?? were.at(-1)
  return { file: differing?.[0] ?? '' }
}
