import { RemovalPolicy } from 'aws-cdk-lib'
import {
  AttributeType,
  Billing,
  ProjectionType,
  StreamViewType,
  TableEncryptionV2,
  TableV2,
} from 'aws-cdk-lib/aws-dynamodb'
import { Construct } from 'constructs'
import type { HotworkFunction } from './hotwork-function.ts'

const { STRING, NUMBER } = AttributeType
type Key = { name: string; type: AttributeType }

type TableProps = {
  /** Whether an administrator must lift protection before the table can be deleted. */
  deletionProtection: boolean
}
type Shape = {
  /** The variable by which a function is told the table's name. */
  variable: string
  partitionKey: Key
  sortKey: Key
  stream?: StreamViewType
  expiresBy?: 'ttl'
}

/**
 * A table that outlives mistakes: point-in-time recovery, kept when its stack goes or another takes its place, and, once the
 * deployer says so, deletion protection. The four of them are apart so that plain table grants say who may touch what.
 *
 * A first deployment that fails is rolled back, and takes its empty tables with it: kept, each attempt would leave four more.
 * Protection would stop that too, and leave a stack that can neither go on nor be deleted, so it comes afterwards.
 *
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-attribute-deletionpolicy.html
 */
abstract class DurableTable extends Construct {
  readonly table: TableV2
  readonly #variable: string

