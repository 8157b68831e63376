import { Validations } from 'aws-cdk-lib'
import type { HotworkFunction } from './hotwork-function.ts'

/** The roles in target accounts, by ARN. */
export type TargetRoles = {
  /** One an account, for sessions of approved actions. */
  targets: readonly string[]
  /** Those of them in Hotwork's own account. */
  targetsAtHome: readonly string[]
  /** These write the denies of target roles in other accounts. */
  foreignRevokers: readonly string[]
  /** These read what other accounts have of Hotwork. */
  foreignAuditors: readonly string[]
  /** These ask IAM about the hosts of agents in other accounts. */
  foreignSimulators: readonly string[]
  /** On which agents run in Hotwork's own account. */
  hostsAtHome: readonly string[]
}

/** Each session with tags and a source identity to find and end it by. */
export function grantAssume(to: HotworkFunction, { targets }: TargetRoles): void {
  allowOnAny(to, ['sts:AssumeRole', 'sts:TagSession', 'sts:SetSourceIdentity'], targets)
}

/** Here, and as the revokers of other accounts. A deny is all that a target role's boundary lets a policy add. */
export function grantDeny(to: HotworkFunction, { targetsAtHome, foreignRevokers }: TargetRoles): void {
  allowOnAny(to, ['iam:PutRolePolicy', 'iam:DeleteRolePolicy'], inlineOf(targetsAtHome))
  allowOnAny(to, ['sts:AssumeRole'], foreignRevokers)
}

/** What the target roles deny and what AWS has on record, here and as the auditors of other accounts. */
export function grantAudit(to: HotworkFunction, { targetsAtHome, foreignAuditors }: TargetRoles): void {
  allowOnAny(to, ['iam:GetRolePolicy', 'iam:ListRolePolicies'], inlineOf(targetsAtHome))
  allowOnAny(to, ['sts:AssumeRole'], foreignAuditors)
  grantReadCalls(to)
}

/** What was called in sessions of the target roles, here and as the auditors of other accounts. */
export function grantReadSessions(to: HotworkFunction, { foreignAuditors }: TargetRoles): void {
  allowOnAny(to, ['sts:AssumeRole'], foreignAuditors)
  grantReadCalls(to)
}

/** What the hosts of agents may do, here and as the simulators of other accounts. */
export function grantSimulate(to: HotworkFunction, { hostsAtHome, foreignSimulators }: TargetRoles): void {
  allowOnAny(to, ['iam:SimulatePrincipalPolicy'], hostsAtHome)
  allowOnAny(to, ['sts:AssumeRole'], foreignSimulators)
}

/** Which calls AWS has on record. On `*`, since the service authorization reference lists no resource type for it. */
function grantReadCalls(to: HotworkFunction): void {
  Validations.of(to.role).acknowledge({
    id: 'AwsSolutions-IAM5[Resource::*]',
    reason: 'LookupEvents names no resource: the record of calls is of a whole account',
  })
  to.allow(['cloudtrail:LookupEvents'], ['*'])
}

/** Also without the path, by which the local emulator judges. On AWS an account has a role's name once. */
const inlineOf = (targets: readonly string[]): readonly string[] =>
  targets.flatMap((role) => [role, role.replace(':role/hotwork/', ':role/')])

/** There may be none: a statement on nothing is none. */
function allowOnAny(to: HotworkFunction, actions: string[], resources: readonly string[]): void {
  if (resources.length > 0) to.allow(actions, resources)
}
