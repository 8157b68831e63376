import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { patient } from '../../../functions/adapters/dynamodb/client.ts'
import { DynamoLedgerStore } from '../../../functions/adapters/dynamodb/ledger-store.ts'
import { DynamoRequestStore } from '../../../functions/adapters/dynamodb/request-store.ts'
import { Table } from '../../../functions/adapters/dynamodb/table.ts'
import { noEntries } from '../../../functions/domain/ledger/ledger.ts'

/** No write follows the answer "nothing was recorded" to a click. */

/** A client that finds nothing and keeps its commands. */
function client() {
  const sent: string[] = []
  const answer = async ({ constructor: { name } }: object) => {
    sent.push(name)
    return {}
  }
  return { sent, client: { send: answer } as unknown as DynamoDBClient }
}
const key = { pk: 'SEEN#1', sk: 'ONCE' }

test('a table whose time is over still reads, but starts no write', async () => {
  const { sent, client: to } = client()
  let isTime = true
  const table = new Table({ client: to, patience: patient, mayStart: () => isTime }, 'requests')
  const writes = [
    () => table.put(table.putting(key), 'put'),
    () => table.update(key, 'SET a = :a', 'attribute_exists(pk)', { a: 1 }, 'update'),
    () => table.delete(key, 'delete'),
    () => table.transact([table.putting(key)], 'transact'),
  ]
  for (const write of writes) await write()
  expect(sent).toEqual(['PutItemCommand', 'UpdateItemCommand', 'DeleteItemCommand', 'TransactWriteItemsCommand'])
  isTime = false
  for (const write of writes) await expect(write()).rejects.toMatchObject({ name: 'NotInTime' })
  await table.get(key, 'read')
  expect(sent.slice(4)).toEqual(['GetItemCommand'])
})

test('a store whose time is over refuses to write as late, not as unavailable', async () => {
  const { sent, client: to } = client()
  const connection = { client: to, patience: patient, mayStart: () => false }
  const tables = { requests: 'requests', ledger: 'ledger' }
  const once = { key: 'SEEN#1', value: 'seen', expiresAt: 1 }
  await expect(new DynamoRequestStore(connection, tables).putOnce(once)).rejects.toMatchObject({ name: 'NotInTime' })
  const append = new DynamoLedgerStore(connection, tables).append('person:ana', noEntries, [], noEntries, [once])
  await expect(append).rejects.toMatchObject({ name: 'NotInTime' })
  expect(sent).toEqual([])
})
