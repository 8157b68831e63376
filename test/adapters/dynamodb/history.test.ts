import type { QueryCommandInput } from '@aws-sdk/client-dynamodb'
import { connect } from '../../../functions/adapters/dynamodb/client.ts'
import { DynamoRequestStore } from '../../../functions/adapters/dynamodb/request-store.ts'
import type { RequestFilter } from '../../../functions/domain/requests/request-facets.ts'
import type { Stored } from '../../../functions/operations/record/ports.ts'
import { submittedAt } from '../../support/ask.ts'
import { manyRequests, seedRequests } from '../../support/requests/many-requests.ts'
import { useAws } from '../emulator.ts'
import { makeTables } from './tables.ts'

/** The reads of a page of history are counted, which holds on AWS too. Times are in `npm run bench -- --only history`. */

useAws()

const span = { count: 1700, from: Date.parse('2026-01-01T00:00:00Z') / 1000, to: submittedAt }
const all = [...manyRequests(span)].toReversed()
const some = all[700]?.ask as NonNullable<(typeof all)[number]>['ask']
/** Months from the first of 2026 to January 2027. */
const months = 13
/** The most rows that a page reads. */
const mostRows = 1500

let requests: DynamoRequestStore
let calls: { command: string; partition: string | undefined; rows: number }[]
beforeAll(async () => {
  const [connection, tables] = [connect(), await makeTables()]
  await seedRequests(connection.client, tables.requests, span)
  connection.client.middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        const answer = await next(args)
        const { ExpressionAttributeValues: values } = args.input as QueryCommandInput
        calls.push({
          command: String(commandName),
          partition: values?.[':value']?.S,
          rows: (answer.output as { ScannedCount?: number }).ScannedCount ?? 0,
        })
        return answer
      },
    { step: 'initialize' },
  )
  requests = new DynamoRequestStore(connection, tables, () => submittedAt)
}, 180_000)
beforeEach(() => {
  calls = []
})

const passing = (test: (state: (typeof all)[number]) => boolean) => all.filter(test).map(({ ask }) => ask.id)
const idsOf = (items: readonly Stored[]) => items.map(({ state }) => state.ask.id)

const filters: readonly [
  what: string,
  filter: RequestFilter,
  queries: number,
  (state: (typeof all)[number]) => boolean,
][] = [
  ['no filter', {}, 2, () => true],
  ['pending requests', { status: 'pending' }, 1, ({ status }) => status === 'pending'],
  ['denied requests', { status: 'denied' }, 4, ({ status }) => status === 'denied'],
  // Its own requests, and those that were delegated to it.
  ['an agent', { agent: some.agent.id }, 2, ({ ask }) => ask.agent.id === some.agent.id],
  [
    'an agent and withdrawn requests',
    { agent: some.agent.id, status: 'withdrawn' },
    2,
    ({ ask, status }) => ask.agent.id === some.agent.id && status === 'withdrawn',
  ],
  ['an owner', { owner: some.owner }, 1, ({ ask }) => ask.owner === some.owner],
  ['a task', { task: some.parentTask.id }, 1, ({ ask }) => ask.parentTask.id === some.parentTask.id],
  ['a resource', { resource: some.resource.id }, 1, ({ ask }) => ask.resource.id === some.resource.id],
  ['an action', { action: some.action }, months, ({ ask }) => ask.action === some.action],
  ['a day', { since: submittedAt - 86_400 }, 1, ({ submittedAt: at }) => at >= submittedAt - 86_400],
  ['an id', { search: some.id.slice(0, 12) }, 1, ({ ask }) => ask.id === some.id],
  ['words', { search: `SSM ${some.parentTask.id}` }, months, ({ ask }) => ask.parentTask.id === some.parentTask.id],
  ['a word without a match', { search: 'nowhere' }, months, () => false],
]

test.each(filters)('a page by %s finds the newest, and never scans', async (_what, filter, queries, isFound) => {
  const { items } = await requests.list(filter, { limit: 50 })
  expect(idsOf(items)).toEqual(passing(isFound).slice(0, 50))
  expect(calls.map(({ command }) => command)).not.toContain('ScanCommand')
  expect(calls.filter(({ command }) => command === 'QueryCommand').length).toBeLessThanOrEqual(queries)
  // Each candidate is read once, a hundred at a time.
  expect(calls.filter(({ command }) => command === 'BatchGetItemCommand').length).toBeLessThanOrEqual(queries)
  expect(calls.reduce((sum, { rows }) => sum + rows, 0)).toBeLessThanOrEqual(mostRows + 1)
})

test('the ids of pending requests are one query of an index, and read no request', async () => {
  const pending = passing(({ status }) => status === 'pending')
  expect(await requests.pendingIds(300)).toEqual(pending.slice(0, 300))
  expect(calls.map(({ command }) => command)).toEqual(['QueryCommand'])
})

test('a list has each request once, and a page reads no more rows than it needs', async () => {
  const found: string[] = []
  let after: string | undefined
  do {
    calls = []
    const page = await requests.list({}, { limit: 100, ...(after === undefined ? {} : { after }) })
    found.push(...idsOf(page.items))
    after = page.next
    expect(calls.reduce((sum, { rows }) => sum + rows, 0)).toBeLessThanOrEqual(2 * 101)
  } while (after !== undefined)
  expect(found).toEqual(passing(() => true))
})

test('a search without a match reads each partition once a page, up to the end', async () => {
  const pages: number[] = []
  let after: string | undefined
  do {
    calls = []
    const { items, next } = await requests.list(
      { search: 'nowhere' },
      { limit: 50, ...(after === undefined ? {} : { after }) },
    )
    expect(items).toEqual([])
    expect(new Set(calls.map(({ partition }) => partition)).size).toBe(calls.length)
    pages.push(calls.reduce((sum, { rows }) => sum + rows, 0))
    after = next
  } while (after !== undefined && pages.length < 5)
  expect(pages).toEqual([mostRows + 1, expect.any(Number)])
  expect(pages[1]).toBeLessThanOrEqual(all.length - mostRows)
})
