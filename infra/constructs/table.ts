import { RemovalPolicy } from 'aws-cdk-lib'
import { type AttributeType, Billing, type StreamViewType, TableEncryptionV2, TableV2 } from 'aws-cdk-lib/aws-dynamodb'
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam'
import type { Construct } from 'constructs'

type Key = { name: string; type: AttributeType }

/**
 * A table that outlives mistakes: point-in-time recovery, deletion protection, kept when its stack goes. The four of
 * them are apart so that plain table grants say who may touch what.
 */
export const durableTable = (
  scope: Construct,
  {
    partitionKey,
    sortKey,
    stream,
    expiresBy,
  }: { partitionKey: Key; sortKey: Key; stream?: StreamViewType; expiresBy?: 'ttl' },
) =>
  new TableV2(scope, 'Table', {
    partitionKey,
    sortKey,
    billing: Billing.onDemand(),
    encryption: TableEncryptionV2.awsManagedKey(),
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    deletionProtection: true,
    removalPolicy: RemovalPolicy.RETAIN,
    ...(stream && { dynamoStream: stream }),
    ...(expiresBy && { timeToLiveAttribute: expiresBy }),
  })

/** Allows actions on the items of a table and not on its indexes, which CDK's own grant would add with a wildcard. */
export const grantItems = (table: TableV2, grantee: IGrantable, ...actions: readonly `dynamodb:${string}`[]): Grant =>
  Grant.addToPrincipal({ grantee, actions: [...actions], resourceArns: [table.tableArn] })
