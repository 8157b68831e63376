import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { guardrail, type Kind, kinds, rcpServices } from './guardrail-policy.ts'
import { compilePolicies, type PolicyBundle } from './policy-bundle.ts'
import { readSettings, UnusableSettings } from './settings.ts'

const usage = `usage: node infra/guardrail.ts --deployment FILE --as scp|rcp|boundary --home ACCOUNT_ID
         [--policies DIR] [--stack-name NAME] [--account ALIAS]...
         [--exempt ROLE_ARN]... [--deployer ROLE_ARN]... [--rcp-service PREFIX]...

Prints the policy that denies the catalogue's actions to callers that do not come through Hotwork. docs/targets.md says
where to attach it, and what it breaks.
`

function main(words: string[]): string {
  const said = argumentsOf(words)
  const kind = kindOf(said.as)
  const { deployment, policies, stackName } = readSettings(
    (key) =>
      ({ deployment: said.deployment, policies: said.policies, stackName: said['stack-name'] })[key as 'policies'],
  )
  const { accounts: all, actions } = compile({ deployment, policies })
  const accounts = accountsOf(all, said.account)
  const { document, unguarded } = guardrail({
    kind,
    stackName,
    home: homeOf(said.home),
    accounts,
    actions: Object.values(actions),
    exempt: said.exempt,
    deployers: said.deployer.length > 0 ? said.deployer : Object.values(accounts).map(cdkDeployer),
    rcpServices: [...rcpServices, ...said['rcp-service']],
  })
  if (unguarded.length > 0)
    process.stderr.write(
      `not guarded, since their services take no resource control policies: ${unguarded.join(', ')}. Guard them by an SCP, or name a service that has begun to with --rcp-service\n`,
    )
  return JSON.stringify(document)
}

function argumentsOf(args: string[]) {
  const one = { type: 'string' } as const
  const many = { type: 'string', multiple: true, default: [] as string[] } as const
  try {
    return parseArgs({
      args,
      options: {
        ...{ deployment: one, policies: one, as: one, home: one, 'stack-name': one },
        ...{ account: many, exempt: many, deployer: many, 'rcp-service': many },
      },
    }).values
  } catch (fault) {
    throw new UnusableSettings(`${fault instanceof Error ? fault.message : fault}\n${usage}`)
  }
}

function kindOf(as: string | undefined): Kind {
  const kind = kinds.find((each) => each === as)
  if (kind) return kind
  throw new UnusableSettings(`--as is one of ${kinds.join(', ')}\n${usage}`)
}

function homeOf(home: string | undefined): string {
  if (home !== undefined && /^\d{12}$/.test(home)) return home
  throw new UnusableSettings("--home is the 12 digits of Hotwork's own account, whose broker alone is let through")
}

function accountsOf(all: PolicyBundle['deployment']['accounts'], aliases: readonly string[]) {
  const unknown = aliases.find((alias) => !Object.hasOwn(all, alias))
  if (unknown !== undefined)
    throw new UnusableSettings(
      `--account \`${unknown}\` is not in the deployment file, which has ${Object.keys(all).join(', ')}`,
    )
  return aliases.length === 0
    ? all
    : Object.fromEntries(Object.entries(all).filter(([alias]) => aliases.includes(alias)))
}

/** Compiled beside nothing that is deployed. */
function compile(from: { deployment: string; policies: string }) {
  const folder = mkdtempSync(join(tmpdir(), 'hotwork-guardrail-'))
  try {
    const { actions, deployment } = compilePolicies(from, join(folder, 'policies.json'))
    return { actions, accounts: deployment.accounts }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** What `cdk deploy` makes changes with, in an account that was bootstrapped as usual. */
const cdkDeployer = ({ partition, accountId }: { partition: string; accountId: string }) =>
  `arn:${partition}:iam::${accountId}:role/cdk-*-cfn-exec-role-${accountId}-*`

/**
 * A program for a platform engineer: prints a guardrail as JSON, and on the error channel what it leaves unguarded. It
 * changes nothing: attaching a policy to an account is its owner's act.
 */
try {
  process.stdout.write(`${main(process.argv.slice(2))}\n`)
} catch (fault) {
  if (!(fault instanceof UnusableSettings)) throw fault
  process.stderr.write(`${fault.message}\n`)
  process.exitCode = 1
}
