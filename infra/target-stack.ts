import { CfnOutput, Duration, Stack, type StackProps, Validations } from 'aws-cdk-lib'
import { ArnPrincipal, Effect, ManagedPolicy, PolicyStatement, Role } from 'aws-cdk-lib/aws-iam'
import type { Construct } from 'constructs'
import type { Account, PolicyBundle } from './policy-bundle.ts'

export type TargetStackProps = StackProps & {
  /** The name of the main stack. */
  hotwork: string
  /** ARN of the only role that may assume the target role. */
  broker: string
  /** The aliases of this account, which may be several with an external id each. */
  accounts: { readonly [alias: string]: Account }
  actions: readonly PolicyBundle['actions'][string][]
}

/** Session tags that every session carries: what it is denied by once its grant, credential, agent or owner is out. */
const tags = {
  'hotwork:request': 'req_*',
  'hotwork:credential': 'crd_*',
  'hotwork:agent': 'agent:*',
  'hotwork:owner': 'person:*',
  'hotwork:digest': 'sha-256:*',
}

/** Never, whatever the catalogue or a session policy says: ways to more rights, or to lasting ones. */
const pivots = [
  'iam:*',
  'sts:AssumeRole*',
  'sts:GetFederationToken',
  'sts:GetScopedCredentials',
  'sts:GetWebIdentityToken',
  'organizations:*',
  'account:*',
  'sso:*',
  'sso-directory:*',
  'identitystore:*',
  'kms:CreateGrant',
  'kms:PutKeyPolicy',
  'kms:ScheduleKeyDeletion',
  'kms:DisableKey',
  'cloudtrail:*',
]

/**
 * What Hotwork may do in one account: the role that the broker assumes, each time with a session policy for the one
 * approved action. The role itself can do the catalogue's actions and no others, and its boundary holds even against
 * whoever may write its policies.
 */
export class TargetStack extends Stack {
  readonly role: Role

  constructor(scope: Construct, id: string, { hotwork, broker, accounts, actions, ...props }: TargetStackProps) {
    super(scope, id, props)
    const statements = [...allowCatalogue(actions, accounts), neverPivot]
    const boundary = new ManagedPolicy(this, 'Boundary', {
      path: '/hotwork/',
      description: `The most that ${hotwork} may ever do in this account`,
      statements,
    })
    const principal = new ArnPrincipal(broker)
    this.role = new Role(this, 'Role', {
      roleName: `${hotwork}-target`,
      path: '/hotwork/',
      description: `Assumed by ${hotwork} for one approved action at a time`,
      assumedBy: principal.withConditions({
        StringEquals: { 'sts:ExternalId': Object.values(accounts).map(({ externalId }) => externalId) },
        StringLike: { 'sts:RoleSessionName': 'req_*', ...tagged },
      }),
      permissionsBoundary: boundary,
      maxSessionDuration: Duration.hours(1),
    })
    // Statements of their own: neither call carries an external id or a session name, so a condition on one would deny.
    this.role.assumeRolePolicy?.addStatements(
      new PolicyStatement({
        principals: [principal],
        actions: ['sts:TagSession'],
        conditions: { StringLike: tagged, 'ForAllValues:StringEquals': { 'aws:TagKeys': Object.keys(tags) } },
      }),
      new PolicyStatement({
        principals: [principal],
        actions: ['sts:SetSourceIdentity'],
        // IfExists changes nothing on AWS, where the call always carries it; the local emulator does not.
        conditions: { StringLikeIfExists: { 'sts:SourceIdentity': 'req_*' } },
      }),
    )
    const catalogue = new ManagedPolicy(this, 'Catalogue', {
      path: '/hotwork/',
      description: 'What the catalogue of actions needs; each session narrows it to the one that was approved',
      // Managed, so that all the room for inline policies is left to the denies that end sessions.
      statements: statements.map((statement) => statement.copy()),
      roles: [this.role],
    })
    for (const policy of [boundary, catalogue])
      Validations.of(policy).acknowledge(
        ...statements
          .filter(({ effect }) => effect === Effect.ALLOW)
          .flatMap(({ resources }) => resources)
          .map((resource) => ({
            id: `AwsSolutions-IAM5[Resource::${resource}]`,
            reason: 'A session reaches one exact ARN, that of its session policy; which one is not known at deploy',
          })),
      )
    new CfnOutput(this, 'TargetRoleArn', { value: this.role.roleArn })
  }
}

const tagged = Object.fromEntries(Object.entries(tags).map(([key, like]) => [`aws:RequestTag/${key}`, like]))

/** The IAM actions of the catalogue's entries for these accounts, on whatever their service has in them. */
function allowCatalogue(
  entries: TargetStackProps['actions'],
  accounts: TargetStackProps['accounts'],
): readonly PolicyStatement[] {
  const here = entries.filter(({ account }) => account !== undefined && account in accounts)
  const actions = [...new Set(here.flatMap(({ statement }) => statement?.actions ?? []))].sort()
  const byService = Map.groupBy(actions, (action) => action.split(':')[0] ?? '')
  return [...byService].map(
    ([service, ofService]) =>
      new PolicyStatement({ actions: ofService, resources: placesOf(service, Object.values(accounts)) }),
  )
}

const placesOf = (service: string, accounts: readonly Account[]) => [
  ...new Set(
    accounts.map(({ partition, region, accountId }) => `arn:${partition}:${service}:${region}:${accountId}:*`),
  ),
]

const neverPivot = new PolicyStatement({
  sid: 'NeverPivot',
  effect: Effect.DENY,
  actions: pivots,
  resources: ['*'],
})
