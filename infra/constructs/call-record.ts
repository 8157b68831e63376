import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam'

/**
 * Allows reading what AWS has on record of the calls in this account: who called what, when, on what, with which arguments.
 * IAM knows no resource for it (CloudTrail's actions in the service authorization reference), so it is all of the account's.
 */
export const grantReadCalls = (grantee: IGrantable): Grant =>
  Grant.addToPrincipal({ grantee, actions: ['cloudtrail:LookupEvents'], resourceArns: ['*'] })
