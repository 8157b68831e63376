// Rules: test/infra/settings.test.ts, test/infra/target-account.test.ts
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Ladder } from './constructs/approval-workflow.ts'
import { policyProgram } from './functions.ts'
import { must } from './settings.ts'

export type Account = {
  accountId: string
  region: string
  partition: string
  externalId: string
  /** Whether the broker cuts sessions to the second by `sts:GetScopedCredentials`. */
  scopedCredentials?: boolean
  /** The users of the account's sealed role, by the ARN of their IAM user, and the SNS topic of its uses. */
  sealed?: { people: { readonly [person: string]: string }; alarmTopic?: string }
}

/** The part of a compiled bundle that the constructs need; only Lambdas read the rest. */
export type PolicyBundle = {
  file: string
  ladder: Ladder
  actions: {
    readonly [name: string]: {
      name?: string
      /** The action that it calls, if the entry has a name of its own. */
      call?: string
      account?: string
      tool?: string
      statement?: { actions: readonly string[]; resources: readonly string[] }
      /** The look-up of a call whose answer was lost, on the same resources. */
      resolve?: { action: string }
      /** The rights of the account's reader role. */
      reads?: readonly Reach[]
      /** The role that AWS lets a run have: the one that may be passed for it. */
      runsAs?: string
      /** The rights of the account's follower: the reads of a run, and its cancel. */
      follow?: { rights: readonly Reach[] }
    }
  }
  resources: readonly { id: string; classification: string }[]
  agents: readonly { runsOn: { readonly [kind: string]: string }; notify?: string }[]
  tools: readonly { notify?: string }[]
  directory: {
    sources?: { readonly [group: string]: { source: { claim?: string; readonly [kind: string]: unknown } } }
  }
  deployment: {
    accounts: { readonly [alias: string]: Account }
    /** By alias; of a cluster, the algorithm of its tokens. */
    targets?: { readonly [alias: string]: { alg?: string } }
    /** By alias; one with the usual alias by default. */
    chats?: { [alias: string]: unknown }
    incidents?: object
    anchor?: { retentionDays: number; elsewhere?: { accountId: string; bucket: string } }
  }
}

/** A separate process: infra imports no functions. @throws UnusableSettings with the program's own words */
export function compilePolicies(from: { policies: string; deployment: string }, out: string): PolicyBundle {
  const { policies: folder, deployment } = from
  mkdirSync(dirname(out), { recursive: true })
  const { status, error, stdout, stderr } = spawnSync(
    process.execPath,
    [policyProgram, JSON.stringify({ verb: 'check', json: false, folder, deployment, out })],
    { encoding: 'utf8' },
  )
  if (error) throw error
  must(status === 0, `${stdout}${stderr}`.trim())
  return { ...JSON.parse(readFileSync(out, 'utf8')), file: out }
}

export const notifies = ({ agents, tools }: PolicyBundle): boolean =>
  [...agents, ...tools].some(({ notify }) => notify !== undefined)

/** A role has the same name in every account, so that policies can name it before it exists. */
export const roleArn = (role: string, stackName: string, { partition, accountId }: Account): string =>
  `arn:${partition}:iam::${accountId}:role/hotwork/${stackName}-${role}`

export const rolesOf = (role: string, stackName: string, accounts: readonly Account[]): readonly string[] => [
  ...new Set(accounts.map((account) => roleArn(role, stackName, account))),
]

/** The agents' hosts of one kind. */
export const hostsOfKind = ({ agents }: Pick<PolicyBundle, 'agents'>, kind: string): readonly string[] => [
  ...new Set(agents.flatMap(({ runsOn }) => runsOn[kind] ?? [])),
]

/** Actions that reach the same resources. */
export type Reach = { actions: readonly string[]; resources: readonly string[] }

type Accounts = { readonly [alias: string]: Account }
type Entries = readonly PolicyBundle['actions'][string][]

/** The actions that start a run. Each call is made as a role of its own: functions/targets/aws/rules/runs.ts. */
export const runActions: readonly string[] = [
  'ssm:StartAutomationExecution',
  'states:StartExecution',
  'lambda:InvokeFunction',
  'codebuild:StartBuild',
  'cloudformation:ExecuteChangeSet',
]

