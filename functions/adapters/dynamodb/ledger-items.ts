import type { TransactWriteItem } from '@aws-sdk/client-dynamodb'
import type { Entry } from '../../domain/ledger/ledger.ts'
import { number, text } from './items.ts'

/** Puts an entry into the ledger table, only where there is none: nothing in it is ever written twice. */
export function putEntry(ledgerTable: string, entry: Entry): TransactWriteItem {
  const cut = entry.id.lastIndexOf('/')
  return {
    Put: {
      TableName: ledgerTable,
      Item: {
        aggregate: text(entry.id.slice(0, cut)),
        sequence: number(Number(entry.id.slice(cut + 1))),
        entry: text(JSON.stringify(entry)),
      },
      // `aggregate` is a reserved word of DynamoDB's expressions.
      ConditionExpression: 'attribute_not_exists(#aggregate)',
      ExpressionAttributeNames: { '#aggregate': 'aggregate' },
    },
  }
}
