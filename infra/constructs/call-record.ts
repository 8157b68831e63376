import { Validations } from 'aws-cdk-lib'
import { Grant, type Role } from 'aws-cdk-lib/aws-iam'

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
