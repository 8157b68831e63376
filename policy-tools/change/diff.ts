// Rules: test/policies/changes/weakenings.test.ts
import type { Bundle } from '../../functions/domain/policy/bundle.ts'
import type { Sides } from './asking.ts'
import { type Change, type Changes, groupsBy, together } from './change.ts'
import { diffChanges } from './diff-changes.ts'
import { diffDecisions, fileOfAction } from './diff-decisions.ts'
import { diffFiles, type ProveFiles } from './diff-files.ts'
import { diffPeople } from './diff-people.ts'
import { diffPolicies } from './diff-policies.ts'

/** All differences between two bundles: in Cedar's decisions, by questions, and in the other files. */
export function diffBundles(sides: Sides, options: { deployment: boolean; prove?: ProveFiles }): Changes {
  const decisions = diffDecisions(sides)
  const people = diffPeople(sides)
  const asked = together([decisions, diffChanges(sides), people])
  const policies = diffPolicies(sides, asked)
  const { old, new: next } = sides
  const files = diffFiles(old.bundle, next.bundle, {
    ...options,
    fileOf: (action) => fileOfAction(sides, action),
  })
  return together([asked, policies, files])
}

/** Equal differences of several agents, actions or people, merged. */
export type Told = Change & { readonly who: readonly string[]; readonly actions: readonly string[] }

export function alikeTogether(changes: readonly Change[]): readonly Told[] {
  const alike = groupsBy(changes, ({ kind, file, policy, from, to }) => [kind, file, policy, from, to])
  return alike.flatMap((all) => {
    const first = all.find(({ example }) => example) ?? all[0]
    if (!first) return []
    const listed = (of: (change: Change) => string | undefined) => [...new Set(all.flatMap((each) => of(each) ?? []))]
    return [{ ...first, who: listed(({ agent, person }) => agent ?? person), actions: listed(({ action }) => action) }]
  })
}

/** The bundle with the real side's accounts instead of made-up ones, so that both sides have the same resource ids. */
export const onSameGround = (made: Bundle, real: Bundle): Bundle => ({
  ...made,
  deployment: { ...made.deployment, accounts: { ...made.deployment.accounts, ...real.deployment.accounts } },
})
