// Rules: test/infra/anchor-account.test.ts
import { Stack } from 'aws-cdk-lib'
import { AccountPrincipal } from 'aws-cdk-lib/aws-iam'
import { Construct } from 'constructs'
import { AnchorBucket } from './constructs/anchor-bucket.ts'
import type { Hotwork } from './hotwork.ts'
import { roleArn } from './policy-bundle.ts'
import { must } from './settings.ts'

export type HotworkAnchorProps = {
  /** The Hotwork whose log is in this stack's account. */
  hotwork: Hotwork
}

/**
 * The bucket of the log, in a separate account, which administrators of Hotwork's account cannot change. The deployment
 * file names account and bucket: `anchor.elsewhere`.
 */
export class HotworkAnchor extends Construct {
  constructor(scope: Construct, id: string, { hotwork }: HotworkAnchorProps) {
    super(scope, id)
    const [stack, desk] = [Stack.of(this), Stack.of(hotwork)]
    const { anchor } = hotwork.bundle.deployment
    must(
      anchor?.elsewhere !== undefined,
      `the deployment file has no \`anchor.elsewhere\`: say there which account and bucket the log lies in, or leave out the HotworkAnchor`,
    )
    const { elsewhere, retentionDays } = anchor
    must(
      stack !== desk && stack.account === elsewhere.accountId,
      `stack \`${stack.stackName}\` is not of account ${elsewhere.accountId}, where \`anchor.elsewhere\` of the deployment file has the log: give it \`env: { account: '${elsewhere.accountId}', region }\``,
    )
    const { accountId, region } = hotwork.home
    new AnchorBucket(this, 'Default', {
      notary: roleArn('notary', desk.stackName, { accountId, region, partition: stack.partition, externalId: '' }),
      retentionDays,
      elsewhere: { bucket: elsewhere.bucket, home: new AccountPrincipal(accountId) },
    })
    // The bucket comes first, since the notary writes as soon as it exists.
    desk.addStackDependency(stack)
  }
}
