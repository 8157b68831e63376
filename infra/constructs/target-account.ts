// Rules: test/infra/target-account.test.ts
import { CfnOutput, Duration, Stack, Token, Validations } from 'aws-cdk-lib'
import {
  ArnPrincipal,
  CompositePrincipal,
  type IManagedPolicy,
  ManagedPolicy,
  PolicyStatement,
  Role,
} from 'aws-cdk-lib/aws-iam'
import { type ITopic, Topic } from 'aws-cdk-lib/aws-sns'
import { Construct } from 'constructs'
import { type Account, type PolicyBundle, type Reach, reachOf, readsOf } from '../policy-bundle.ts'
import { makeReader } from './reader-role.ts'
import { makeFollower, makeRunner } from './run-roles.ts'
import { type Desk, SealedRole } from './sealed-role.ts'
import { neverOurselves, neverPivotBut, nothingBeside, scopingOf } from './session-denies.ts'
import { makeSessionRole } from './session-role.ts'
import { makeSimulator } from './simulator-role.ts'

export type TargetAccountProps = {
  hotwork: string
  /** The ARN of the only role that may assume the target role and the runner. */
  broker: string
  /** The ARN of the only role that may follow runs here. */
  followRuns?: string
  /** The ARN of the only role that may assume this account's revoker, if Hotwork is in another account. */
  revoker?: string
  /** The ARNs of the roles that may read the state for previews. */
  readers?: readonly string[]
  /** The ARNs of the roles that may audit Hotwork's part of this account. */
  auditors?: readonly string[]
  /** The ARN of the only role that may look at agents' hosts here, and the rights of a look. */
  looker?: string
  looks?: readonly Reach[]
  /** The aliases of this account; several may have an external id each. */
  accounts: { readonly [alias: string]: Account }
  actions: readonly PolicyBundle['actions'][string][]
  ours: readonly string[]
  desk: Desk
  /** The topic for uses of the sealed role, unless the account has its own. It is in this stack's Region. */
  alarmTopic?: ITopic | undefined
}

/** The role for approved actions in one account. Its boundary holds also for principals that may write its policies. */
export class TargetAccount extends Construct {
  readonly role: Role

  constructor(scope: Construct, id: string, props: TargetAccountProps) {
    super(scope, id)
    const { hotwork, broker, revoker, auditors, accounts, actions, ours } = props
    const reach = [...reachOf(actions, accounts), ...scopingOf(accounts)]
    const allowed = reach.map(
      (each) => new PolicyStatement({ actions: [...each.actions], resources: [...each.resources] }),
    )
    const neverPivot = neverPivotBut(reach)
    const boundary = new ManagedPolicy(this, 'Boundary', {
      path: '/hotwork/',
      description: `The most that ${hotwork} may ever do in this account`,
      statements: [...allowed, ...neverPivot, ...neverOurselves(reach, hotwork, ours), nothingBeside(reach)],
    })
    const externalIds = { 'sts:ExternalId': Object.values(accounts).map(({ externalId }) => externalId) }
    this.role = makeSessionRole(this, 'Role', {
      ...{ hotwork, broker, externalIds, boundary, opened: true },
      name: 'target',
      description: `Assumed by ${hotwork} for one approved action at a time`,
    })
    const catalogue = new ManagedPolicy(this, 'Catalogue', {
      path: '/hotwork/',
      description: 'What the catalogue of actions needs; each session narrows it to the one that was approved',
      // Managed, to leave all room for inline policies to the denies that end sessions.
      statements: [...allowed, ...neverPivot].map((statement) => statement.copy()),
      roles: [this.role],
    })
    for (const policy of [boundary, catalogue])
      Validations.of(policy).acknowledge(
        ...[...new Set(reach.flatMap(({ resources }) => resources))].map((resource) => ({
          id: `AwsSolutions-IAM5[Resource::${resource}]`,
          reason: 'A session reaches one exact ARN, that of its session policy; which one is not known at deploy',
        })),
      )
    new CfnOutput(this, 'TargetRoleArn', { value: this.role.roleArn })
    const runner = makeRunner(this, { hotwork, broker, accounts, actions, ours, externalIds })
    if (props.followRuns !== undefined)
      makeFollower(this, { hotwork, followRuns: props.followRuns, accounts, actions, ours, externalIds })
    if (revoker !== undefined) this.#makeRevoker({ hotwork, revoker, externalIds, boundary })
    if (auditors !== undefined)
      this.#makeAuditor({ hotwork, auditors, externalIds, audited: [this.role, ...(runner ? [runner] : [])] })
    if (props.looker !== undefined)
      makeSimulator(this, { hotwork, looker: props.looker, looks: props.looks ?? [], externalIds })
    if (props.readers) {
      const reads = readsOf(actions, accounts)
      const never = [...neverOurselves(reads, hotwork, ours, { sid: 'HotworkIsNotRead' }), nothingBeside(reads)]
      makeReader(this, { hotwork, readers: props.readers, reads, externalIds, never })
    }
    this.#makeSealed({ ...props, boundary, catalogue })
  }

