// Rules: test/infra/resources.test.ts
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
import { say } from './variables.ts'

const text = (name: string) => ({ name, type: AttributeType.STRING })
const number = (name: string) => ({ name, type: AttributeType.NUMBER })

type Kept = { deletionProtection: boolean }

/**
 * A table that outlives mistakes. A failed first deployment deletes its empty tables: otherwise each attempt would
 * leave four more, or with protection a stuck stack. So protection comes later.
 */
abstract class DurableTable extends Construct {
  readonly table: TableV2

  /** @param variable the variable with the table's name */
  constructor(scope: Construct, id: string, { deletionProtection }: Kept, variable: string, shape: TablePropsV2) {
    super(scope, id)
    this.table = new TableV2(this, 'Table', {
      ...shape,
      billing: Billing.onDemand(),
      encryption: TableEncryptionV2.awsManagedKey(),
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection,
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    })
    say(this, { [variable]: this.name })
  }

  get name(): string {
    return this.table.tableName
  }

  /** Leaves out indexes, which CDK's own grant adds by a wildcard. */
  protected allow(to: HotworkFunction, ...actions: readonly `dynamodb:${string}`[]): void {
    to.allow(actions, [this.table.tableArn])
  }

  /** `ForAllValues`, since the local emulator names no key; DynamoDB names one for every put. */
  protected allowPut(to: HotworkFunction, prefixes: readonly string[]): void {
    const keys = prefixes.map((prefix) => `${prefix}*`).sort()
    to.allow(['dynamodb:PutItem'], [this.table.tableArn], {
      'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': keys },
    })
  }
}

const submitted = text('submitted')
/**
 * The facts by which a request is found. An index includes the status only if its keys lack the month, since its
 * throttling would affect the others.
 */
const facets = ['agent', 'owner', 'action', 'task', 'resource']
const foundBy = (indexName: string, key: string, beside: readonly string[] = facets) => ({
  indexName,
  partitionKey: text(key),
  sortKey: submitted,
  nonKeyAttributes: beside.filter((each) => each !== key),
})
/** Sparse: an index only finds candidates, and the items are read strongly (ADR 0050). */
const indexes = [
  foundBy('by-time', 'kind'),
  foundBy('by-status', 'status'),
  foundBy('by-action', 'actionMonth'),
  foundBy('by-task', 'task'),
  foundBy('by-resource', 'resource', [...facets, 'status']),
  foundBy('by-agent', 'agent', [...facets, 'status']),
  foundBy('by-owner', 'owner', [...facets, 'status']),
  { indexName: 'by-id', partitionKey: text('beginning'), sortKey: text('pk') },
  { indexName: 'overdue', partitionKey: text('overdue'), sortKey: number('dueAt') },
  { indexName: 'uncompared', partitionKey: text('uncompared'), sortKey: number('endedAt') },
  // By agent: requests that wait for people, and standing permits that can be drawn from.
  { indexName: 'open', partitionKey: text('openOf'), sortKey: submitted },
]
/** The indexes that list requests by any filter. */
const history = [
  'by-time',
  'by-status',
  'by-action',
  'by-task',
  'by-resource',
  'by-agent',
  'by-owner',
  'by-id',
] as const
type RequestIndex = (typeof history)[number] | 'overdue' | 'uncompared' | 'open'

/** Requests, and everything that commits in one transaction with them. The source of truth. */
export class RequestTable extends DurableTable {
  constructor(scope: Construct, id: string, kept: Kept) {
    super(scope, id, kept, 'REQUESTS_TABLE', {
      partitionKey: text('pk'),
      sortKey: text('sk'),
      dynamoStream: StreamViewType.NEW_AND_OLD_IMAGES,
      timeToLiveAttribute: 'ttl',
      globalSecondaryIndexes: indexes.map((index) => ({
        ...index,
        projectionType: 'nonKeyAttributes' in index ? ProjectionType.INCLUDE : ProjectionType.KEYS_ONLY,
      })),
    })
  }

  grantRead(to: HotworkFunction): void {
    this.allow(to, 'dynamodb:GetItem')
  }

  /** Allows reading the registry, recertifications, the facts of a decision and the items that indexes find. */
  grantReadMany(to: HotworkFunction): void {
    this.allow(to, 'dynamodb:BatchGetItem')
  }

  /** Allows putting rows with these key prefixes, without deletion. */
  grantPut(to: HotworkFunction, prefixes: readonly string[]): void {
    this.allowPut(to, prefixes)
  }

