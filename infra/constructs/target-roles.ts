import { Arn, ArnFormat, Validations } from 'aws-cdk-lib'
import { Grant, type IGrantable, type Role } from 'aws-cdk-lib/aws-iam'

/**
 * Allows reading what AWS has on record of the calls in this account: who called what, when, on what, with which arguments.
 * On `*`, because the service authorization reference lists no resource type for it: the record is of a whole account.
 */
export function grantReadCalls(role: Role): Grant {
  Validations.of(role).acknowledge({
    id: 'AwsSolutions-IAM5[Resource::*]',
    reason: 'LookupEvents names no resource: the record of calls is of a whole account',
  })
  return Grant.addToPrincipal({ grantee: role, actions: ['cloudtrail:LookupEvents'], resourceArns: ['*'] })
}

/** The ARNs of an account's own. */
export const ofAccount = (roles: readonly string[], account: string): readonly string[] =>
  roles.filter((role) => Arn.split(role, ArnFormat.SLASH_RESOURCE_NAME).account === account)

/** Allows making sessions of the target roles, each with tags and a source identity to find and end it by. */
export const grantAssume = (grantee: IGrantable, targetRoles: readonly string[]): void =>
  grantOnAny(grantee, ['sts:AssumeRole', 'sts:TagSession', 'sts:SetSourceIdentity'], targetRoles)

/** Allows writing the denies of the target roles. A deny is all that their boundary lets a policy add. */
export const grantDeny = (grantee: IGrantable, targetRoles: readonly string[]): void =>
  grantOnAny(grantee, ['iam:PutRolePolicy', 'iam:DeleteRolePolicy'], targetRoles.flatMap(byEitherName))

/** Allows reading what the inline policies of the target roles deny. */
export const grantReadDenies = (grantee: IGrantable, targetRoles: readonly string[]): void =>
  grantOnAny(grantee, ['iam:GetRolePolicy', 'iam:ListRolePolicies'], targetRoles.flatMap(byEitherName))

/** Allows becoming the revokers of other accounts, each of which may write the denies of its target role, or the auditors. */
export const grantBecome = (grantee: IGrantable, roles: readonly string[]): void =>
  grantOnAny(grantee, ['sts:AssumeRole'], roles)

/**
 * A role, and its name without the path, which is what the local emulator judges by. A role's name is taken once an account
 * whatever its path, so on AWS the second can never be another role.
 */
const byEitherName = (role: string): readonly string[] => [role, role.replace(':role/hotwork/', ':role/')]

/** There may be none: a statement on nothing is none. */
function grantOnAny(grantee: IGrantable, actions: string[], resources: readonly string[]): void {
  if (resources.length > 0) Grant.addToPrincipal({ grantee, actions, resourceArns: [...resources] })
}