const callOf = ({ call, name = '' }: Entries[number]) => call ?? name
const isRun = (entry: Entries[number]) => runActions.includes(callOf(entry))

/** The IAM actions of the catalogue's entries and of their look-ups, without runs. */
export const reachOf = (entries: Entries, accounts: Accounts): readonly Reach[] =>
  gather(
    entries.filter((entry) => !isRun(entry)),
    accounts,
    callsIn,
  )

/** The IAM actions that start the catalogue's runs. */
export const runsOf = (entries: Entries, accounts: Accounts): readonly Reach[] =>
  gather(entries.filter(isRun), accounts, callsIn)

/** The roles that may be passed for a run. Only an automation gets its role from its caller. */
export const passedIn = (entries: Entries, accounts: Accounts): readonly Reach[] =>
  gather(entries, accounts, (entry) =>
    callOf(entry) === 'ssm:StartAutomationExecution' && entry.runsAs !== undefined
      ? [{ actions: ['iam:PassRole'], resources: [entry.runsAs] }]
      : [],
  )

/** The exact rights for following the entries' runs. */
export const followsOf = (entries: Entries, accounts: Accounts): readonly Reach[] =>
  gather(entries, accounts, ({ follow }) => follow?.rights ?? [])

function callsIn({ statement, resolve }: Entries[number]): readonly Reach[] {
  if (!statement) return []
  const { actions, resources } = statement
  return [{ actions: [...actions, ...(resolve ? [resolve.action] : [])], resources }]
}

/** The exact rights for the entries' reads. */
export const readsOf = (entries: Entries, accounts: Accounts): readonly Reach[] =>
  gather(entries, accounts, ({ reads = [] }) => reads)

/** Each action on each resource that an argument could name. */
function gather(
  entries: Entries,
  accounts: Accounts,
  reachesIn: (entry: Entries[number]) => readonly Reach[],
): readonly Reach[] {
  const resourcesOf = new Map<string, Set<string>>()
  for (const entry of entries) {
    const { account: alias = '' } = entry
    const account = Object.hasOwn(accounts, alias) ? accounts[alias] : undefined
    if (!account) continue
    for (const { actions, resources } of reachesIn(entry))
      for (const action of actions) {
        const patterns = resourcesOf.get(action) ?? new Set()
        for (const template of resources) patterns.add(patternOf(template, account))
        resourcesOf.set(action, patterns)
      }
  }
  const actionsOf = new Map<string, string[]>()
  for (const [action, resources] of resourcesOf) {
    const alike = [...resources].sort().join(' ')
    actionsOf.set(alike, [...(actionsOf.get(alike) ?? []), action])
  }
  return [...actionsOf]
    .map(([resources, actions]) => ({ actions: actions.sort(), resources: resources.split(' ') }))
    .sort((one, other) => (one.resources.join() < other.resources.join() ? -1 : 1))
}

/** `arn:{partition}:ssm:{region}:{account}:parameter{arguments.Name}` in an account, with `*` for each argument. */
const patternOf = (template: string, { partition, region, accountId }: Account): string =>
  template
    .replaceAll('{partition}', partition)
    .replaceAll('{region}', region)
    .replaceAll('{account}', accountId)
    .replace(/\{[^}]*\}/g, '*')

/** An account of the deployment file, which may have several aliases there. */
export type HotworkAccount = {
  aliases: readonly [string, ...string[]]
  account: string
  region: string
  isHome: boolean
}

export function listAccounts({ deployment }: PolicyBundle, home: string): readonly HotworkAccount[] {
  const accounts = new Map<string, HotworkAccount>()
  for (const [alias, { accountId, region }] of Object.entries(deployment.accounts)) {
    const known = accounts.get(accountId)
    const aliases = [...(known?.aliases ?? []), alias] as [string, ...string[]]
    accounts.set(accountId, {
      aliases,
      account: accountId,
      region: known?.region ?? region,
      isHome: accountId === home,
    })
  }
  return [...accounts.values()]
}