  /**
   * A writer of policies could grant rights by them, so this role may write only the target role's, and only while that
   * has its boundary.
   */
  #makeRevoker({ hotwork, revoker, externalIds, boundary }: Made & { revoker: string }): void {
    const writeDenies = new PolicyStatement({
      actions: ['iam:PutRolePolicy', 'iam:DeleteRolePolicy'],
      resources: [this.role.roleArn],
      conditions: { StringEquals: { 'iam:PermissionsBoundary': boundary.managedPolicyArn } },
    })
    const role = new Role(this, 'Revoker', {
      roleName: `${hotwork}-revoker`,
      path: '/hotwork/',
      description: `Assumed by ${hotwork} to deny sessions that have ended`,
      assumedBy: new ArnPrincipal(revoker).withConditions({ StringEquals: externalIds }),
      permissionsBoundary: new ManagedPolicy(this, 'RevokerBoundary', {
        path: '/hotwork/',
        description: `The most that the revoker of ${hotwork} may ever do in this account`,
        statements: [writeDenies.copy()],
      }),
      maxSessionDuration: Duration.hours(1),
    })
    role.addToPolicy(writeDenies)
    new CfnOutput(this, 'RevokerRoleArn', { value: role.roleArn })
  }

  #makeAuditor({
    hotwork,
    auditors,
    externalIds,
    audited,
  }: Omit<Made, 'boundary'> & { auditors: readonly string[]; audited: readonly Role[] }): void {
    const role = new Role(this, 'Auditor', {
      roleName: `${hotwork}-auditor`,
      path: '/hotwork/',
      description: `Assumed by ${hotwork} to hold what is here against its own record`,
      assumedBy: new CompositePrincipal(
        ...auditors.map((each) => new ArnPrincipal(each).withConditions({ StringEquals: externalIds })),
      ),
      maxSessionDuration: Duration.hours(1),
    })
    role.addToPolicy(
      new PolicyStatement({
        actions: ['iam:GetRolePolicy', 'iam:ListRolePolicies'],
        resources: audited.map(({ roleArn }) => roleArn),
      }),
    )
    role.addToPolicy(new PolicyStatement({ actions: ['cloudtrail:LookupEvents'], resources: ['*'] }))
    Validations.of(role).acknowledge({
      id: 'AwsSolutions-IAM5[Resource::*]',
      reason: 'LookupEvents names no resource: the record of calls is of a whole account',
    })
    new CfnOutput(this, 'AuditorRoleArn', { value: role.roleArn })
  }

  /** Only if the deployment names people for it. */
  #makeSealed({ hotwork, accounts, boundary, catalogue, desk, alarmTopic }: Sealed): void {
    const sealed = Object.values(accounts).flatMap((account) => account.sealed ?? [])
    if (sealed.length === 0) return
    const { region } = Stack.of(this)
    const own = sealed.find((each) => each.alarmTopic !== undefined)?.alarmTopic
    const topic = own === undefined ? alarmTopic : Topic.fromTopicArn(this, 'AlarmTopic', own)
    // False for a topic of another Region, which an alarm cannot notify.
    const canTell = own === undefined || Token.isUnresolved(region) || own.split(':')[3] === region
    const { role } = new SealedRole(this, 'Sealed', {
      ...{ hotwork, boundary, catalogue, desk },
      users: [...new Set(sealed.flatMap(({ people }) => Object.values(people)))].sort(),
      ...(topic && canTell && { alarmTopic: topic }),
    })
    new CfnOutput(this, 'SealedRoleArn', { value: role.roleArn })
  }
}

type Sealed = TargetAccountProps & { boundary: IManagedPolicy; catalogue: IManagedPolicy }
type ExternalIds = { 'sts:ExternalId': string[] }
type Made = { hotwork: string; externalIds: ExternalIds; boundary: IManagedPolicy }
