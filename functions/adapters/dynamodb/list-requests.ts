import { QueryCommand } from '@aws-sdk/client-dynamodb'
import type { AskerId, NumericDate, RequestId } from '../../domain/values.ts'
import type { Page } from '../../operations/ports.ts'
import type { RequestFilter, RequestPage, Stored } from '../../operations/requests/ports.ts'
import { type Connection, orUnavailable, within } from './client.ts'
import { batchLimit, number, readMany, text, textOf } from './items.ts'
import { idOf, indexFor, passes, requestKey, storedOf, submittedBefore, submittedKey } from './request-items.ts'

/** A page that nothing passes is given up after so many queries, and says where to go on. */
const queriesPerPage = 10

type Table = { connection: Connection; table: string }

/**
 * A page of requests, newest first. An index says which they may be, and is a moment behind; each is then read strongly
 * and held against the filter, so that what is shown is true. A page may be short and still have a `next`.
 *
 * @param page an `after` that is no place finds what sorts after it, or nothing
 */
export async function listRequests(from: Table, filter: RequestFilter, page: RequestPage): Promise<Page<Stored>> {
  const limit = Math.min(page.limit, batchLimit)
  const items: Stored[] = []
  let after = startOf(page)
  for (let query = 0; query < queriesPerPage; query++) {
    const wanted = limit - items.length
    const candidates = await queryIndex(from, filter, wanted, after)
    items.push(...(await readInOrder(from, candidates.ids)).filter((stored) => passes(filter, stored)))
    after = candidates.last
    if (after === undefined) return { items }
    if (items.length >= limit) break
  }
  return after === undefined ? { items } : { items, next: after }
}

/** Ids whose next deadline lies before `before`, oldest first. */
export async function overdueRequests(from: Table, before: NumericDate, limit: number): Promise<readonly RequestId[]> {
  const command = new QueryCommand({
    TableName: from.table,
    IndexName: 'overdue',
    KeyConditionExpression: 'overdue = :overdue AND dueAt < :before',
    ExpressionAttributeValues: { ':overdue': text('request'), ':before': number(before) },
    Limit: limit,
  })
  const { Items } = await from.connection.client
    .send(command, within(from.connection))
    .catch(orUnavailable('say what is overdue'))
  return (Items ?? []).map(idOf)
}

/** How many requests of an agent wait for people, as far as the index knows yet, counted up to `most`. */
export async function countOpen(from: Table, agent: AskerId, most: number): Promise<number> {
  const command = new QueryCommand({ ...openQuery(from.table, agent, most), Select: 'COUNT' })
  const { Count } = await from.connection.client
    .send(command, within(from.connection))
    .catch(orUnavailable('count what is open'))
  return Count ?? 0
}

/** Those requests, the oldest first, each read strongly and still pending. */
export async function openRequests(from: Table, agent: AskerId, limit: number): Promise<readonly Stored[]> {
  const command = new QueryCommand(openQuery(from.table, agent, Math.min(limit, batchLimit)))
  const { Items = [] } = await from.connection.client
    .send(command, within(from.connection))
    .catch(orUnavailable('find what is open'))
  if (Items.length === 0) return []
  const found = await readInOrder(from, Items.map(idOf))
  return found.filter(({ state }) => state.status === 'pending').toReversed()
}

const openQuery = (TableName: string, agent: AskerId, Limit: number) => ({
  TableName,
  IndexName: 'open',
  KeyConditionExpression: 'openOf = :agent',
  ExpressionAttributeValues: { ':agent': text(agent) },
  Limit,
})

/** The next candidates of an index, and the sort key to go on after, unless these were the last. */
async function queryIndex({ connection, table }: Table, filter: RequestFilter, limit: number, after?: string) {
  const { index, attribute, value } = indexFor(filter)
  const command = new QueryCommand({
    TableName: table,
    IndexName: index,
    ScanIndexForward: false,
    KeyConditionExpression: after === undefined ? '#by = :by' : '#by = :by AND submitted < :after',
    ExpressionAttributeNames: { '#by': attribute },
    ExpressionAttributeValues: { ':by': text(value), ...(after === undefined ? {} : { ':after': text(after) }) },
    Limit: limit,
  })
  const { Items = [], LastEvaluatedKey } = await connection.client
    .send(command, within(connection))
    .catch(orUnavailable('list requests'))
  const last = LastEvaluatedKey && textOf(LastEvaluatedKey, 'submitted')
  return { ids: Items.map(idOf), last }
}

async function readInOrder({ connection, table }: Table, ids: readonly RequestId[]): Promise<readonly Stored[]> {
  const stored = (await readMany(connection, table, ids.map(requestKey))).map(storedOf)
  return stored.toSorted((one, other) => (submittedKey(one.state) < submittedKey(other.state) ? 1 : -1))
}

const startOf = ({ after, before }: RequestPage): string | undefined => {
  if (after !== undefined) return placeOf(after)
  return before === undefined ? undefined : submittedBefore(before)
}

/** Anything that is no place is one before everything: an empty or oversized key would be an error to DynamoDB. */
export const placeOf = (after: string): string => (/^\d{10}#/.test(after) && after.length <= 64 ? after : '!')
