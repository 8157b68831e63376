import { connect } from '../../../functions/adapters/dynamodb/client.ts'
import {
  anyHaltKey,
  DynamoHaltStore,
  haltCopies,
  haltCopyKey,
  haltedKey,
  haltsOf,
  mostNamed,
} from '../../../functions/adapters/dynamodb/halt-store.ts'
import { itemOf } from '../../../functions/adapters/dynamodb/items.ts'
import { DynamoRequestStore } from '../../../functions/adapters/dynamodb/request-store.ts'
import { Table } from '../../../functions/adapters/dynamodb/table.ts'
import type { HaltTarget } from '../../../functions/domain/halts/halt.ts'
import { evolveHalt, type HaltEvent, withHalt } from '../../../functions/domain/halts/halt.ts'
import { chainEntries, type Head, noEntries, verifyHalt } from '../../../functions/domain/ledger/ledger.ts'
import type { AgentId, HaltId } from '../../../functions/domain/values.ts'
import type { HaltChange, StoredHalts } from '../../../functions/operations/halts/ports.ts'
import { person, requestId, sampleAsk, submittedAt } from '../../support/ask.ts'
import { useAws } from '../emulator.ts'
import { submission } from './commits.ts'
import { onBothStores } from './stores.ts'
import { makeTables } from './tables.ts'

const target: HaltTarget = { kind: 'agent', value: 'agent:remediator' as AgentId }
const other: HaltTarget = { kind: 'all', value: 'all' }
const haltId = (n: number) => `hlt_${String(n).padStart(26, '0')}` as HaltId

const common = (who: string, after: number) => ({
  at: submittedAt + after,
  actor: { type: 'person' as const, id: person(who) },
  policies: ['security-revokes'],
  bundle: 'sha-256:bundle',
})
const halted = (of: HaltTarget = target): HaltEvent => ({
  ...common('gus', 1),
  type: 'Halted',
  target: of,
  reason: 'it went wild',
})
const lifted: HaltEvent = { ...common('hana', 60), type: 'Lifted' }

/** The change that an operation saves when it declares or lifts a halt. */
function changeOf(id: HaltId, event: HaltEvent, before: StoredHalts, last: Head = noEntries): HaltChange {
  const halt = evolveHalt(
    id,
    before.halts.find((each) => each.id === id),
    event,
  )
  const { entries, head } = chainEntries(id, last, [event], undefined)
  const expected = { version: before.version, head: last }
  return { halt, expected, halts: withHalt(before.halts, halt, event.at), entries, head }
}

