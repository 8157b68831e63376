// Rules: test/infra/target-account.test.ts
import { CfnOutput, Duration } from 'aws-cdk-lib'
import { ArnPrincipal, PolicyStatement, Role } from 'aws-cdk-lib/aws-iam'
import type { Construct } from 'constructs'
import type { Reach } from '../policy-bundle.ts'
import { acknowledgeLooks } from './look-rights.ts'

type Simulator = {
  hotwork: string
  /** The ARN of the only role that may assume it. */
  looker: string
  looks: readonly Reach[]
  externalIds: { 'sts:ExternalId': string[] }
}

/** The role that looks at agents' hosts in this account. It reads configuration, and no values of secrets. */
export function makeSimulator(scope: Construct, { hotwork, looker, looks, externalIds }: Simulator): void {
  const role = new Role(scope, 'Simulator', {
    roleName: `${hotwork}-simulator`,
    path: '/hotwork/',
    description: `Assumed by ${hotwork} to ask IAM what the hosts of agents may do`,
    assumedBy: new ArnPrincipal(looker).withConditions({ StringEquals: externalIds }),
    maxSessionDuration: Duration.hours(1),
  })
  for (const { actions, resources } of looks)
    role.addToPolicy(new PolicyStatement({ actions: [...actions], resources: [...resources] }))
  acknowledgeLooks(role, looks)
  new CfnOutput(scope, 'SimulatorRoleArn', { value: role.roleArn })
}