  constructor(scope: Construct, id: string, { deletionProtection }: TableProps, shape: Shape) {
    super(scope, id)
    const { variable, partitionKey, sortKey, stream, expiresBy } = shape
    this.#variable = variable
    this.table = new TableV2(this, 'Table', {
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
  }

  get name(): string {
    return this.table.tableName
  }

  /** Tells a function the table's name, and allows nothing. */
  tell(to: HotworkFunction): void {
    to.tell({ [this.#variable]: this.name })
  }

  /** Allows actions on the table's items and not on its indexes, which CDK's own grant would add with a wildcard. */
  protected allow(to: HotworkFunction, ...actions: readonly `dynamodb:${string}`[]): void {
    this.tell(to)
    to.allow(actions, [this.table.tableArn])
  }

  /**
   * Allows putting items whose partition key begins in one of these ways. `ForAllValues` also holds where an engine names no
   * key, as the local emulator does; DynamoDB names one for every put, alone and in a transaction.
   */
  protected allowPut(to: HotworkFunction, prefixes: readonly string[]): void {
    this.tell(to)
    const keys = prefixes.map((prefix) => `${prefix}*`).sort()
    to.allow(['dynamodb:PutItem'], [this.table.tableArn], {
      'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': keys },
    })
  }
}

const submitted = { name: 'submitted', type: STRING }
/** Sparse and of keys only: an index finds candidates, the items themselves are read strongly. None decides anything. */
const indexes = [
  { indexName: 'by-time', partitionKey: { name: 'kind', type: STRING }, sortKey: submitted },
  { indexName: 'by-status', partitionKey: { name: 'status', type: STRING }, sortKey: submitted },
  { indexName: 'by-agent', partitionKey: { name: 'agent', type: STRING }, sortKey: submitted },
  { indexName: 'by-owner', partitionKey: { name: 'owner', type: STRING }, sortKey: submitted },
  { indexName: 'overdue', partitionKey: { name: 'overdue', type: STRING }, sortKey: { name: 'dueAt', type: NUMBER } },
  // What waits for people, and the standing permits that can be drawn from, by agent.
  { indexName: 'open', partitionKey: { name: 'openOf', type: STRING }, sortKey: submitted },
] as const
type RequestIndex = (typeof indexes)[number]['indexName']

/** Requests, and all that commits in one transaction with them. The truth. */
export class RequestTable extends DurableTable {
  constructor(scope: Construct, id: string, props: TableProps) {
    super(scope, id, props, {
      variable: 'REQUESTS_TABLE',
      partitionKey: { name: 'pk', type: STRING },
      sortKey: { name: 'sk', type: STRING },
      stream: StreamViewType.NEW_AND_OLD_IMAGES,
      expiresBy: 'ttl',
    })
    for (const index of indexes)
      this.table.addGlobalSecondaryIndex({ ...index, projectionType: ProjectionType.KEYS_ONLY })
  }

  /** Allows reading one item by its key. */
  grantRead(to: HotworkFunction): void {
    this.allow(to, 'dynamodb:GetItem')
  }

  /** Allows reading several items by their keys at once, beside one: all that a decision rests on. */
  grantReadMany(to: HotworkFunction): void {
    this.allow(to, 'dynamodb:GetItem', 'dynamodb:BatchGetItem')
  }

  /** Allows putting items whose keys begin so, and no others. Never deleting. */
  grantPut(to: HotworkFunction, prefixes: readonly string[]): void {
    this.allowPut(to, prefixes)
  }

  /** Allows reading all items under one key, such as the denies of a role. */
  grantQuery(to: HotworkFunction): void {
    this.allow(to, 'dynamodb:Query')
  }

  /** Allows finding requests by these indexes and no others. */
  grantFind(to: HotworkFunction, ...names: readonly RequestIndex[]): void {
    to.allow(
      ['dynamodb:Query'],
      names.map((name) => `${this.table.tableArn}/index/${name}`),
    )
  }
}

/** The record. No role has UpdateItem or DeleteItem on it, and none ever may: there is no grant for it. */
export class LedgerTable extends DurableTable {
  constructor(scope: Construct, id: string, props: TableProps) {
    super(scope, id, props, {
      variable: 'LEDGER_TABLE',
      partitionKey: { name: 'aggregate', type: STRING },
      sortKey: { name: 'sequence', type: NUMBER },
    })
  }

  /**
   * Allows putting entries into chains whose ids begin so. IAM cannot tell an entry that is new from one that is put again
   * over another: it has no key for a put's condition. That each is new is the writer's condition; one that was replaced is
   * found by its hash (`check-chains.ts`).
   */
  grantAppend(to: HotworkFunction, chains: readonly string[]): void {
    this.allowPut(to, chains)
  }

  /** Allows reading the entries of one aggregate in order. */
  grantRead(to: HotworkFunction): void {
    this.allow(to, 'dynamodb:Query')
  }
}

/** Task tokens of waiting states, apart from the requests, so that showing a request can never show one. */
export class WaitTable extends DurableTable {
  constructor(scope: Construct, id: string, props: TableProps) {
    super(scope, id, props, {
      variable: 'WAITS_TABLE',
      partitionKey: { name: 'requestId', type: STRING },
      sortKey: { name: 'wait', type: STRING },
      expiresBy: 'ttl',
    })
  }

  /** Allows remembering a wait and, where it is over already, claiming its end. */
  grantRemember(to: HotworkFunction): void {
    this.allow(to, 'dynamodb:PutItem', 'dynamodb:UpdateItem')
  }

  /** Allows finding the open waits of a request and claiming their ends. */
  grantEnd(to: HotworkFunction): void {
    this.allow(to, 'dynamodb:Query', 'dynamodb:UpdateItem')
  }
}

/** Which Slack message shows which request, and what it showed last. */
export class CardTable extends DurableTable {
  constructor(scope: Construct, id: string, props: TableProps) {
    super(scope, id, props, {
      variable: 'CARDS_TABLE',
      partitionKey: { name: 'requestId', type: STRING },
      sortKey: { name: 'channel', type: STRING },
    })
  }

  /** Allows finding the cards of a request: what its approvers were shown. */
  grantRead(to: HotworkFunction): void {
    this.allow(to, 'dynamodb:Query')
  }

  /** Allows finding the cards of a request and keeping what they show. */
  grantDraw(to: HotworkFunction): void {
    this.allow(to, 'dynamodb:Query', 'dynamodb:PutItem')
  }
}
