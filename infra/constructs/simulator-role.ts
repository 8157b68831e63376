// Rules: test/infra/target-account.test.ts
import { CfnOutput, Duration } from 'aws-cdk-lib'
import { ArnPrincipal, PolicyStatement, Role } from 'aws-cdk-lib/aws-iam'
import type { Construct } from 'constructs'

type Simulator = {
  hotwork: string
  /** The ARN of the only role that may assume it. */
  looker: string
  /** The ARNs of this account's roles on which agents run. */
  hosts: readonly string[]
  externalIds: { 'sts:ExternalId': string[] }
}

/**
 * The role that asks IAM about the rights of agents' hosts, without other rights. There is none if no agent runs on a
 * role of this account.
 */
export function makeSimulator(scope: Construct, { hotwork, looker, hosts, externalIds }: Simulator): void {
  if (hosts.length === 0) return
  const role = new Role(scope, 'Simulator', {
    roleName: `${hotwork}-simulator`,
    path: '/hotwork/',
    description: `Assumed by ${hotwork} to ask IAM what the hosts of agents may do`,
    assumedBy: new ArnPrincipal(looker).withConditions({ StringEquals: externalIds }),
    maxSessionDuration: Duration.hours(1),
  })
  role.addToPolicy(new PolicyStatement({ actions: ['iam:SimulatePrincipalPolicy'], resources: [...hosts] }))
  new CfnOutput(scope, 'SimulatorRoleArn', { value: role.roleArn })
}
