import { AttributeType, type TableV2 } from 'aws-cdk-lib/aws-dynamodb'
import type { Grant, IGrantable } from 'aws-cdk-lib/aws-iam'
import { Construct } from 'constructs'
import { durableTable, grantItems, grantPutOf, type TableProps } from './table.ts'

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
