import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { patient } from '../../../functions/adapters/dynamodb/client.ts'
import { DynamoLedgerStore } from '../../../functions/adapters/dynamodb/ledger-store.ts'
import { DynamoRequestStore } from '../../../functions/adapters/dynamodb/request-store.ts'
import { Table } from '../../../functions/adapters/dynamodb/table.ts'
import { noEntries } from '../../../functions/domain/ledger/ledger.ts'

/** A click that was answered "nothing was recorded" writes nothing afterwards. */

/** A client that answers nothing is there, and keeps what it was asked. */
function client() {
  const sent: string[] = []
  const answer = async ({ constructor: { name } }: object) => {
    sent.push(name)
    return {}
  }
  return { sent, client: { send: answer } as unknown as DynamoDBClient }
}
const key = { pk: 'SEEN#1', sk: 'ONCE' }

test('a table whose time is over reads and starts no write', async () => {
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

test('stores over it say so of what they are to write, and not that the store is unavailable', async () => {
  const { sent, client: to } = client()
  const connection = { client: to, patience: patient, mayStart: () => false }
  const tables = { requests: 'requests', ledger: 'ledger' }
  const once = { key: 'SEEN#1', value: 'seen', expiresAt: 1 }
  await expect(new DynamoRequestStore(connection, tables).putOnce(once)).rejects.toMatchObject({ name: 'NotInTime' })
  const append = new DynamoLedgerStore(connection, tables).append('person:ana', noEntries, [], noEntries, [once])
  await expect(append).rejects.toMatchObject({ name: 'NotInTime' })
  expect(sent).toEqual([])
})
