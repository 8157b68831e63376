import { type Connection, connect } from '../../../functions/adapters/dynamodb/client.ts'
import { DynamoGroupReadings } from '../../../functions/adapters/dynamodb/group-readings.ts'
import { DynamoLedgerIndex } from '../../../functions/adapters/dynamodb/ledger-index.ts'
import { DynamoLedgerStore } from '../../../functions/adapters/dynamodb/ledger-store.ts'
import { DynamoRequestStore } from '../../../functions/adapters/dynamodb/request-store.ts'
import { inOneOrder, inShard, shardsOf, withoutShard } from '../../../functions/adapters/dynamodb/shards.ts'
import { DynamoTextStore } from '../../../functions/adapters/dynamodb/text-store.ts'
import { chainEntries, noEntries } from '../../../functions/domain/ledger/ledger.ts'
import { commitmentTo } from '../../../functions/domain/ledger/texts.ts'
import { overdueAt } from '../../../functions/domain/requests/due.ts'
import type { RequestFilter } from '../../../functions/domain/requests/request-facets.ts'
import type { AgentId } from '../../../functions/domain/values.ts'
import { bundle, person, submittedAt } from '../../support/ask.ts'
import { manyRequests } from '../../support/requests/many-requests.ts'
import { useAws } from '../emulator.ts'
import { makeTables, type Tables } from './tables.ts'

test('a single shard is the value itself, and a higher number includes the shards of a lower one', () => {
  expect(shardsOf('pending', 1)).toEqual(['pending'])
  expect(shardsOf('pending', 3)).toEqual(['pending', 'pending~1', 'pending~2'])
  expect(inShard('pending', 'req_1', 1)).toBe('pending')
  expect(withoutShard('agent:builder~12')).toBe('agent:builder')
})

test('ids spread evenly over the shards', () => {
  const counts = new Map<string, number>()
  for (let n = 0; n < 16_000; n++) {
    const shard = inShard('x', `req_${n}`, 16)
    counts.set(shard, (counts.get(shard) ?? 0) + 1)
  }
  expect(counts.size).toBe(16)
  expect(Math.max(...counts.values())).toBeLessThan(1150)
})

test('rows of several shards are merged up to where every shard has been read', () => {
  const row = (at: string) => ({ at: { S: at } })
  const [full, cut] = [{ items: [row('9'), row('3')] }, { items: [row('8'), row('5')], last: row('5') }]
  expect(inOneOrder([full, cut], 'at', true)).toEqual({ items: [row('9'), row('8'), row('5')], more: true })
  expect(inOneOrder([full, { items: [] }], 'at', false)).toEqual({ items: [row('3'), row('9')], more: false })
})

