// Rules: test/infra/target-account.test.ts
import { CfnOutput, Duration, Validations } from 'aws-cdk-lib'
import { ArnPrincipal, type CfnRole, ManagedPolicy, PolicyStatement, Role } from 'aws-cdk-lib/aws-iam'
import type { Construct } from 'constructs'
import type { Reach } from '../policy-bundle.ts'

type Reader = {
  hotwork: string
  /** @default 'Reader' */
  id?: string
  /** The words for its use. */
  does?: string
  readers: readonly string[]
  reads: readonly Reach[]
  externalIds: { 'sts:ExternalId': string[] }
  /** Statements that deny rights even if its own policies or a resource's policy give them. */
  never: readonly PolicyStatement[]
}

/**
 * The role that reads the state for an account's previews. Everything else is denied by name: otherwise SSM would
 * decrypt for it with the account's default key. Undefined without previews.
 */
export function makeReader(scope: Construct, { hotwork, readers, reads, externalIds, never, ...named }: Reader): void {
  const { id = 'Reader', does = 'show people the present state' } = named
  const [first, ...others] = readers
  if (reads.length === 0 || first === undefined) return
  const allowed = reads.map(
    ({ actions, resources }) => new PolicyStatement({ actions: [...actions], resources: [...resources] }),
  )
  const boundary = new ManagedPolicy(scope, `${id}Boundary`, {
    path: '/hotwork/',
    description: `The most that the ${id.toLowerCase()} of ${hotwork} may ever do in this account`,
    statements: [...allowed, ...never],
  })
  const role = new Role(scope, id, {
    roleName: `${hotwork}-${id.toLowerCase()}`,
    path: '/hotwork/',
    description: `Assumed by ${hotwork} to ${does}`,
    assumedBy: new ArnPrincipal(first).withConditions({ StringEquals: externalIds }),
    permissionsBoundary: boundary,
    maxSessionDuration: Duration.hours(1),
  })
  // One statement for all of them, since a trust policy has at most 2,048 characters.
  const trust = role.node.defaultChild as CfnRole
  trust.addPropertyOverride('AssumeRolePolicyDocument.Statement.0.Principal.AWS', [first, ...others])
  for (const statement of allowed) role.addToPolicy(statement.copy())
  const patterns = [...new Set(reads.flatMap(({ resources }) => resources))]
  const reason = 'Which resource a request will name is not known at deploy'
  for (const each of [boundary, role])
    Validations.of(each).acknowledge(
      ...patterns.map((pattern) => ({ id: `AwsSolutions-IAM5[Resource::${pattern}]`, reason })),
    )
  new CfnOutput(scope, `${id}RoleArn`, { value: role.roleArn })
}
