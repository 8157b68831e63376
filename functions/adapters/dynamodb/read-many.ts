import { setTimeout as pause } from 'node:timers/promises'
import { BatchGetItemCommand } from '@aws-sdk/client-dynamodb'
import { StoreUnavailable } from '../../operations/faults.ts'
import { type Connection, within } from './client.ts'
import type { Item } from './items.ts'
import { orUnavailable } from './unavailable.ts'

/** One `BatchGetItem` takes no more keys. */
export const batchLimit = 100
const attempts = 6

/**
 * Reads up to a hundred items strongly, in no particular order; those that are gone are left out. A busy table answers
 * some and leaves the rest unprocessed: those are asked for again, after a pause that doubles.
 *
 * @throws StoreUnavailable when some are still unprocessed after six attempts
 */
export async function readMany(connection: Connection, table: string, keys: readonly Item[]): Promise<Item[]> {
  const read: Item[] = []
  let missing = [...keys]
  for (let attempt = 0; missing.length > 0; attempt++) {
    if (attempt === attempts) throw new StoreUnavailable('the store kept leaving items unread')
    // Half of the pause is random, so that readers who were turned away together do not come back together.
    if (attempt > 0) await pause(2 ** attempt * 10 * (0.5 + Math.random() / 2))
    const command = new BatchGetItemCommand({ RequestItems: { [table]: { Keys: missing, ConsistentRead: true } } })
    const { Responses, UnprocessedKeys } = await connection.client
      .send(command, within(connection))
      .catch(orUnavailable('read requests'))
    read.push(...(Responses?.[table] ?? []))
    missing = UnprocessedKeys?.[table]?.Keys ?? []
  }
  return read
}
