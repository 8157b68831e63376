import { chainEntries, contextOf, entryHash, noEntries } from '../../../functions/domain/ledger/ledger.ts'
import type { Event } from '../../../functions/domain/record/events.ts'
import { evolve } from '../../../functions/domain/record/evolve.ts'
import type { ApprovalRequest } from '../../../functions/domain/record/request.ts'
import { decide } from '../../../functions/domain/requests/decide.ts'
import type { RequestId } from '../../../functions/domain/values.ts'
import { declareHalt } from '../../../functions/operations/halts/halt.ts'
import { checkChains, partOf } from '../../../functions/operations/ledger/check-chains.ts'
import { revokeRequest } from '../../../functions/operations/requests/end-request.ts'
import { sampleAsk, submit } from '../../support/ask.ts'
import { MemoryHaltStore } from '../../support/ledger/memory-halt-store.ts'
import { unwrap } from '../../support/unwrap.ts'
import { agent, person, prodParameter, sampleBundle, stagingParameter, start, World } from '../../support/world.ts'

const bundle = sampleBundle()
const role = 'arn:aws:iam::000000000000:role/hotwork/Hotwork-target'
const day = 86_400

class Recorded extends World {
  readonly halts = new MemoryHaltStore(this.requests, this.ledger)
  readonly targetRoles = [role]

  revoke = (id: RequestId) => revokeRequest({ id, person: person('gus'), reason: 'enough' }, this.ports)

  /** The findings of one run, as `chain why`. */
  async check(until = Number.POSITIVE_INFINITY): Promise<string[]> {
    const lines = this.log.lines.length
    const found = await checkChains(bundle, this, until)
    const told = this.log.lines.slice(lines).filter(({ message }) => message === 'ledger_broken')
    expect(told).toHaveLength(found)
    return told.map(({ fields }) => `${fields?.['entry']} ${fields?.['why']}`)
  }

  /** Moves the clock on to the hour whose part that time is in. */
  untilTurnOf(submitted: number): void {
    const isIts = ({ from, until }: ReturnType<typeof partOf>) => from <= submitted && submitted < until
    while (!isIts(partOf(this.clock.now()))) this.clock.advance(3600)
  }

  /** All findings while the clock goes through a whole cycle. */
  async checkAllTurns(): Promise<string[]> {
    const found: string[] = []
    for (let hour = 0; hour < 720; hour++) {
      found.push(...(await this.check()))
      this.clock.advance(3600)
    }
    return found
  }
}

/** An approved request with a claimed token, and its entries. */
async function recorded() {
  const world = new Recorded(bundle)
  const { ask } = await world.approved(prodParameter)
  const entries = await world.ledger.entries(ask.id)
  const [first, second, last] = [entries[0], entries[1], entries.at(-1)]
  if (!first || !second || !last) throw new Error('the chain is too short')
  return { world, id: ask.id, first, second, last }
}

let world: Recorded
beforeEach(() => {
  world = new Recorded(bundle)
})

test('a record that was only added to is whole: requests, permits, halts, actors and what is added meanwhile', async () => {
  const { world, id } = await recorded()
  await world.submit({ ...stagingParameter, action: 'no:Such' })
  await declareHalt({ target: { kind: 'agent', value: agent('deployer') }, reason: 'x', person: person('gus') }, world)
  const checking = world.check()
  await world.revoke(id)
  expect(await checking).toEqual([])
  expect(await world.check()).toEqual([])
})

test('an entry replaced under the old hash is found', async () => {
  const { world, id, second } = await recorded()
  world.ledger.replace({ ...second, actor: { type: 'person', id: 'person:mallory' } })
  expect(await world.check()).toEqual([`${id}/2 hash`])
})

test('an entry replaced under a hash of its own is found', async () => {
  const { world, id, first } = await recorded()
  const forged = { ...first, bundle: 'sha-256:another' }
  world.ledger.replace({ ...forged, hash: entryHash(forged) })
  expect(await world.check()).toEqual([`${id}/2 previous`])
})

