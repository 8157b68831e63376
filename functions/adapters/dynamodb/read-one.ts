import { GetItemCommand } from '@aws-sdk/client-dynamodb'
import { type Connection, within } from './client.ts'
import type { Item } from './items.ts'
import { orUnavailable } from './unavailable.ts'

/**
 * Reads one item strongly, or nothing where there is none.
 *
 * @param trying what for, in a fault's message
 * @throws StoreUnavailable
 */
export async function readOne(
  connection: Connection,
  table: string,
  Key: Item,
  trying: string,
): Promise<Item | undefined> {
  const command = new GetItemCommand({ TableName: table, Key, ConsistentRead: true })
  const { Item } = await connection.client.send(command, within(connection)).catch(orUnavailable(trying))
  return Item
}
