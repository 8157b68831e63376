import { AttributeType, type TableV2 } from 'aws-cdk-lib/aws-dynamodb'
import type { Grant, IGrantable } from 'aws-cdk-lib/aws-iam'
import { Construct } from 'constructs'
import { durableTable, grantItems, type TableProps } from './table.ts'

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
