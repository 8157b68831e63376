// Rules: test/infra/least-privilege.test.ts
import { Validations } from 'aws-cdk-lib'
import type { HotworkFunction } from './hotwork-function.ts'

/** The roles in target accounts, by ARN. */
export type TargetRoles = {
  /** One an account, for sessions of approved actions. */
  targets: readonly string[]
  /** Those in Hotwork's own account. */
  targetsAtHome: readonly string[]
  /** These write the denies of target roles in other accounts. */
  foreignRevokers: readonly string[]
  /** These audit Hotwork's part of other accounts. */
  foreignAuditors: readonly string[]
  /** These ask IAM about the hosts of agents in other accounts. */
  foreignSimulators: readonly string[]
  /** The roles of agents' hosts in Hotwork's own account. */
  hostsAtHome: readonly string[]
}

/** Each session with tags and a source identity, by which it is found and ended. */
export function grantAssume(to: HotworkFunction, { targets }: TargetRoles): void {
  allowOnAny(to, ['sts:AssumeRole', 'sts:TagSession', 'sts:SetSourceIdentity'], targets)
}

/** Here, and as the revokers of other accounts. A target role's boundary lets a policy add nothing but denies. */
export function grantDeny(to: HotworkFunction, { targetsAtHome, foreignRevokers }: TargetRoles): void {
  allowOnAny(to, ['iam:PutRolePolicy', 'iam:DeleteRolePolicy'], inlineOf(targetsAtHome))
  allowOnAny(to, ['sts:AssumeRole'], foreignRevokers)
}

/** Reading the denies of target roles and AWS's record, here and as the auditors of other accounts. */
export function grantAudit(to: HotworkFunction, { targetsAtHome, foreignAuditors }: TargetRoles): void {
  allowOnAny(to, ['iam:GetRolePolicy', 'iam:ListRolePolicies'], inlineOf(targetsAtHome))
  allowOnAny(to, ['sts:AssumeRole'], foreignAuditors)
  grantReadCalls(to)
}

/** Reading the calls in sessions of the target roles, here and as the auditors of other accounts. */
export function grantReadSessions(to: HotworkFunction, { foreignAuditors }: TargetRoles): void {
  allowOnAny(to, ['sts:AssumeRole'], foreignAuditors)
  grantReadCalls(to)
}

/** Asking for the rights of agents' hosts, here and as the simulators of other accounts. */
export function grantSimulate(to: HotworkFunction, { hostsAtHome, foreignSimulators }: TargetRoles): void {
  allowOnAny(to, ['iam:SimulatePrincipalPolicy'], hostsAtHome)
  allowOnAny(to, ['sts:AssumeRole'], foreignSimulators)
}

/** Reading AWS's record of calls. On `*`, because the service authorization reference lists no resource type for it. */
function grantReadCalls(to: HotworkFunction): void {
  Validations.of(to.role).acknowledge({
    id: 'AwsSolutions-IAM5[Resource::*]',
    reason: 'LookupEvents names no resource: the record of calls is of a whole account',
  })
  to.allow(['cloudtrail:LookupEvents'], ['*'])
}

/** Also without the path, by which the local emulator judges. On AWS a role's name is unique in its account. */
const inlineOf = (targets: readonly string[]): readonly string[] =>
  targets.flatMap((role) => [role, role.replace(':role/hotwork/', ':role/')])

/** The list may be empty: IAM takes no statement without a resource. */
function allowOnAny(to: HotworkFunction, actions: string[], resources: readonly string[]): void {
  if (resources.length > 0) to.allow(actions, resources)
}
