import { join } from 'node:path'
import { App, Validations } from 'aws-cdk-lib'
import { AwsSolutionsChecks } from 'cdk-nag'
import { HotworkStack } from './hotwork-stack.ts'
import { type Account, compilePolicies, type PolicyBundle, roleArn, rolesOf } from './policy-bundle.ts'
import { readSettings, type Settings, UnusableSettings } from './settings.ts'
import { refuseOversized } from './sizes.ts'
import { TargetStack } from './target-stack.ts'

function addStacks(app: App, settings: Settings, bundle: PolicyBundle): void {
  const { stackName } = settings
  const home = homeOf(bundle)
  const accounts = Object.values(bundle.deployment.accounts)
  const foreign = accounts.filter(({ accountId }) => accountId !== home.account)
  const sealed = accounts.filter((account) => account.sealed !== undefined)
  const isAtHome = ({ accountId, region }: Account) => accountId === home.account && region === home.region
  const sealedElsewhere = sealed.filter((account) => !isAtHome(account))
  const hotwork = new HotworkStack(app, stackName, {
    ...settings,
    env: home,
    bundle,
    roles: {
      targets: rolesOf('target', stackName, accounts),
      foreignRevokers: rolesOf('revoker', stackName, foreign),
      foreignAuditors: rolesOf('auditor', stackName, foreign),
    },
    sealed: { here: sealed.some(isAtHome), elsewhere: rolesOf('bell', stackName, sealedElsewhere) },
  })

  const aliases = Object.entries(bundle.deployment.accounts)
  // Several aliases may be one account, and a role's name is taken once an account.
  for (const sharing of Map.groupBy(aliases, ([, { accountId }]) => accountId).values()) {
    const [[alias, account]] = sharing as [[string, Account]]
    const { accountId, region } = account
    const atHome = { ...account, accountId: home.account ?? accountId, region: home.region ?? region }
    const isForeign = accountId !== atHome.accountId
    const target = new TargetStack(app, `${stackName}Target${isForeign ? `-${alias}` : ''}`, {
      env: { account: accountId, region },
      hotwork: stackName,
      broker: roleArn('broker', stackName, atHome),
      // At home they write denies, and read them, with their own roles.
      ...(isForeign && {
        revoker: roleArn('revoker', stackName, atHome),
        auditor: roleArn('auditor', stackName, atHome),
      }),
      accounts: Object.fromEntries(sharing),
      actions: Object.values(bundle.actions),
      ours: bundle.resources.filter(({ classification }) => classification === 'control-plane').map(({ id }) => id),
      desk: isAtHome(account)
        ? { queue: `arn:${atHome.partition}:sqs:${atHome.region}:${atHome.accountId}:${stackName}-sealed` }
        : { bus: `arn:${atHome.partition}:events:${atHome.region}:${atHome.accountId}:event-bus/${stackName}-sealed` },
      alarmTopic: settings.alarmTopic,
    })
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

try {
  const app = new App()
  const settings = readSettings((key) => app.node.tryGetContext(key))
  const bundle = compilePolicies(settings, join(app.outdir, 'hotwork-policies.json'))
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app))
  addStacks(app, settings, bundle)
  refuseOversized(app.synth())
} catch (fault) {
  // What a deployer can mend is a sentence; anything else is ours, and keeps its stack trace.
  if (!(fault instanceof UnusableSettings)) throw fault
  process.stderr.write(`${fault.message}\n`)
  process.exitCode = 1
}
