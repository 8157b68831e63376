import type { Account, PolicyBundle } from './policy-bundle.ts'

/** Actions that reach the same resources. */
export type Reach = { actions: readonly string[]; resources: readonly string[] }

type Entries = readonly PolicyBundle['actions'][string][]

/**
 * All that the catalogue can ask of some accounts: the IAM actions of its entries, and those that look up what became of
 * one, on whatever resource an argument could name. A credential reaches the one resource of its request; which one, nobody knows at deploy.
 *
 * @param accounts by the alias that entries name them by
 */
export function reachOf(entries: Entries, accounts: { readonly [alias: string]: Account }): readonly Reach[] {
  const resourcesOf = new Map<string, Set<string>>()
  for (const { account: alias = '', statement, resolve } of entries) {
    const account = Object.hasOwn(accounts, alias) ? accounts[alias] : undefined
    if (!account || !statement) continue
    for (const action of [...statement.actions, ...(resolve ? [resolve.action] : [])]) {
      const resources = resourcesOf.get(action) ?? new Set()
      for (const template of statement.resources) resources.add(patternOf(template, account))
      resourcesOf.set(action, resources)
    }
  }
  const alike = Map.groupBy([...resourcesOf], ([, resources]) => [...resources].sort().join(' '))
  return [...alike]
    .map(([resources, those]) => ({ actions: those.map(([action]) => action).sort(), resources: resources.split(' ') }))
    .sort((one, other) => (one.resources.join() < other.resources.join() ? -1 : 1))
}

/** `arn:{partition}:ssm:{region}:{account}:parameter{arguments.Name}` in an account, with `*` for whatever is asked. */
const patternOf = (template: string, { partition, region, accountId }: Account): string =>
  template
    .replaceAll('{partition}', partition)
    .replaceAll('{region}', region)
    .replaceAll('{account}', accountId)
    .replace(/\{[^}]*\}/g, '*')