describe('after the number of shards was raised', () => {
  useAws()
  const states = [...manyRequests({ count: 120, from: submittedAt - 40 * 86_400, to: submittedAt })].toReversed()
  let [connection, tables] = [{} as Connection, {} as Tables]
  const at = (shards: number) => ({ ...connection, shards })
  const storeAt = (shards: number) => new DynamoRequestStore(at(shards), tables, () => submittedAt)
  beforeAll(async () => {
    ;[connection, tables] = [connect(), await makeTables()]
    // The older ones were written before the number was raised.
    for (const [n, state] of states.entries()) {
      const head = { sequence: 1, hash: 'sha-256:seeded' }
      await storeAt(n < 60 ? 4 : 1).commit({ id: state.ask.id, expected: noEntries, state, entries: [], head })
    }
  }, 180_000)

  async function walk(shards: number, filter: RequestFilter): Promise<readonly string[]> {
    const found: string[] = []
    for (let after: string | undefined; ; ) {
      const { items, next } = await storeAt(shards).list(filter, {
        limit: 7,
        ...(after === undefined ? {} : { after }),
      })
      found.push(...items.map(({ state }) => state.ask.id))
      if (next === undefined) return found
      after = next
    }
  }

  const some = states[50]?.ask as (typeof states)[number]['ask']
  test.each<[string, RequestFilter, (state: (typeof states)[number]) => boolean]>([
    ['all requests', {}, () => true],
    ['pending requests', { status: 'pending' }, ({ status }) => status === 'pending'],
    ['expired requests', { status: 'expired' }, ({ status }) => status === 'expired'],
    ['requests of an agent', { agent: some.agent.id }, ({ ask }) => ask.agent.id === some.agent.id],
    ['requests of an owner', { owner: some.owner }, ({ ask }) => ask.owner === some.owner],
    ['requests of an action', { action: some.action }, ({ ask }) => ask.action === some.action],
    ['requests by a word', { search: 'ssm' }, () => true],
  ])('%s are all found, page by page, the newest first', async (_what, filter, isFound) => {
    expect(await walk(4, filter)).toEqual(states.filter(isFound).map(({ ask }) => ask.id))
  })

  test('a lower number of shards hides the rows beyond it', async () => {
    const found = await walk(1, {})
    expect(found).toEqual(expect.arrayContaining(states.slice(60).map(({ ask }) => ask.id)))
    expect(found.length).toBeLessThan(states.length - 30)
  })

  test('overdue requests are all found, the oldest first', async () => {
    const due = states
      .flatMap((state) => ({ id: state.ask.id, at: overdueAt(state) ?? Number.POSITIVE_INFINITY }))
      .filter((each) => Number.isFinite(each.at))
    const found = await storeAt(4).overdue(submittedAt + 10 * 86_400, 500)
    expect(found.toSorted()).toEqual(due.map(({ id }) => id).toSorted())
    const times = new Map(due.map((each) => [each.id, each.at]))
    const inTime = found.map((id) => times.get(id) as number)
    expect(inTime).toEqual(inTime.toSorted((one, other) => one - other))
    expect(await storeAt(4).overdue(submittedAt + 10 * 86_400, 5)).toEqual(found.slice(0, 5))
  })

  test('entries of the ledger are all found', async () => {
    const ids: string[] = []
    for (const [n, shards] of [1, 1, 1, 4, 4, 4, 4, 4].entries()) {
      const agent = `agent:a-${n}` as AgentId
      const refused = {
        ...{ type: 'Refused' as const, at: submittedAt + n, actor: { type: 'agent' as const, id: agent } },
        ...{ policies: [], bundle, attempted: 'evaluate' as const, code: 'policy_denied' as const },
      }
      const { entries, head } = chainEntries(agent, noEntries, [refused], undefined)
      expect(await new DynamoLedgerStore(at(shards), tables).append(agent, noEntries, entries, head)).toBe(true)
      ids.push(...entries.map(({ id }) => id))
    }
    const { entries } = await new DynamoLedgerIndex(at(4), tables).search({}, { limit: 100 })
    expect(entries.map(({ id }) => id)).toEqual(ids)
  })

  test('a new copy of a group has no members until the next answer of its source', async () => {
    const said = (readAt: number, who: string) => ({
      ...{ source: 'pager PONCALL 1', members: [{ person: person(who), until: readAt + 60 }] },
      ...{ readAt, holdsUntil: readAt + 900 },
    })
    const read = async () => {
      const all = await Promise.all(
        Array.from({ length: 60 }, () => storeAt(4).dependencies([], [], { groups: ['sre'] })),
      )
      return new Set(all.map(({ readings }) => readings?.['sre']?.members[0]?.person))
    }
    await new DynamoGroupReadings(at(1), tables.requests).save('sre', said(submittedAt, 'ana'))
    expect(await read()).toEqual(new Set([person('ana'), undefined]))
    expect(await new DynamoGroupReadings(at(4), tables.requests).save('sre', said(submittedAt + 60, 'eve'))).toBe(true)
    expect(await read()).toEqual(new Set([person('eve')]))
  })

  test('texts of a person are all found for an erasure', async () => {
    const [state] = states
    if (!state) throw new Error('none')
    const texts = Array.from({ length: 9 }, (_, n) => {
      const salt = `salt ${n}`
      return { commitment: commitmentTo('text', salt), person: person('ana'), text: 'text', salt }
    })
    for (const [n, text] of texts.entries()) {
      const [head, expected] = [n + 2, n + 1].map((sequence) => ({ sequence, hash: 'sha-256:seeded' }))
      if (!head || !expected) throw new Error('none')
      const change = { id: state.ask.id, expected, state, entries: [], head, texts: [text] }
      expect(await storeAt(n < 3 ? 1 : 4).commit(change)).toEqual({ outcome: 'committed' })
    }
    const store = new DynamoTextStore(at(4), tables.texts)
    const found: string[] = []
    for (let after: string | undefined; ; ) {
      const page = await store.ofPerson(person('ana'), { limit: 4, ...(after === undefined ? {} : { after }) })
      found.push(...page.found)
      if (page.next === undefined) break
      after = page.next
    }
    expect(found).toEqual(texts.map(({ commitment }) => commitment as string).toSorted())
  })
})