  grantQuery(to: HotworkFunction): void {
    this.allow(to, 'dynamodb:Query')
  }

  grantSearch(to: HotworkFunction): void {
    this.grantFind(to, ...history)
  }

  grantFind(to: HotworkFunction, ...names: readonly RequestIndex[]): void {
    to.allow(
      ['dynamodb:Query'],
      names.map((name) => `${this.table.tableArn}/index/${name}`),
    )
  }
}

/** The record. There is no grant of UpdateItem or DeleteItem on it, and there must never be one. */
export class LedgerTable extends DurableTable {
  constructor(scope: Construct, id: string, kept: Kept) {
    super(scope, id, kept, 'LEDGER_TABLE', {
      partitionKey: text('aggregate'),
      sortKey: number('sequence'),
      dynamoStream: StreamViewType.NEW_IMAGE,
      globalSecondaryIndexes: [
        {
          indexName: 'by-time',
          partitionKey: text('shard'),
          sortKey: text('place'),
          projectionType: ProjectionType.INCLUDE,
          nonKeyAttributes: ['facets'],
        },
      ],
    })
  }

  /**
   * Allows putting entries. IAM cannot require that an entry is new: the writer's condition does, and a replaced entry
   * is found by its hash.
   */
  grantAppend(to: HotworkFunction, chains: readonly string[]): void {
    this.allowPut(to, chains)
  }

  grantRead(to: HotworkFunction): void {
    this.allow(to, 'dynamodb:Query')
  }

  /** Allows reading all entries, for the comparison with the log. */
  grantCompare(to: HotworkFunction): void {
    this.allow(to, 'dynamodb:BatchGetItem', 'dynamodb:Scan')
  }

  grantSearch(to: HotworkFunction): void {
    this.allow(to, 'dynamodb:BatchGetItem', 'dynamodb:Query')
    to.allow(['dynamodb:Query'], [`${this.table.tableArn}/index/by-time`])
  }
}

/**
 * Personal texts, whose entries have only commitments, so that they can be erased. The key is the commitment, which is
 * random. Only one role may delete. IAM cannot require that a put is new, but a replaced text does not match its
 * entry's commitment.
 */
export class TextTable extends DurableTable {
  constructor(scope: Construct, id: string, kept: Kept) {
    super(scope, id, kept, 'TEXTS_TABLE', {
      partitionKey: text('commitment'),
      globalSecondaryIndexes: [
        {
          indexName: 'by-person',
          partitionKey: text('person'),
          sortKey: text('commitment'),
          projectionType: ProjectionType.KEYS_ONLY,
        },
      ],
    })
  }

  grantPut(to: HotworkFunction): void {
    this.allow(to, 'dynamodb:PutItem')
  }

  grantRead(to: HotworkFunction): void {
    this.allow(to, 'dynamodb:BatchGetItem')
  }

  grantErase(to: HotworkFunction): void {
    this.allow(to, 'dynamodb:DeleteItem')
    to.allow(['dynamodb:Query'], [`${this.table.tableArn}/index/by-person`])
  }
}

/** The place of each entry in the log. It can be rebuilt from the log. */
export class LogIndexTable extends DurableTable {
  constructor(scope: Construct, id: string, kept: Kept) {
    super(scope, id, kept, 'LOG_INDEX_TABLE', { partitionKey: text('aggregate'), sortKey: number('sequence') })
  }

  grantFind(to: HotworkFunction): void {
    this.allow(to, 'dynamodb:BatchGetItem')
  }

  grantPlace(to: HotworkFunction): void {
    this.allow(to, 'dynamodb:BatchGetItem', 'dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Query')
  }
}

/** Task tokens of waiting states, apart from requests, so that showing a request cannot reveal one. */
export class WaitTable extends DurableTable {
  constructor(scope: Construct, id: string, kept: Kept) {
    const shape = { partitionKey: text('requestId'), sortKey: text('wait'), timeToLiveAttribute: 'ttl' }
    super(scope, id, kept, 'WAITS_TABLE', shape)
  }

  grantRemember(to: HotworkFunction): void {
    this.allow(to, 'dynamodb:PutItem', 'dynamodb:UpdateItem')
  }

  grantEnd(to: HotworkFunction): void {
    this.allow(to, 'dynamodb:Query', 'dynamodb:UpdateItem')
  }
}

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
