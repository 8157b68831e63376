import { join } from 'node:path'
import { App, Validations } from 'aws-cdk-lib'
import { AwsSolutionsChecks } from 'cdk-nag'
import type { Desk } from './constructs/sealed-role.ts'
import { HotworkStack } from './hotwork-stack.ts'
import { type Account, compilePolicies, type PolicyBundle } from './policy-bundle.ts'
import { readSettings, type Settings, UnusableSettings } from './settings.ts'
import { refuseOversized } from './sizes.ts'
import { TargetStack } from './target-stack.ts'

/**
 * One stack for Hotwork, in the account of the ambient credentials, and one for each account that its actions happen
 * in. A foreign account is bootstrapped with `cdk bootstrap --trust` first, as for any CDK app.
 */
function addStacks(app: App, { settings, bundle }: { settings: Settings; bundle: PolicyBundle }): void {
  const { stackName, issuer, reservedConcurrency, alarmTopic, signingKeys, protectTables } = settings
  const home = homeOf(bundle)
  const accounts = Object.entries(bundle.deployment.accounts)
  const ours = bundle.resources.filter(({ classification }) => classification === 'control-plane').map(({ id }) => id)
  const isAtHome = ({ accountId, region }: Account) => accountId === home.account && region === home.region
  const foreign = accounts.filter(([, { accountId }]) => accountId !== home.account)
  const sealed = accounts.filter(([, account]) => account.sealed !== undefined)
  const hotwork = new HotworkStack(app, stackName, {
    env: home,
    bundle,
    signingKeys,
    protectTables,
    reservedConcurrency,
    roles: {
      targets: rolesOf('target', stackName, accounts),
      foreignRevokers: rolesOf('revoker', stackName, foreign),
      foreignAuditors: rolesOf('auditor', stackName, foreign),
    },
    sealed: {
      here: sealed.some(([, account]) => isAtHome(account)),
      elsewhere: rolesOf(
        'bell',
        stackName,
        sealed.filter(([, account]) => !isAtHome(account)),
      ),
    },
    ...(issuer !== undefined && { issuer }),
    ...(alarmTopic !== undefined && { alarmTopic }),
  })

  // Several aliases may be one account, and a role's name is taken once an account.
  for (const sharing of Map.groupBy(accounts, ([, { accountId }]) => accountId).values()) {
    const [[alias, account]] = sharing as [[string, Account]]
    const { accountId, region } = account
    const atHome = { ...account, accountId: home.account ?? accountId }
    const target = new TargetStack(
      app,
      accountId === home.account ? `${stackName}Target` : `${stackName}Target-${alias}`,
      {
        env: { account: accountId, region },
        hotwork: stackName,
        broker: roleArn('broker', stackName, atHome),
        // At home they write denies, and read them, with their own roles.
        ...(accountId !== atHome.accountId && {
          revoker: roleArn('revoker', stackName, atHome),
          auditor: roleArn('auditor', stackName, atHome),
        }),
        accounts: Object.fromEntries(sharing),
        actions: Object.values(bundle.actions),
        ours,
        desk: deskOf(
          stackName,
          { ...account, accountId: home.account ?? accountId, region: home.region ?? region },
          isAtHome(account),
        ),
        ...(alarmTopic !== undefined && { alarmTopic }),
      },
    )
    // A trust policy may only name a role that exists.
    target.addStackDependency(hotwork)
  }
}

/** Where Hotwork itself goes: CDK passes the account and Region of the ambient credentials. */
function homeOf(bundle: PolicyBundle): { account?: string; region?: string } {
  const [first] = Object.values(bundle.deployment.accounts)
  const account = process.env['CDK_DEFAULT_ACCOUNT'] ?? first?.accountId
  const region = process.env['CDK_DEFAULT_REGION'] ?? first?.region
  return { ...(account !== undefined && { account }), ...(region !== undefined && { region }) }
}

/** The roles that have the same name in every account, so that policies can name them before they exist. */
type Known = 'auditor' | 'bell' | 'broker' | 'revoker' | 'target'

const roleArn = (role: Known, stackName: string, { partition, accountId }: Account): string =>
  `arn:${partition}:iam::${accountId}:role/hotwork/${stackName}-${role}`

/** Where uses of a sealed role are told: to the queue at home, and from elsewhere to the bus. */
const deskOf = (stackName: string, { partition, region, accountId }: Account, isAtHome: boolean): Desk =>
  isAtHome
    ? { queue: `arn:${partition}:sqs:${region}:${accountId}:${stackName}-sealed` }
    : { bus: `arn:${partition}:events:${region}:${accountId}:event-bus/${stackName}-sealed` }

/** One an account, however many aliases it has. */
const rolesOf = (role: Known, stackName: string, accounts: readonly [alias: string, Account][]): readonly string[] => [
  ...new Set(accounts.map(([, account]) => roleArn(role, stackName, account))),
]

/**
 * The CDK app: reads the context, compiles the policy folder, makes the stacks. What it must be told is in settings.ts.
 */
try {
  const app = new App()
  const settings = readSettings((key) => app.node.tryGetContext(key))
  const bundle = compilePolicies(settings, join(app.outdir, 'hotwork-policies.json'))
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app))
  addStacks(app, { settings, bundle })
  refuseOversized(app.synth())
} catch (fault) {
  // What a deployer can mend is a sentence; anything else is ours, and keeps its stack trace.
  if (!(fault instanceof UnusableSettings)) throw fault
  process.stderr.write(`${fault.message}\n`)
  process.exitCode = 1
}
