// Rules: test/domain/agents/ambient.test.ts
import type { Agent } from '../people/organisation.ts'
import { type Account, accountIdOf, accountOf, type Bundle } from '../policy/bundle.ts'
import type { CatalogueEntry } from '../policy/catalogue.ts'

export type HostGuardrail = {
  Version: '2012-10-17'
  Statement: readonly [{ Sid: string; Effect: 'Deny'; Action: readonly string[]; Resource: readonly string[] }]
}

/**
 * A policy for the roles that the host reaches, as an inline policy or a boundary. It denies them the actions of the
 * catalogue, so that Hotwork is the only way: Hotwork acts by the target role, which does not have this policy.
 * Undefined if the host is only described in words, or the catalogue has no action in its accounts: a role is in one
 * account, and other hosts reach roles in all.
 */
export function guardrailOf(bundle: Bundle, { runsOn }: Pick<Agent, 'runsOn'>): HostGuardrail | undefined {
  if ('other' in runsOn) return undefined
  const only = 'awsRole' in runsOn ? accountIdOf(runsOn.awsRole) : undefined
  const [actions, resources] = [new Set<string>(), new Set<string>()]
  for (const entry of Object.values(bundle.actions)) {
    const account = accountOf(bundle, entry)
    if (!entry.mutates || !entry.statement || !account || (only !== undefined && account.accountId !== only)) continue
    for (const action of entry.statement.actions) actions.add(action)
    for (const resource of guardedResources(entry.statement, account)) resources.add(resource)
  }
  if (actions.size === 0) return undefined
  const deny = {
    Sid: 'OnlyThroughHotwork',
    Effect: 'Deny',
    Action: [...actions].sort(),
    Resource: [...resources].sort(),
  } as const
  return { Version: '2012-10-17', Statement: [deny] }
}

/** The resources of an action in its account, with `*` for each argument. */
export const guardedResources = (
  { resources }: Pick<NonNullable<CatalogueEntry['statement']>, 'resources'>,
  { partition, region, accountId }: Account,
): readonly string[] =>
  resources.map((template) =>
    template
      .replaceAll('{partition}', partition)
      .replaceAll('{region}', region)
      .replaceAll('{account}', accountId)
      .replace(/\{[^}]*\}/g, '*'),
  )