test('an entry with half a character, which has no hash, is found, and the chains after it are checked', async () => {
  const { world, id, second } = await recorded()
  const other = await world.submitted(stagingParameter)
  const [first] = await world.ledger.entries(other.ask.id)
  if (!first) throw new Error('the chain is too short')
  world.ledger.replace({ ...second, bundle: '\ud800' })
  world.ledger.replace({ ...first, bundle: 'forged' })
  expect((await world.check()).toSorted()).toEqual([`${id}/2 hash`, `${other.ask.id}/1 hash`].toSorted())
})

test('an entry replaced at the end of its chain is found', async () => {
  const { world, last } = await recorded()
  const forged = { ...last, policies: ['another'] }
  world.ledger.replace({ ...forged, hash: entryHash(forged) })
  expect(await world.check()).toEqual([`${last.id} hash`])
})

test('an entry replaced in a halt’s chain is found', async () => {
  const done = unwrap(
    await declareHalt({ target: { kind: 'all', value: 'all' }, reason: 'x', person: person('gus') }, world),
  )
  const entries = await world.ledger.entries(done.id)
  for (const entry of entries) world.ledger.replace({ ...entry, at: '2020-01-01T00:00:00Z' })
  expect(await world.check()).toEqual([`${done.id}/1 hash`])
})

test('an entry replaced in the chain of a halt in force is found behind any number of ended halts', async () => {
  const declare = async (more: object) => {
    return unwrap(
      await declareHalt({ target: { kind: 'all', value: 'all' }, reason: 'x', person: person('gus'), ...more }, world),
    )
  }
  const { id } = await declare({})
  for (let n = 0; n < 120; n++) {
    await declare({ until: world.clock.now() + 10 })
    world.clock.advance(20)
  }
  for (const entry of await world.ledger.entries(id)) world.ledger.replace({ ...entry, at: '2020-01-01T00:00:00Z' })
  expect(await world.check()).toEqual([`${id}/1 hash`])
})

test('an entry replaced in an actor’s own chain is found, once a cycle', async () => {
  await world.revoke('req_00000000000000000000000000' as RequestId)
  const entries = await world.ledger.entries(person('gus'))
  for (const entry of entries) world.ledger.replace({ ...entry, type: 'Allowed' })
  expect(await world.checkAllTurns()).toEqual(['person:gus/1 hash'])
})

test('an entry replaced in a request that ended long ago is found, once a cycle', async () => {
  const { world, id, second } = await recorded()
  await world.revoke(id)
  world.clock.advance(200 * day)
  // So many are newer that it is no longer among the newest.
  for (let newer = 0; newer < 100; newer++) await world.submit(stagingParameter)
  world.ledger.replace({ ...second, bundle: 'another' })
  world.untilTurnOf(start)
  expect(await world.check()).toEqual([`${id}/2 hash`])
  world.clock.advance(3600)
  expect(await world.check()).toEqual([])
})

/** More than a page of any list, and than the number of chains at which a run once stopped. */
const flood = (world: Recorded) => {
  for (let newer = 0; newer < 1001; newer++) {
    const ask = sampleAsk({ id: world.ids.request() })
    const { events } = decide(undefined, submit(ask, 0), world.clock.now())
    const state = events.reduce<ApprovalRequest | undefined>(evolve, undefined) as ApprovalRequest
    const { entries, head } = chainEntries(ask.id, noEntries, events, contextOf(state))
    world.ledger.put(entries)
    world.requests.forge({ state, head })
  }
}

test('a live request is checked, however many are submitted after it', async () => {
  const { world, id, second } = await recorded()
  flood(world)
  // All of them are live, and none is new.
  world.clock.advance(day)
  world.ledger.replace({ ...second, bundle: 'another' })
  expect(await world.check()).toEqual([`${id}/2 hash`])
})

test('an ended request is checked in its turn, however many share its part', async () => {
  const { world, id, second } = await recorded()
  await world.revoke(id)
  world.clock.advance(60)
  flood(world)
  world.clock.advance(200 * day)
  world.ledger.replace({ ...second, bundle: 'another' })
  world.untilTurnOf(start)
  expect(await world.check()).toEqual([`${id}/2 hash`])
})

