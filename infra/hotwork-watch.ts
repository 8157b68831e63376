// Rules: test/infra/host-changes.test.ts
import { Stack, Token } from 'aws-cdk-lib'
import { Role } from 'aws-cdk-lib/aws-iam'
import { Construct } from 'constructs'
import { busOf, ChangeRule } from './constructs/host-changes.ts'
import type { Hotwork } from './hotwork.ts'
import { type Account, roleArn } from './policy-bundle.ts'
import { must } from './settings.ts'

export type HotworkWatchProps = {
  hotwork: Hotwork
}

/**
 * Sends changes of agents' hosts in one more Region of a target account: IAM reports only to one Region, mostly
 * us-east-1. A HotworkTarget sends those of its own Region.
 */
export class HotworkWatch extends Construct {
  constructor(scope: Construct, id: string, { hotwork }: HotworkWatchProps) {
    super(scope, id)
    const { account, region, stackName } = Stack.of(this)
    must(
      !Token.isUnresolved(account) && !Token.isUnresolved(region),
      `stack \`${stackName}\` names no account and Region: give it \`env: { account, region }\``,
    )
    const served = hotwork.accounts.find((each) => each.account === account)
    must(served !== undefined, `account ${account} of stack \`${stackName}\` is not in the deployment file`)
    const target = hotwork.targetOf(account)
    must(target !== undefined, `account ${account} has no HotworkTarget yet: make it before the HotworkWatch`)
    // The target's stack makes the sending role.
    Stack.of(this).addStackDependency(Stack.of(target))
    must(region !== served.region, `the HotworkTarget of account ${account} watches ${region} already`)
    const { accounts } = hotwork.bundle.deployment
    const own = Object.values(accounts).find(({ accountId }) => accountId === account) as Account
    const hotworkName = Stack.of(hotwork).stackName
    new ChangeRule(this, 'ChangeRule', {
      bus: busOf(hotworkName, { ...own, ...hotwork.home }),
      looker: roleArn('simulator', hotworkName, own),
      sender: Role.fromRoleArn(this, 'Sender', roleArn('changes', hotworkName, own), { mutable: false }),
    })
  }
}
