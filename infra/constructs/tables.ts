import { RemovalPolicy } from 'aws-cdk-lib'
import {
  AttributeType,
  Billing,
  ProjectionType,
  StreamViewType,
  TableEncryptionV2,
  type TablePropsV2,
  TableV2,
} from 'aws-cdk-lib/aws-dynamodb'
import { Construct } from 'constructs'
import type { HotworkFunction } from './hotwork-function.ts'

const text = (name: string) => ({ name, type: AttributeType.STRING })
const number = (name: string) => ({ name, type: AttributeType.NUMBER })

type Kept = { deletionProtection: boolean }

/**
 * A table that outlives mistakes: point-in-time recovery, kept when its stack goes or another takes its place. The four of
 * them are apart so that plain table grants say who may touch what.
 *
 * A first deployment that fails takes its empty tables with it: kept, each attempt would leave four more, and protected,
 * a stack that can neither go on nor be deleted. So protection comes afterwards.
 *
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-attribute-deletionpolicy.html
 */
abstract class DurableTable extends Construct {
  readonly table: TableV2
  readonly #variable: string

  /** @param variable the variable by which a function is told the table's name */
  constructor(scope: Construct, id: string, { deletionProtection }: Kept, variable: string, shape: TablePropsV2) {
    super(scope, id)
    this.#variable = variable
    this.table = new TableV2(this, 'Table', {
      ...shape,
      billing: Billing.onDemand(),
      encryption: TableEncryptionV2.awsManagedKey(),
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection,
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    })
  }

  get name(): string {
    return this.table.tableName
  }

  /** Allows nothing. */
  tell(to: HotworkFunction): void {
    to.tell({ [this.#variable]: this.name })
  }

  /** Not on its indexes, which CDK's own grant would add with a wildcard. */
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

const submitted = text('submitted')
/** Sparse and of keys only: an index finds candidates, the items themselves are read strongly. None decides anything. */
const indexes = [
  { indexName: 'by-time', partitionKey: text('kind'), sortKey: submitted },
  { indexName: 'by-status', partitionKey: text('status'), sortKey: submitted },
  { indexName: 'by-agent', partitionKey: text('agent'), sortKey: submitted },
  { indexName: 'by-owner', partitionKey: text('owner'), sortKey: submitted },
  { indexName: 'overdue', partitionKey: text('overdue'), sortKey: number('dueAt') },
  // What waits for people, and the standing permits that can be drawn from, by agent.
  { indexName: 'open', partitionKey: text('openOf'), sortKey: submitted },
] as const
type RequestIndex = (typeof indexes)[number]['indexName']

/** Requests, and all that commits in one transaction with them. The truth. */
export class RequestTable extends DurableTable {
  constructor(scope: Construct, id: string, kept: Kept) {
    super(scope, id, kept, 'REQUESTS_TABLE', {
      partitionKey: text('pk'),
      sortKey: text('sk'),
      dynamoStream: StreamViewType.NEW_AND_OLD_IMAGES,
      timeToLiveAttribute: 'ttl',
      globalSecondaryIndexes: indexes.map((index) => ({ ...index, projectionType: ProjectionType.KEYS_ONLY })),
    })
  }

  grantRead(to: HotworkFunction): void {
    this.allow(to, 'dynamodb:GetItem')
  }

  /** Beside one: all that a decision rests on. */
  grantReadMany(to: HotworkFunction): void {
    this.allow(to, 'dynamodb:GetItem', 'dynamodb:BatchGetItem')
  }

  /** Never deleting. */
  grantPut(to: HotworkFunction, prefixes: readonly string[]): void {
    this.allowPut(to, prefixes)
  }

  /** All items under one key, such as the denies of a role. */
  grantQuery(to: HotworkFunction): void {
    this.allow(to, 'dynamodb:Query')
  }

  /** By these indexes and no others. */
  grantFind(to: HotworkFunction, ...names: readonly RequestIndex[]): void {
    to.allow(
      ['dynamodb:Query'],
      names.map((name) => `${this.table.tableArn}/index/${name}`),
    )
  }
}

/** The record. No role has UpdateItem or DeleteItem on it, and none ever may: there is no grant for it. */
export class LedgerTable extends DurableTable {
  constructor(scope: Construct, id: string, kept: Kept) {
    super(scope, id, kept, 'LEDGER_TABLE', { partitionKey: text('aggregate'), sortKey: number('sequence') })
  }

  /**
   * Allows putting entries into chains whose ids begin so. IAM has no key for a put's condition, so that an entry is new is
   * the writer's condition; one that was replaced is found by its hash (`check-chains.ts`).
   */
  grantAppend(to: HotworkFunction, chains: readonly string[]): void {
    this.allowPut(to, chains)
  }

  grantRead(to: HotworkFunction): void {
    this.allow(to, 'dynamodb:Query')
  }
}

/** Task tokens of waiting states, apart from the requests, so that showing a request can never show one. */
export class WaitTable extends DurableTable {
  constructor(scope: Construct, id: string, kept: Kept) {
    const shape = { partitionKey: text('requestId'), sortKey: text('wait'), timeToLiveAttribute: 'ttl' }
    super(scope, id, kept, 'WAITS_TABLE', shape)
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
  constructor(scope: Construct, id: string, kept: Kept) {
    super(scope, id, kept, 'CARDS_TABLE', { partitionKey: text('requestId'), sortKey: text('channel') })
  }

  grantRead(to: HotworkFunction): void {
    this.allow(to, 'dynamodb:Query')
  }

  grantDraw(to: HotworkFunction): void {
    this.allow(to, 'dynamodb:Query', 'dynamodb:PutItem')
  }
}
