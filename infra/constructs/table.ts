import { RemovalPolicy } from 'aws-cdk-lib'
import { type AttributeType, Billing, type StreamViewType, TableEncryptionV2, TableV2 } from 'aws-cdk-lib/aws-dynamodb'
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam'
import type { Construct } from 'constructs'

type Key = { name: string; type: AttributeType }

export type TableProps = {
  /** Whether even an administrator must switch protection off before the table can be deleted. */
  deletionProtection: boolean
}

/**
 * A table that outlives mistakes: point-in-time recovery, kept when its stack goes or another takes its place, and, once the
 * deployer says so, deletion protection. The four of them are apart so that plain table grants say who may touch what.
 *
 * A first deployment that fails is rolled back, and takes its empty tables with it: kept, each attempt would leave four more.
 * Protection would stop that too, and leave a stack that can neither go on nor be deleted, so it is switched on afterwards.
 *
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-attribute-deletionpolicy.html
 */
export const durableTable = (
  scope: Construct,
  {
    partitionKey,
    sortKey,
    stream,
    expiresBy,
    deletionProtection,
  }: TableProps & { partitionKey: Key; sortKey: Key; stream?: StreamViewType; expiresBy?: 'ttl' },
) =>
  new TableV2(scope, 'Table', {
    partitionKey,
    sortKey,
    billing: Billing.onDemand(),
    encryption: TableEncryptionV2.awsManagedKey(),
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    deletionProtection,
    removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    ...(stream && { dynamoStream: stream }),
    ...(expiresBy && { timeToLiveAttribute: expiresBy }),
  })

/** Allows actions on the items of a table and not on its indexes, which CDK's own grant would add with a wildcard. */
export const grantItems = (table: TableV2, grantee: IGrantable, ...actions: readonly `dynamodb:${string}`[]): Grant =>
  Grant.addToPrincipal({ grantee, actions: [...actions], resourceArns: [table.tableArn] })

/**
 * Allows putting items whose partition key begins in one of these ways. `ForAllValues` also holds where an engine names no
 * key, as the local emulator does; DynamoDB names one for every put, alone and in a transaction.
 */
export const grantPutOf = (table: TableV2, grantee: IGrantable, prefixes: readonly string[]): Grant =>
  Grant.addToPrincipal({
    grantee,
    actions: ['dynamodb:PutItem'],
    resourceArns: [table.tableArn],
    conditions: {
      'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': prefixes.map((prefix) => `${prefix}*`).sort() },
    },
  })
