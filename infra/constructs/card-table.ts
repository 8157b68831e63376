import { AttributeType, type TableV2 } from 'aws-cdk-lib/aws-dynamodb'
import type { Grant, IGrantable } from 'aws-cdk-lib/aws-iam'
import { Construct } from 'constructs'
import { durableTable, grantItems, type TableProps } from './table.ts'

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
