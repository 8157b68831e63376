import { RemovalPolicy } from 'aws-cdk-lib'
import {
  AttributeType,
  Billing,
  ProjectionType,
  StreamViewType,
  TableEncryptionV2,
  TableV2,
} from 'aws-cdk-lib/aws-dynamodb'
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam'
import { Construct } from 'constructs'

type Key = { name: string; type: AttributeType }

type TableProps = {
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
const durableTable = (
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
const grantItems = (table: TableV2, grantee: IGrantable, ...actions: readonly `dynamodb:${string}`[]): Grant =>
  Grant.addToPrincipal({ grantee, actions: [...actions], resourceArns: [table.tableArn] })

/**
 * Allows putting items whose partition key begins in one of these ways. `ForAllValues` also holds where an engine names no
 * key, as the local emulator does; DynamoDB names one for every put, alone and in a transaction.
 */
const grantPutOf = (table: TableV2, grantee: IGrantable, prefixes: readonly string[]): Grant =>
  Grant.addToPrincipal({
    grantee,
    actions: ['dynamodb:PutItem'],
    resourceArns: [table.tableArn],
    conditions: {
      'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': prefixes.map((prefix) => `${prefix}*`).sort() },
    },
  })

const { STRING, NUMBER } = AttributeType

/** Sparse and of keys only: an index finds candidates, the items themselves are read strongly. None decides anything. */
const indexes = [
  { indexName: 'by-time', partitionKey: { name: 'kind', type: STRING }, sortKey: { name: 'submitted', type: STRING } },
  {
    indexName: 'by-status',
    partitionKey: { name: 'status', type: STRING },
    sortKey: { name: 'submitted', type: STRING },
  },
  {
    indexName: 'by-agent',
    partitionKey: { name: 'agent', type: STRING },
    sortKey: { name: 'submitted', type: STRING },
  },
  {
    indexName: 'by-owner',
    partitionKey: { name: 'owner', type: STRING },
    sortKey: { name: 'submitted', type: STRING },
  },
  { indexName: 'overdue', partitionKey: { name: 'overdue', type: STRING }, sortKey: { name: 'dueAt', type: NUMBER } },
  // What waits for people, and the standing permits that can be drawn from, by agent.
  { indexName: 'open', partitionKey: { name: 'openOf', type: STRING }, sortKey: { name: 'submitted', type: STRING } },
] as const
type RequestIndex = (typeof indexes)[number]['indexName']

/** Requests, and whatever must commit in one transaction with them. The truth. */
export class RequestTable extends Construct {
  readonly table: TableV2

  constructor(scope: Construct, id: string, { deletionProtection }: TableProps) {
    super(scope, id)
    this.table = durableTable(this, {
      deletionProtection,
      partitionKey: { name: 'pk', type: STRING },
      sortKey: { name: 'sk', type: STRING },
      stream: StreamViewType.NEW_AND_OLD_IMAGES,
      expiresBy: 'ttl',
    })
    for (const index of indexes)
      this.table.addGlobalSecondaryIndex({ ...index, projectionType: ProjectionType.KEYS_ONLY })
  }

  get name(): string {
    return this.table.tableName
  }

  /** Allows reading one item by its key. */
  grantRead(grantee: IGrantable): Grant {
    return grantItems(this.table, grantee, 'dynamodb:GetItem')
  }

  /** Allows reading several items by their keys at once: all that a decision rests on. */
  grantReadMany(grantee: IGrantable): Grant {
    return grantItems(this.table, grantee, 'dynamodb:BatchGetItem')
  }

  /** Allows putting items whose keys begin so, and no others. Never deleting. */
  grantPut(grantee: IGrantable, prefixes: readonly string[]): Grant {
    return grantPutOf(this.table, grantee, prefixes)
  }

  /** Allows reading all items under one key, such as the denies of a role. */
  grantQuery(grantee: IGrantable): Grant {
    return grantItems(this.table, grantee, 'dynamodb:Query')
  }

  /** Allows finding requests by these indexes and no others. */
  grantFind(grantee: IGrantable, ...names: readonly RequestIndex[]): Grant {
    return Grant.addToPrincipal({
      grantee,
      actions: ['dynamodb:Query'],
      resourceArns: names.map((name) => `${this.table.tableArn}/index/${name}`),
    })
  }
}

/** The record. No role has UpdateItem or DeleteItem on it, and none ever may: there is no grant for it. */
export class LedgerTable extends Construct {
  readonly table: TableV2

  constructor(scope: Construct, id: string, { deletionProtection }: TableProps) {
    super(scope, id)
    this.table = durableTable(this, {
      deletionProtection,
      partitionKey: { name: 'aggregate', type: AttributeType.STRING },
      sortKey: { name: 'sequence', type: AttributeType.NUMBER },
    })
  }

  get name(): string {
    return this.table.tableName
  }

  /**
   * Allows putting entries into chains whose ids begin so. IAM cannot tell an entry that is new from one that is put again
   * over another: it has no key for a put's condition. That each is new is the writer's condition; one that was replaced is
   * found by its hash (`check-chains.ts`).
   */
  grantAppend(grantee: IGrantable, chains: readonly string[]): Grant {
    return grantPutOf(this.table, grantee, chains)
  }

  /** Allows reading the entries of one aggregate in order. */
  grantRead(grantee: IGrantable): Grant {
    return grantItems(this.table, grantee, 'dynamodb:Query')
  }
}

/** Task tokens of waiting states, apart from the requests, so that showing a request can never show one. */
export class WaitTable extends Construct {
  readonly table: TableV2

  constructor(scope: Construct, id: string, { deletionProtection }: TableProps) {
    super(scope, id)
    this.table = durableTable(this, {
      deletionProtection,
      partitionKey: { name: 'requestId', type: AttributeType.STRING },
      sortKey: { name: 'wait', type: AttributeType.STRING },
      expiresBy: 'ttl',
    })
  }

  get name(): string {
    return this.table.tableName
  }

  /** Allows remembering a wait and, where it is over already, claiming its end. */
  grantRemember(grantee: IGrantable): Grant {
    return grantItems(this.table, grantee, 'dynamodb:PutItem', 'dynamodb:UpdateItem')
  }

  /** Allows finding the open waits of a request and claiming their ends. */
  grantEnd(grantee: IGrantable): Grant {
    return grantItems(this.table, grantee, 'dynamodb:Query', 'dynamodb:UpdateItem')
  }
}

/** Which Slack message shows which request, and what it showed last. */
export class CardTable extends Construct {
  readonly table: TableV2

  constructor(scope: Construct, id: string, { deletionProtection }: TableProps) {
    super(scope, id)
    this.table = durableTable(this, {
      deletionProtection,
      partitionKey: { name: 'requestId', type: AttributeType.STRING },
      sortKey: { name: 'channel', type: AttributeType.STRING },
    })
  }

  get name(): string {
    return this.table.tableName
  }

  /** Allows finding the cards of a request: what was shown to whoever decides on one. */
  grantRead(grantee: IGrantable): Grant {
    return grantItems(this.table, grantee, 'dynamodb:Query')
  }

  /** Allows finding the cards of a request and keeping what they show. */
  grantDraw(grantee: IGrantable): Grant {
    return grantItems(this.table, grantee, 'dynamodb:Query', 'dynamodb:PutItem')
  }
}
