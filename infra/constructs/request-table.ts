import { AttributeType, ProjectionType, StreamViewType, type TableV2 } from 'aws-cdk-lib/aws-dynamodb'
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam'
import { Construct } from 'constructs'
import { durableTable, grantItems, type TableProps } from './table.ts'

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

  /** Allows reading items by key, alone or in a batch. */
  grantRead(grantee: IGrantable): Grant {
    return grantItems(this.table, grantee, 'dynamodb:GetItem', 'dynamodb:BatchGetItem')
  }

  /** Allows storing an item that stands by itself, such as an evaluation. */
  grantPut(grantee: IGrantable): Grant {
    return grantItems(this.table, grantee, 'dynamodb:PutItem')
  }

  /** Allows recording what was decided: read a request, put it back on condition that nobody else has. Never delete. */
  grantDecide(grantee: IGrantable): Grant {
    return this.grantRead(grantee).combine(this.grantPut(grantee))
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
