import { AttributeType, type TableV2 } from 'aws-cdk-lib/aws-dynamodb'
import type { Grant, IGrantable } from 'aws-cdk-lib/aws-iam'
import { Construct } from 'constructs'
import { durableTable, grantItems, type TableProps } from './table.ts'

/** The append-only record. No role has UpdateItem or DeleteItem on it, and none ever may: there is no grant for it. */
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

  /** Allows adding entries. That each is new is the writer's condition; that none is changed is checked by its hash. */
  grantAppend(grantee: IGrantable): Grant {
    return grantItems(this.table, grantee, 'dynamodb:PutItem')
  }

  /** Allows reading the entries of one aggregate in order. */
  grantRead(grantee: IGrantable): Grant {
    return grantItems(this.table, grantee, 'dynamodb:Query')
  }
}
