// Rules: test/infra/target-account.test.ts
import { Validations } from 'aws-cdk-lib'
import type { Construct } from 'constructs'
import { type Account, hostsOfKind, type PolicyBundle, type Reach } from '../policy-bundle.ts'

/**
 * The rights to look at agents' hosts in one account. Only the look finds the roles that trust a host, so the questions
 * about roles cover the whole account. Clusters, schedules and similar hosts are named by ARN: those registered later
 * stay unknown until the next deployment.
 */
export function lookRights(bundle: Pick<PolicyBundle, 'agents'>, account: Account): readonly Reach[] {
  const { partition, region, accountId } = account
  const scheduled = hostsOfKind(bundle, 'scheduler').filter((arn) => arn.split(':')[4] === accountId)
  const clusters = [
    ...new Set(hostsOfKind(bundle, 'kubernetesServiceAccount').map((where) => where.split('/')[0] ?? '')),
  ]
  const inEks = (rest: (cluster: string) => string) =>
    clusters.map((cluster) => `arn:${partition}:eks:${region}:${accountId}:${rest(cluster)}`)
  const hasTask = scheduled.some((arn) => arn.split(':')[2] === 'ecs')
  // These calls have no resource type in the service authorization reference.
  const lists = ['iam:ListRoles', 'secretsmanager:ListSecrets', 'ssm:DescribeParameters']
  const all: readonly Reach[] = [
    {
      actions: ['iam:GetRole', 'iam:SimulatePrincipalPolicy'],
      resources: [`arn:${partition}:iam::${accountId}:role/*`],
    },
    { actions: [...(hasTask ? ['ecs:DescribeTaskDefinition'] : []), ...lists], resources: ['*'] },
    {
      actions: ['eks:DescribeCluster', 'eks:ListPodIdentityAssociations'],
      resources: inEks((cluster) => `cluster/${cluster}`),
    },
    {
      actions: ['eks:DescribePodIdentityAssociation'],
      resources: inEks((cluster) => `podidentityassociation/${cluster}/*`),
    },
    ...described.map(([kind, action]) => ({
      actions: [action],
      resources: scheduled.filter((arn) => kind.test(arn)),
    })),
  ]
  return all.filter(({ resources }) => resources.length > 0)
}

/** The read of each kind of scheduled host. */
const described = [
  [/:schedule\//, 'scheduler:GetSchedule'],
  [/:function:/, 'lambda:GetFunctionConfiguration'],
  [/:service\//, 'ecs:DescribeServices'],
  [/:stateMachine:/, 'states:DescribeStateMachine'],
  [/:project\//, 'codebuild:BatchGetProjects'],
] as const

/** Acknowledges the patterns in these rights. */
export function acknowledgeLooks(of: Construct, rights: readonly Reach[]): void {
  const patterns = rights.flatMap(({ resources }) => resources).filter((resource) => resource.includes('*'))
  Validations.of(of).acknowledge(
    ...[...new Set(patterns)].map((resource) => ({
      id: `AwsSolutions-IAM5[Resource::${resource}]`,
      reason: 'The roles that a host reaches are found at each look, and lists name no resource; nothing is written',
    })),
  )
}
