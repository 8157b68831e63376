import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Ladder } from './constructs/approval-workflow.ts'
import { compiler } from './functions.ts'
import { UnusableSettings } from './settings.ts'

/** Where an AWS action happens, and what its target role asks of Hotwork. */
export type Account = {
  accountId: string
  region: string
  partition: string
  externalId: string
  /** Whether the broker cuts sessions to the second by `sts:GetScopedCredentials`. */
  scopedCredentials?: boolean
  /** Who may use the account's sealed role, by the ARN of their IAM user, and the SNS topic that hears of it. */
  sealed?: { people: { readonly [person: string]: string }; alarmTopic?: string }
}

/** The part of a compiled bundle that decides what exists; the rest of it only Lambdas read. */
export type PolicyBundle = {
  /** Path of the whole bundle, which is shipped beside each Lambda that asks policy. */
  file: string
  ladder: Ladder
  actions: {
    readonly [name: string]: {
      account?: string
      /** Resources are templates: `arn:{partition}:ssm:{region}:{account}:parameter{arguments.Name}`. */
      statement?: { actions: readonly string[]; resources: readonly string[] }
      /** How a call whose answer was lost is looked up, on the same resources. */
      resolve?: { action: string }
    }
  }
  /** What resources are, by patterns of their ids. */
  resources: readonly { id: string; classification: string }[]
  directory: { chatGroups?: { readonly [group: string]: string } }
  deployment: {
    accounts: { readonly [alias: string]: Account }
    chat: { apiUrl: string }
    incidents?: { url: string }
  }
}

/**
 * Compiles a policy folder and a deployment into one bundle, in a process of its own: infra names entry paths of
 * functions and imports none of them.
 *
 * @throws UnusableSettings with the compiler's own words, which name the file, the line and the fix
 */
export function compilePolicies({ policies, deployment }: { policies: string; deployment: string }, out: string) {
  mkdirSync(dirname(out), { recursive: true })
  const { status, error, stdout, stderr } = spawnSync(
    process.execPath,
    [compiler, '--policies', policies, '--deployment', deployment, '--out', out],
    { encoding: 'utf8' },
  )
  if (error) throw error
  if (status !== 0) throw new UnusableSettings(`${stderr}${stdout}`.trim())
  return readBundle(out)
}

/** A bundle that has been compiled. */
const readBundle = (file: string): PolicyBundle => ({ ...JSON.parse(readFileSync(file, 'utf8')), file })

/** Actions that reach the same resources. */
export type Reach = { actions: readonly string[]; resources: readonly string[] }

type Entries = readonly PolicyBundle['actions'][string][]

/**
 * All that the catalogue can ask of some accounts: the IAM actions of its entries, and those that look up what became of
 * one, on each resource that an argument could name. A credential reaches the one resource of its request; which one is not known at deploy.
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

/** `arn:{partition}:ssm:{region}:{account}:parameter{arguments.Name}` in an account, with `*` for what an argument names. */
const patternOf = (template: string, { partition, region, accountId }: Account): string =>
  template
    .replaceAll('{partition}', partition)
    .replaceAll('{region}', region)
    .replaceAll('{account}', accountId)
    .replace(/\{[^}]*\}/g, '*')
