import { AttributeType, ProjectionType, StreamViewType, type TableV2 } from 'aws-cdk-lib/aws-dynamodb'
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam'
import { Construct } from 'constructs'
import { durableTable, grantItems, grantPutOf, type TableProps } from './table.ts'

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
export type RequestIndex = (typeof indexes)[number]['indexName']

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