onBothStores('the halt store', (stores) => {
  const declare = async (n: number, of: HaltTarget = target) =>
    stores.halts.save(changeOf(haltId(n), halted(of), await stores.halts.load(of)))

  test('a target that was never halted has no halts, and an unknown id no halt', async () => {
    expect(await stores.halts.load(target)).toEqual({ halts: [], version: 0 })
    expect(await stores.halts.find(haltId(1))).toBeUndefined()
  })

  test('every later decision on its target reads a saved halt, and no other does', async () => {
    expect(await declare(1)).toBe(true)
    const { halts } = await stores.requests.dependencies([], [target, other, { kind: 'owner', value: person('dan') }])
    expect(halts).toMatchObject([{ id: haltId(1), target, by: 'person:gus', reason: 'it went wild' }])
    expect((await stores.requests.dependencies([], [other])).halts).toEqual([])
  })

  test('a halt is found by its id, with the end of its chain, and its entries are in the ledger', async () => {
    await declare(1)
    const entries = await stores.ledger.entries(haltId(1))
    expect(entries.map(({ type }) => type)).toEqual(['Halted'])
    expect(await stores.halts.find(haltId(1))).toMatchObject({
      halt: { id: haltId(1), target, reason: 'it went wild' },
      head: { sequence: 1, hash: entries[0]?.hash },
    })
  })

  test('a lift is the second entry of the same chain, which replays to the stored halt', async () => {
    await declare(1)
    const [before, found] = [await stores.halts.load(target), await stores.halts.find(haltId(1))]
    expect(await stores.halts.save(changeOf(haltId(1), lifted, before, found?.head))).toBe(true)
    const { state, broken } = verifyHalt(haltId(1), await stores.ledger.entries(haltId(1)))
    expect([state, broken]).toEqual([(await stores.halts.load(target)).halts[0], undefined])
    expect(state?.lifted).toEqual({ by: 'person:hana', at: submittedAt + 60 })
  })

  test('one of two concurrent changes of a target is saved, and the other is refused', async () => {
    const before = await stores.halts.load(target)
    const saved = await Promise.all([1, 2].map((n) => stores.halts.save(changeOf(haltId(n), halted(), before))))
    expect(saved.toSorted()).toEqual([false, true])
    expect((await stores.halts.load(target)).halts).toHaveLength(1)
    const losers = saved[0] ? haltId(2) : haltId(1)
    expect(await stores.ledger.entries(losers)).toEqual([])
    expect(await stores.halts.find(losers)).toBeUndefined()
  })

  test('halts in force and all halts are two lists, newest first, a page at a time', async () => {
    for (const n of [1, 2, 3]) await declare(n, n === 2 ? other : target)
    const [before, found] = [await stores.halts.load(target), await stores.halts.find(haltId(1))]
    await stores.halts.save(changeOf(haltId(1), lifted, before, found?.head))
    const listed = async (which: boolean, page: { limit: number; after?: string }) => {
      const { items, next } = await stores.halts.list({ lifted: which }, page)
      return { ids: items.map(({ id }) => id), next }
    }
    expect((await listed(false, { limit: 9 })).ids).toEqual([haltId(3), haltId(2)])
    const first = await listed(true, { limit: 2 })
    expect(first.ids).toEqual([haltId(3), haltId(2)])
    expect((await listed(true, { limit: 2, after: first.next as string })).ids).toEqual([haltId(1)])
    expect((await stores.halts.list({ lifted: true }, { limit: 9 })).items.at(-1)).toMatchObject({
      id: haltId(1),
      lifted: { by: 'person:hana' },
    })
  })

  test('a request is read with every halt so far, and its second reading has the later ones', async () => {
    const ask = sampleAsk()
    const change = submission(ask)
    await stores.requests.commit(change)
    const { head } = change
    const read = async () => stores.requests.loadToAct(ask.id, [])
    const before = await read()
    expect(before).toMatchObject({ state: { ask: { id: ask.id } }, head })
    expect(await before?.dependencies([], [target, other])).toMatchObject({ ancestors: [], halts: [], standIns: [] })
    await declare(1)
    expect((await (await read())?.dependencies([ask.id], [target, other]))?.halts).toMatchObject([{ id: haltId(1) }])
    expect((await (await read())?.dependencies([ask.id], [other]))?.halts).toEqual([])
    expect((await (await read())?.dependencies([ask.id], []))?.ancestors).toMatchObject([{ head }])
    expect(await stores.requests.loadToAct(requestId(9), [])).toBeUndefined()
  })

  test('concurrent halts of two targets are both saved', async () => {
    expect(await Promise.all([declare(1), declare(2, other)])).toEqual([true, true])
  })

  test('one of two concurrent lifts of a halt is saved', async () => {
    await declare(1)
    const [before, found] = [await stores.halts.load(target), await stores.halts.find(haltId(1))]
    const change = changeOf(haltId(1), lifted, before, found?.head)
    expect((await Promise.all([stores.halts.save(change), stores.halts.save(change)])).toSorted()).toEqual([
      false,
      true,
    ])
    expect((await stores.ledger.entries(haltId(1))).map(({ type }) => type)).toEqual(['Halted', 'Lifted'])
  })
})

useAws()

test('each copy of a halt is equal to it, when it is declared and when it is lifted', async () => {
  const [connection, tables] = [connect(), await makeTables()]
  const halts = new DynamoHaltStore(connection, tables)
  const keys = Array.from({ length: haltCopies }, (_, copy) => itemOf(haltCopyKey(target, copy)))
  const said = async () =>
    (await new Table(connection, tables.requests).getMany(keys, 'read copies')).map((item) => haltsOf(item))
  await halts.save(changeOf(haltId(1), halted(), await halts.load(target)))
  const { halts: declared } = await halts.load(target)
  expect(await said()).toEqual(Array.from({ length: haltCopies }, () => declared))
  const found = await halts.find(haltId(1))
  await halts.save(changeOf(haltId(1), lifted, await halts.load(target), found?.head))
  expect((await said()).flatMap((each) => each.map((halt) => halt.lifted?.by))).toEqual(
    Array.from({ length: haltCopies }, () => 'person:hana'),
  )
})

test('the item of each target is read itself once there are too many names for one item', async () => {
  const [connection, tables] = [connect(), await makeTables()]
  const [halts, requests] = [new DynamoHaltStore(connection, tables), new DynamoRequestStore(connection, tables)]
  const table = new Table(connection, tables.requests)
  const names = Array.from({ length: mostNamed - 1 }, (_, n) => `HALT#agent#agent:a${n}`)
  const rows = Array.from({ length: haltCopies }, (_, copy) => ({ ...haltedKey(copy), names, version: 1 }))
  await table.transact(
    rows.map((row) => table.putting(row)),
    'have many names',
  )
  const ofAgent = (n: number): HaltTarget => ({ kind: 'agent', value: `agent:b${n}` as AgentId })
  const read = async (of: HaltTarget) => (await requests.dependencies([], [other, of])).halts
  for (const n of [1, 2, 3]) {
    expect(await halts.save(changeOf(haltId(n), halted(ofAgent(n)), await halts.load(ofAgent(n))))).toBe(true)
    for (const each of [1, 2, 3].slice(0, n)) expect(await read(ofAgent(each))).toMatchObject([{ id: haltId(each) }])
  }
  expect(await read(other)).toEqual([])
})

test('the reads of decisions spread over all copies of a halt', () => {
  const read = new Set(Array.from({ length: 64 * 40 }, () => anyHaltKey(other).pk))
  expect(read.size).toBe(haltCopies)
})
