import { entryHash } from '../../../functions/domain/ledger/ledger.ts'
import type { JsonObject } from '../../../functions/domain/values.ts'
import { Notary } from '../../../functions/operations/anchor/notarize.ts'
import { reconcileLog } from '../../../functions/operations/anchor/reconcile-log.ts'
import { memoryAnchor } from '../../support/anchor/memory-anchor.ts'
import { chainOf } from '../../support/anchor/plain-chain.ts'
import { submittedAt } from '../../support/ask.ts'

async function makeWorld() {
  const world = memoryAnchor(submittedAt + 3600)
  const looked: string[][] = []
  const ports = {
    ...world,
    rows: world.ledger,
    notary: { look: async (chains: readonly string[]) => void looked.push([...chains]) },
  }
  const commit = (entries: JsonObject[]) => {
    for (const entry of entries) world.ledger.rows.set(entry['id'] as string, entry)
    const last = entries.at(-1) as JsonObject
    const [aggregate = '', sequence] = (last['id'] as string).split('/')
    world.ledger.heads.set(aggregate, { sequence: Number(sequence), hash: last['hash'] as string })
  }
  const notary = new Notary(world)
  const notarize = (entries: JsonObject[]) =>
    notary.notarize(entries.map((entry) => ({ id: entry['id'] as string, entry })))
  const reconcile = async (seconds = 60) => (await reconcileLog(ports, world.clock.now() + seconds)).length
  const told = () =>
    world.log.lines
      .filter(({ message }) => message === 'ledger_tampered')
      .map(({ fields }) => `${fields['why']} ${fields['entry']}`)
  return { ...world, looked, commit, notarize, reconcile, told }
}

const [ana, bea] = [chainOf('ana', 4), chainOf('bea', 300)]
let world: Awaited<ReturnType<typeof makeWorld>>
beforeEach(async () => {
  world = await makeWorld()
  for (const chain of [ana, bea]) world.commit(chain)
  await world.notarize([...ana, ...bea])
})

test('tables that match the log have no difference', async () => {
  expect(await world.reconcile()).toBe(0)
  expect(world.log.lines.filter(({ level }) => level !== 'info')).toEqual([])
  expect(world.looked).toEqual([])
})

/** A forged entry by an attacker who knows how hashes are made. */
const rehashed = (entry: JsonObject | undefined, change: JsonObject): JsonObject => {
  const changed = { ...entry, ...change }
  return { ...changed, hash: entryHash(changed as never) }
}

const rows = () => world.ledger.rows
const [fifth = {}] = chainOf('ana', 1, { sequence: 4, hash: ana[3]?.['hash'] as string })
const [first = {}] = chainOf('eve', 1)
const cases: [what: string, tamper: () => void, told: string[]][] = [
  ['an altered entry', () => rows().set('person:ana/2', { ...ana[1], type: 'Approved' }), ['altered person:ana/2']],
  [
    'an altered entry with a hash to match, and all after it chained to it',
    () => {
      let previous = ana[0]?.['hash'] as string
      for (const entry of ana.slice(1)) {
        const forged = rehashed(entry, { previous, bundle: 'forged' })
        rows().set(entry['id'] as string, forged)
        previous = forged['hash'] as string
      }
      world.ledger.heads.set('person:ana', { sequence: 4, hash: previous })
    },
    ['replaced person:ana/2', 'replaced person:ana/3', 'replaced person:ana/4'],
  ],
  [
    'an entry with half a character, which has no hash, and another altered beside it',
    () => {
      rows().set('person:ana/2', { ...ana[1], bundle: '\ud800' })
      rows().delete('person:bea/7')
    },
    ['altered person:ana/2', 'missing person:bea/7'],
  ],
  ['a row between two places', () => rows().set('person:ana/1.5', { ...ana[0] }), ['added person:ana/1.5']],
  ['a deleted entry', () => rows().delete('person:bea/7'), ['missing person:bea/7']],
  [
    'two that changed places',
    () => {
      rows().set('person:ana/2', ana[2] as JsonObject)
      rows().set('person:ana/3', ana[1] as JsonObject)
    },
    ['reordered person:ana/2', 'reordered person:ana/3'],
  ],
  [
    'a tail that was cut, with the state that stood there before',
    () => {
      rows().delete('person:ana/4')
      world.ledger.heads.set('person:ana', { sequence: 3, hash: ana[2]?.['hash'] as string })
    },
    ['missing person:ana/4', 'added person:ana/4'],
  ],
  ['a row added by hand to the end of a chain', () => rows().set('person:ana/5', fifth), ['added person:ana/5']],
  ['a chain made up by hand', () => rows().set('person:eve/1', first), ['added person:eve/1']],
  ['a row that is not an entry', () => rows().set('person:ana/9', {}), ['added person:ana/9']],
]

test.each(cases)('the run names %s', async (_, tamper, told) => {
  tamper()
  await world.reconcile()
  expect([...new Set(world.told().map((line) => line.split(' ')[1]))]).toEqual([
    ...new Set(told.map((line) => line.split(' ')[1])),
  ])
  expect(told).toEqual(expect.arrayContaining(world.told()))
})

test('the run names a row added by hand that the notary took for an entry', async () => {
  rows().set('person:ana/5', fifth)
  await world.notarize([fifth])
  await world.reconcile()
  expect(world.told()).toEqual(['added person:ana/5'])
})

test('an older copy of the table: all missing entries are counted, and the first fifty named', async () => {
  for (const entry of bea.slice(100)) rows().delete(entry['id'] as string)
  expect(await world.reconcile()).toBe(200)
  expect(world.told()).toHaveLength(50)
  expect(world.told()[0]).toMatch(/^missing person:bea\//)
})

test('entries that are missing in the log go to the notary once they are ten minutes old, and are named', async () => {
  const [cid, dan] = [chainOf('cid', 2), chainOf('dan', 1)]
  world.commit(cid)
  expect(await world.reconcile()).toBe(0)
  expect(world.looked).toEqual([['person:cid']])
  expect(world.log.lines).toContainEqual({
    level: 'error',
    message: 'notary_behind',
    fields: { chains: 1, entry: 'person:cid/2' },
  })
  const young = await makeWorld()
  young.clock.advance(-3600 + 60)
  young.commit(dan)
  await young.reconcile()
  expect(young.looked).toEqual([])
})

test('an index with a wrong place for an entry does not hide that the log lacks it', async () => {
  const cid = chainOf('cid', 1)
  world.commit(cid)
  world.index.places.set('person:cid/1', { index: 3, hash: cid[0]?.['hash'] as string })
  await world.reconcile()
  expect(world.looked).toEqual([['person:cid']])
})

test('a run without time looks at the latest entries first, and says what it left', async () => {
  world.ledger.rows.delete('person:bea/300')
  world.ledger.rows.delete('person:ana/1')
  await world.reconcile(0)
  expect(world.told()).toContain('missing person:bea/300')
  expect(world.log.lines).toContainEqual(expect.objectContaining({ level: 'error', message: 'reconciliation_cut' }))
})

test('a run stops at a bucket that holds another log', async () => {
  world.bucket.objects.delete('tile/entries/001.p/48')
  await expect(world.reconcile()).rejects.toMatchObject({ name: 'AnchorForked' })
})
