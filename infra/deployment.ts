import type { App } from 'aws-cdk-lib'
import { HotworkStack } from './hotwork-stack.ts'
import type { Account, PolicyBundle } from './policy-bundle.ts'
import type { Settings } from './settings.ts'
import { TargetStack } from './target-stack.ts'

/**
 * One stack for Hotwork, in the account of the ambient credentials, and one for each account that its actions happen
 * in. A foreign account is bootstrapped with `cdk bootstrap --trust` first, as for any CDK app.
 */
export function addStacks(
  app: App,
  { settings, bundle }: { settings: Settings; bundle: PolicyBundle },
): { hotwork: HotworkStack; targets: readonly TargetStack[] } {
  const { stackName, issuer, heldReads, alarmTopic, signingKeys } = settings
  const home = homeOf(bundle)
  const accounts = Object.entries(bundle.deployment.accounts)
  const hotwork = new HotworkStack(app, stackName, {
    env: home,
    bundle,
    signingKeys,
    targetRoles: [...new Set(accounts.map(([, account]) => targetRoleArn(stackName, account)))],
    ...(issuer !== undefined && { issuer }),
    ...(heldReads !== undefined && { heldReads }),
    ...(alarmTopic !== undefined && { alarmTopic }),
  })

  // Several aliases may be one account, and a role's name is taken once an account.
  const targets = [...Map.groupBy(accounts, ([, { accountId }]) => accountId).values()].map((sharing) => {
    const [[alias, { accountId, region, partition }]] = sharing as [[string, Account]]
    const target = new TargetStack(
      app,
      accountId === home.account ? `${stackName}Target` : `${stackName}Target-${alias}`,
      {
        env: { account: accountId, region },
        hotwork: stackName,
        broker: `arn:${partition}:iam::${home.account ?? accountId}:role/hotwork/${stackName}-broker`,
        accounts: Object.fromEntries(sharing),
        actions: Object.values(bundle.actions),
      },
    )
    // A trust policy may only name a role that exists.
    target.addStackDependency(hotwork)
    return target
  })
  return { hotwork, targets }
}

/** Where Hotwork itself goes: CDK passes the account and Region of the ambient credentials. */
function homeOf(bundle: PolicyBundle): { account?: string; region?: string } {
  const [first] = Object.values(bundle.deployment.accounts)
  const account = process.env['CDK_DEFAULT_ACCOUNT'] ?? first?.accountId
  const region = process.env['CDK_DEFAULT_REGION'] ?? first?.region
  return { ...(account !== undefined && { account }), ...(region !== undefined && { region }) }
}

const targetRoleArn = (stackName: string, { partition, accountId }: Account) =>
  `arn:${partition}:iam::${accountId}:role/hotwork/${stackName}-target`