/** Refusals without a bound on one request: its chain, and its row that they replay to. */
async function long() {
  const { world, id } = await recorded()
  const stored = await world.requests.load(id)
  if (!stored) throw new Error('it is not there')
  const refused = (at: number): Event => ({
    ...{ type: 'Refused', at, policies: [], bundle: bundle.hash, attempted: 'intend', code: 'policy_denied' },
    actor: { type: 'agent', id: agent('remediator') },
  })
  const events = Array.from({ length: 2500 }, () => refused(stored.state.updatedAt))
  const { entries, head } = chainEntries(id, stored.head, events, contextOf(stored.state))
  const state = events.reduce<ApprovalRequest>(evolve, stored.state)
  world.ledger.put(entries)
  world.requests.forge({ state, head })
  return { world, id, state, head, entries }
}

test('a chain of thousands of entries is read to its end, and replayed to its state', async () => {
  const { world, id, state, head, entries } = await long()
  expect(await world.check()).toEqual([])
  world.requests.forge({ state: { ...state, tier: 0 }, head })
  expect(await world.check()).toEqual([`${id}/${head.sequence} state`])
  world.requests.forge({ state, head })
  const late = entries.at(-2)
  if (late) world.ledger.replace({ ...late, bundle: 'another' })
  expect(await world.check()).toEqual([`${late?.id} hash`])
})

test('chains without time are logged as an error, by part and number, and other runs begin with them', async () => {
  const ids: string[] = []
  for (let count = 0; count < 40; count++) ids.push((await world.approved(prodParameter)).ask.id)
  world.clock.advance(day)
  const read = new Set<string>()
  const entries = world.ledger.page.bind(world.ledger)
  world.ledger.page = (aggregate, page) => {
    world.clock.advance(1)
    read.add(aggregate)
    return entries(aggregate, page)
  }
  // A page takes a second: of forty chains a run reads about ten.
  const runs: number[] = []
  for (let run = 0; run < 10; run++) {
    const before = world.log.lines.length
    expect(await world.check(world.clock.now() + 40)).toEqual([])
    const told = world.log.lines.slice(before).filter(({ message }) => message === 'reconciliation_cut')
    expect(told).toMatchObject([{ level: 'error', fields: { part: 'approved', more: false } }])
    runs.push(Number(told[0]?.fields?.['left']))
    world.clock.advance(3600)
  }
  expect(Math.min(...runs)).toBeGreaterThan(20)
  expect(ids.filter((id) => !read.has(id))).toEqual([])
})

test('a chain that no run has time for takes the time of its own part alone', async () => {
  const { world, id, head } = await long()
  const pending = await world.submitted(prodParameter)
  const [first] = await world.ledger.entries(pending.ask.id)
  if (first) world.ledger.replace({ ...first, bundle: 'another' })
  const entries = world.ledger.page.bind(world.ledger)
  world.ledger.page = (aggregate, page) => {
    world.clock.advance(1)
    return entries(aggregate, page)
  }
  expect(head.sequence).toBeGreaterThan(2000)
  expect(await world.check(world.clock.now() + 40)).toEqual([`${pending.ask.id}/1 hash`])
  const cut = world.log.lines.filter(({ message }) => message === 'reconciliation_cut')
  expect(cut.map(({ fields }) => [fields?.['part'], fields?.['left']])).toContainEqual(['approved', 1])
  expect(id).not.toBe(pending.ask.id)
})

test('a row that was put around the record is not what the record replays to', async () => {
  const { world, id, last } = await recorded()
  const stored = await world.requests.load(id)
  if (!stored) throw new Error('it is not there')
  world.requests.forge({ ...stored, state: { ...stored.state, tier: 0 } })
  expect(await world.check()).toEqual([`${last.id} state`])
})

test('a cycle goes through all the time of its look-back without a gap', () => {
  const hours = Array.from({ length: 720 }, (_, hour) => partOf(720 * 3600 * 700 + hour * 3600))
  for (const [index, { until }] of hours.slice(0, -1).entries()) expect(hours[index + 1]?.from).toBe(until)
  expect(hours[0]?.from).toBeLessThanOrEqual(720 * 3600 * 700 - 400 * day)
  expect(hours.at(-1)?.until).toBe(720 * 3600 * 701)
})
