// Rules: test/infra/constructs.test.ts
import { Stack, Token } from 'aws-cdk-lib'
import type { IRole } from 'aws-cdk-lib/aws-iam'
import type { ITopic } from 'aws-cdk-lib/aws-sns'
import { Construct } from 'constructs'
import { busOf, ChangeRule, makeSender } from './constructs/host-changes.ts'
import { lookRights } from './constructs/look-rights.ts'
import { TargetAccount } from './constructs/target-account.ts'
import { followsRuns, readers } from './functions.ts'
import type { Hotwork, HotworkAccount } from './hotwork.ts'
import { type Account, roleArn } from './policy-bundle.ts'
import { must } from './settings.ts'

export type HotworkTargetProps = {
  /** The Hotwork whose approved actions happen in this stack's account. */
  hotwork: Hotwork
}

/** Hotwork's part of one target account, in a stack of that account. It serves all the account's aliases. */
export class HotworkTarget extends Construct {
  /** Assumed by Hotwork for one approved action at a time. */
  readonly role: IRole

  constructor(scope: Construct, id: string, { hotwork }: HotworkTargetProps) {
    super(scope, id)
    const [stack, desk] = [Stack.of(this), Stack.of(hotwork)]
    must(stack !== desk, `stack \`${desk.stackName}\` is Hotwork's own: put the HotworkTarget into another stack`)
    const served = findAccount(stack, hotwork)
    hotwork.addTarget(served.account, this)
    const { bundle, home } = hotwork
    const accounts = Object.fromEntries(served.aliases.map((alias) => [alias, bundle.deployment.accounts[alias]]))
    const [account] = Object.values(accounts) as [Account]
    const { partition } = account
    const atHome = { ...account, ...home }
    const place = (service: string) => `arn:${partition}:${service}:${home.region}:${home.accountId}`
    const { role } = new TargetAccount(this, 'Default', {
      hotwork: desk.stackName,
      broker: roleArn('broker', desk.stackName, atHome),
      readers: readers.map((role) => roleArn(role, desk.stackName, atHome)),
      followRuns: roleArn(followsRuns, desk.stackName, atHome),
      // In Hotwork's own account its functions write and read denies with their own roles.
      ...(!served.isHome && {
        revoker: roleArn('revoker', desk.stackName, atHome),
        looker: roleArn('simulator', desk.stackName, atHome),
        auditors: [roleArn('auditor', desk.stackName, atHome), roleArn('call-reader', desk.stackName, atHome)],
      }),
      accounts: accounts as { [alias: string]: Account },
      looks: lookRights(bundle, account),
      actions: Object.values(bundle.actions),
      ours: bundle.resources.filter(({ classification }) => classification === 'control-plane').map((each) => each.id),
      desk:
        served.isHome && account.region === home.region
          ? { queue: `${place('sqs')}:${desk.stackName}-sealed` }
          : { bus: `${place('events')}:event-bus/${desk.stackName}-sealed` },
      alarmTopic: findTopic(served, hotwork),
    })
    this.role = role
    new ChangeRule(this, 'ChangeRule', {
      bus: busOf(desk.stackName, atHome),
      looker: roleArn('simulator', desk.stackName, account),
      sender: makeSender(this, desk.stackName),
    })
    // Hotwork's stack comes first, since a trust policy may only name a role that exists.
    stack.addStackDependency(desk)
  }
}

/** An alarm can only notify topics of its own Region, and a topic that CDK makes in another account has no ARN yet. */
function findTopic({ account, region }: HotworkAccount, { alarmTopic, home }: Hotwork): ITopic | undefined {
  if (alarmTopic === undefined) return undefined
  const { env, topicArn } = alarmTopic
  const known = (value: string, otherwise: string) => (Token.isUnresolved(value) ? otherwise : value)
  const isNear = known(env.region, home.region) === region
  const isNamed = !Token.isUnresolved(topicArn) || known(env.account, home.accountId) === account
  return isNear && isNamed ? alarmTopic : undefined
}

/** @throws UnusableSettings for a stack whose account is not in the deployment file, or is ambiguous */
function findAccount({ account, region, stackName }: Stack, { accounts }: Hotwork): HotworkAccount {
  const listed = accounts.map((each) => `${each.account} in ${each.region}`).join(', ') || 'none'
  if (Token.isUnresolved(account)) {
    const [only, ...more] = accounts
    must(
      only !== undefined && more.length === 0,
      `stack \`${stackName}\` names no account, and could be any of the deployment file's (${listed}): give the stack \`env: { account, region }\``,
    )
    return only
  }
  const found = accounts.find((each) => each.account === account)
  must(
    found !== undefined,
    `account ${account} of stack \`${stackName}\` is not in the deployment file (${listed}): add it to \`accounts\` there, or give the stack another \`env\``,
  )
  must(
    Token.isUnresolved(region) || region === found.region,
    `stack \`${stackName}\` is in ${region}, and the deployment file has its account in another Region (${listed}): give the stack an \`env\` of that Region`,
  )
  return found
}
