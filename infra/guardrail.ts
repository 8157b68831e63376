import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { guardrail, kinds, rcpServices } from './guardrail-policy.ts'
import { type Account, compilePolicies } from './policy-bundle.ts'
import { must, readSettings, UnusableSettings } from './settings.ts'

const usage = `usage: npx node infra/guardrail.ts --deployment FILE --as scp|rcp|boundary --home ACCOUNT_ID
         [--policies DIR] [--stack-name NAME] [--account ALIAS]...
         [--exempt ROLE_ARN]... [--deployer ROLE_ARN]... [--rcp-service PREFIX]...

Prints the policy that denies the catalogue's actions to callers that do not come through Hotwork. docs/targets/aws.md says
where to attach it, and what it breaks.
`

/** Prints the policy as JSON. It changes nothing: the account's owner attaches the policy. */
function main(words: string[]): string {
  const { as, home, account: aliases, exempt, deployer, 'rcp-service': services, ...context } = argumentsOf(words)
  const kind = kinds.find((each) => each === as)
  must(kind !== undefined, `--as is one of ${kinds.join(', ')}\n${usage}`)
  must(
    home !== undefined && /^\d{12}$/.test(home),
    "--home is the 12 digits of Hotwork's own account, whose broker alone is let through",
  )
  const said: { [key: string]: unknown } = { ...context, stackName: context['stack-name'] }
  const settings = readSettings((key) => said[key])
  const bundle = compileApart(settings)
  const all = bundle.deployment.accounts
  const unknown = aliases.find((alias) => !Object.hasOwn(all, alias))
  must(
    unknown === undefined,
    `--account \`${unknown}\` is not in the deployment file, which has ${Object.keys(all).join(', ')}`,
  )
  const chosen = Object.entries(all).filter(([alias]) => aliases.length === 0 || aliases.includes(alias))
  const accounts = Object.fromEntries(chosen)
  const { document, unguarded } = guardrail({
    ...{ kind, home, accounts, exempt },
    stackName: settings.stackName,
    actions: Object.values(bundle.actions),
    deployers: deployer.length > 0 ? deployer : Object.values(accounts).map(cdkDeployer),
    rcpServices: [...rcpServices, ...services],
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

function compileApart(from: { deployment: string; policies: string }) {
  const folder = mkdtempSync(join(tmpdir(), 'hotwork-guardrail-'))
  try {
    return compilePolicies(from, join(folder, 'policies.json'))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The role by which `cdk deploy` makes changes, in an account with the default bootstrap. */
const cdkDeployer = ({ partition, accountId }: Account) =>
  `arn:${partition}:iam::${accountId}:role/cdk-*-cfn-exec-role-${accountId}-*`

try {
  process.stdout.write(`${main(process.argv.slice(2))}\n`)
} catch (fault) {
  if (!(fault instanceof UnusableSettings)) throw fault
  process.stderr.write(`${fault.message}\n`)
  process.exitCode = 1
}
