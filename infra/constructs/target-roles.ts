// Rules: test/infra/least-privilege.test.ts
import { Validations } from 'aws-cdk-lib'
import type { Reach } from '../policy-bundle.ts'
import type { HotworkFunction } from './hotwork-function.ts'
import { acknowledgeLooks } from './look-rights.ts'

/** The roles in target accounts, by ARN. */
export type TargetRoles = {
  /** The target roles, one for each account, for sessions of approved actions. */
  targets: readonly string[]
  /** The target roles in Hotwork's own account. */
  targetsAtHome: readonly string[]
  /** The roles that start runs, in accounts with runs. */
  runners: readonly string[]
  /** The same in Hotwork's own account. */
  runnersAtHome: readonly string[]
  /** The roles that follow runs. */
  followers: readonly string[]
  /** The roles that write the denies of target roles in other accounts. */
  foreignRevokers: readonly string[]
  /** The roles that audit Hotwork's part of other accounts. */
  foreignAuditors: readonly string[]
  /** The roles that ask IAM about agents' hosts in other accounts. */
  foreignSimulators: readonly string[]
  /** The roles that tell of changes of hosts in other accounts. */
  foreignSenders: readonly string[]
  /** The rights of a look at agents' hosts in Hotwork's own account. */
  looksAtHome: readonly Reach[]
}

/**
 * Allows assuming the target roles and the runners, with the tags and source identity by which sessions are found and
 * ended.
 */
export function grantAssume(to: HotworkFunction, { targets, runners }: TargetRoles): void {
  allowOnAny(to, ['sts:AssumeRole', 'sts:TagSession', 'sts:SetSourceIdentity'], [...targets, ...runners])
}

/** Allows following and cancelling runs, as the followers alone. */
export function grantFollow(to: HotworkFunction, { followers }: TargetRoles): void {
  allowOnAny(to, ['sts:AssumeRole'], followers)
}

/**
 * Allows writing denies, here and by the revokers of other accounts. A target role's boundary makes all other additions
 * ineffective. Runners need none: their sessions stay in the one Lambda, and a halt stops each call at its beginning.
 */
export function grantDeny(to: HotworkFunction, { targetsAtHome, foreignRevokers }: TargetRoles): void {
  allowOnAny(to, ['iam:PutRolePolicy', 'iam:DeleteRolePolicy'], inlineOf(targetsAtHome))
  allowOnAny(to, ['sts:AssumeRole'], foreignRevokers)
}

/** Allows reading the inline policies of these roles and CloudTrail, here and by the auditors of other accounts. */
export function grantAudit(to: HotworkFunction, roles: TargetRoles): void {
  const { targetsAtHome, runnersAtHome, foreignAuditors } = roles
  allowOnAny(to, ['iam:GetRolePolicy', 'iam:ListRolePolicies'], inlineOf([...targetsAtHome, ...runnersAtHome]))
  allowOnAny(to, ['sts:AssumeRole'], foreignAuditors)
  grantReadCalls(to)
}

/** Allows reading the calls in sessions of the target roles, here and by the auditors of other accounts. */
export function grantReadSessions(to: HotworkFunction, { foreignAuditors }: TargetRoles): void {
  allowOnAny(to, ['sts:AssumeRole'], foreignAuditors)
  grantReadCalls(to)
}

/** Allows looking at agents' hosts, here and by the simulators of other accounts. */
export function grantLook(to: HotworkFunction, { looksAtHome, foreignSimulators }: TargetRoles): void {
  for (const { actions, resources } of looksAtHome) to.allow(actions, resources)
  acknowledgeLooks(to.role, looksAtHome)
  allowOnAny(to, ['sts:AssumeRole'], foreignSimulators)
}

/** Allows reading CloudTrail on `*`, since it has no resource type for this. */
function grantReadCalls(to: HotworkFunction): void {
  Validations.of(to.role).acknowledge({
    id: 'AwsSolutions-IAM5[Resource::*]',
    reason: 'LookupEvents names no resource: the record of calls is of a whole account',
  })
  to.allow(['cloudtrail:LookupEvents'], ['*'])
}

/**
 * Role ARNs with and without the path, since the local emulator compares the latter. On AWS a role's name is unique in
 * its account.
 */
const inlineOf = (targets: readonly string[]): readonly string[] =>
  targets.flatMap((role) => [role, role.replace(':role/hotwork/', ':role/')])

/** The list may be empty, and IAM refuses a statement without a resource. */
function allowOnAny(to: HotworkFunction, actions: string[], resources: readonly string[]): void {
  if (resources.length > 0) to.allow(actions, resources)
}
