import { hashOfEntry } from '../../../functions/domain/anchor/leaf.ts'
import { includes } from '../../../functions/domain/anchor/merkle.ts'
import { noEntries } from '../../../functions/domain/ledger/ledger.ts'
import type { JsonObject } from '../../../functions/domain/values.ts'
import { Notary, type NotaryPorts } from '../../../functions/operations/anchor/notarize.ts'
import { proveEntry } from '../../../functions/operations/anchor/read-log.ts'
import type { Arrival } from '../../../functions/operations/anchor/select-leaves.ts'
import { AnchorUnavailable } from '../../../functions/operations/faults.ts'
import { MemoryLogIndex, MemoryNoteSigner, memoryAnchor } from '../../support/anchor/memory-anchor.ts'
import { chainOf } from '../../support/anchor/plain-chain.ts'
import { readWholeLog } from '../../support/anchor/read-whole-log.ts'
import { submittedAt } from '../../support/ask.ts'

const arrival = (entry: JsonObject): Arrival => ({ id: entry['id'] as string, entry })
const arrivals = (...chains: JsonObject[][]) => chains.flat().map(arrival)
const idsOf = (entries: readonly { id?: unknown }[]) => entries.map(({ id }) => id)

const makeWorld = () => memoryAnchor(submittedAt + 2)
type World = ReturnType<typeof makeWorld>
const logOf = ({ bucket }: World) => readWholeLog((path) => bucket.objects.get(path)?.bytes)
const put = ({ ledger }: World, ...entries: JsonObject[]) => {
  for (const entry of entries) ledger.rows.set(entry['id'] as string, entry)
}

let world: World
beforeEach(() => {
  world = makeWorld()
})

test('the notary adds entries to the log in the order in which they arrive, and proves each', async () => {
  const [ana, bea] = [chainOf('ana', 3), chainOf('bea', 2)]
  const notary = new Notary(world)
  await notary.notarize(arrivals(ana.slice(0, 2), bea))
  await notary.notarize(arrivals(ana.slice(2)))
  expect(idsOf(logOf(world))).toEqual(['person:ana/1', 'person:ana/2', 'person:bea/1', 'person:bea/2', 'person:ana/3'])
  for (const entry of [...ana, ...bea]) {
    const proof = await proveEntry(entry['id'] as string, world)
    const leaf = hashOfEntry({ id: entry['id'] as string, hash: entry['hash'] as string })
    expect(proof && includes(proof.index, 5, leaf, proof.path, proof.checkpoint.root)).toBe(true)
  }
  expect(await proveEntry('person:ana/4', world)).toBeUndefined()
})

test('the notary logs the time from an entry to its checkpoint', async () => {
  await new Notary(world).notarize(arrivals(chainOf('ana', 1)))
  expect(world.log.lines).toContainEqual({
    level: 'info',
    message: 'anchored',
    fields: { size: 1, entries: 1, delaySeconds: 2 },
  })
})

test('an entry is added once, however often it arrives, and a run without a new one signs nothing', async () => {
  const ana = arrivals(chainOf('ana', 3))
  const notary = new Notary(world)
  await notary.notarize([...ana, ...ana])
  await notary.notarize(ana)
  await new Notary(world).notarize(ana)
  expect(logOf(world)).toHaveLength(3)
  expect(world.key.signatures).toBe(1)
})

/** An entry with half a character in it has no canonical form, and no hash. */
const unreadable = (entry: JsonObject | undefined): JsonObject => ({ ...entry, bundle: '\ud800' })

test('a row without a hash is reported and skipped: a role that may put one row cannot stop the log', async () => {
  const [ana, bea] = [chainOf('ana', 2), chainOf('bea', 2)]
  const rows = [unreadable(ana[0]), ...bea].map(arrival)
  expect(await new Notary(world).notarize(rows)).toEqual([{ entry: 'person:ana/1', why: 'altered' }])
  expect(idsOf(logOf(world))).toEqual(idsOf(bea))
})

test('a row without a hash is reported among fetched ones, and between two places', async () => {
  const [ana, bea] = [chainOf('ana', 2), chainOf('bea', 3)]
  put(world, unreadable(ana[0]), ...ana.slice(1), ...bea)
  world.ledger.rows.set('person:bea/1.5', { ...bea[0] })
  expect(await new Notary(world).notarize(arrivals(ana.slice(1), bea.slice(2)))).toEqual([
    { entry: 'person:ana/1', why: 'altered' },
    { entry: 'person:bea/1.5', why: 'added' },
  ])
  expect(idsOf(logOf(world))).toEqual(idsOf(bea))
})

test('the notary fetches predecessors that never arrived', async () => {
  const ana = chainOf('ana', 5)
  put(world, ...ana)
  await new Notary(world).notarize(arrivals(ana.slice(3, 4)))
  expect(idsOf(logOf(world))).toEqual(idsOf(ana))
})

test('the notary takes in chains that it is told of, such as those from before there was a log', async () => {
  const [ana, bea] = [chainOf('ana', 250), chainOf('bea', 1)]
  put(world, ...ana, ...bea)
  expect(await new Notary(world).notarize([], ['person:ana', 'person:bea', 'person:stranger'])).toEqual([])
  expect(idsOf(logOf(world))).toEqual(idsOf([...ana, ...bea]))
})

test('one checkpoint covers all entries of a batch of the stream, up to 990', async () => {
  const notary = new Notary(world)
  await notary.notarize(arrivals(chainOf('ana', 990)))
  expect(world.key.signatures).toBe(1)
  await notary.notarize(arrivals(chainOf('bea', 1000)))
  expect(world.key.signatures).toBe(3)
  expect(logOf(world)).toHaveLength(1990)
})

test('one item keeps no more ids than DynamoDB takes, however long they are', async () => {
  const sizes: number[] = []
  const { index } = world
  const counting: NotaryPorts['index'] = {
    state: () => index.state(),
    find: (ids) => index.find(ids),
    last: (aggregate) => index.last(aggregate),
    place: (size, leaves, pending) => {
      sizes.push(Buffer.byteLength(pending.join('')))
      return index.place(size, leaves, pending)
    },
  }
  const long = Array.from({ length: 300 }, (_, n) => chainOf(`${n}-${'\u4e00'.repeat(600)}`, 1))
  await new Notary({ ...world, index: counting }).notarize(arrivals(...long))
  expect(logOf(world)).toHaveLength(300)
  expect(Math.max(...sizes)).toBeLessThan(400_000)
})

test('the log grows over full tiles, with a warm or a cold notary', async () => {
  const ana = chainOf('ana', 700)
  const warm = new Notary(world)
  for (const [from, to] of [
    [0, 255],
    [255, 256],
    [256, 257],
    [257, 600],
  ] as const)
    await warm.notarize(arrivals(ana.slice(from, to)))
  await new Notary(world).notarize(arrivals(ana.slice(600)))
  expect(idsOf(logOf(world))).toEqual(idsOf(ana))
})

describe('a row that is no entry of its chain', () => {
  const elsewhere = { sequence: 1, hash: `sha-256:${'A'.repeat(43)}` }
  const [one, two, three] = chainOf('ana', 3) as [JsonObject, JsonObject, JsonObject]

  test.each<[what: string, arrived: Arrival[], entry: string, why: string]>([
    ['another content', [{ id: 'person:ana/1', entry: { ...one, type: 'Approved' } }], 'person:ana/1', 'altered'],
    ['one in the place of another', [{ id: 'person:ana/1', entry: two }], 'person:ana/1', 'reordered'],
    ['a row that is removed', [{ id: 'person:ana/1' }], 'person:ana/1', 'missing'],
    ['another past', arrivals([one], chainOf('ana', 1, elsewhere)), 'person:ana/2', 'unchained'],
    ['a first entry with a past', [arrival({ ...one, previous: elsewhere.hash })], 'person:ana/1', 'altered'],
    [
      'a first entry that goes on from another',
      arrivals(chainOf('ana', 1, { ...noEntries, hash: elsewhere.hash })),
      'person:ana/1',
      'unchained',
    ],
    ['a forerunner that is nowhere', [arrival(three)], 'person:ana/1', 'missing'],
    ['an id that is none', [{ id: 'person:ana/x', entry: {} }], 'person:ana/x', 'added'],
  ])('a row is reported and not added: %s', async (_, arrived, entry, why) => {
    const found = await new Notary(world).notarize([...arrived, ...arrivals(chainOf('bea', 1))])
    expect(found).toEqual([{ entry, why }])
    expect(world.log.lines).toContainEqual({ level: 'error', message: 'ledger_tampered', fields: { entry, why } })
    // All other rows are still added.
    expect(idsOf(logOf(world))).toContain('person:bea/1')
    expect(idsOf(logOf(world))).not.toContain(entry)
  })

  test('a good entry over a logged one is reported and not added', async () => {
    const notary = new Notary(world)
    await notary.notarize(arrivals([one]))
    const forged = chainOf('ana', 1, noEntries, 'forged')
    expect(await notary.notarize(arrivals(forged))).toEqual([{ entry: 'person:ana/1', why: 'replaced' }])
    expect(logOf(world)).toEqual([{ id: 'person:ana/1', hash: one['hash'] }])
  })

  test('an entry that was cut out of or exchanged in a fetched chain is reported', async () => {
    put(world, one, three)
    const notary = new Notary(world)
    expect(await notary.notarize([], ['person:ana'])).toEqual([{ entry: 'person:ana/2', why: 'missing' }])
    world.ledger.rows.set('person:ana/2', { ...two, type: 'Approved' })
    expect(await notary.notarize([], ['person:ana'])).toEqual([{ entry: 'person:ana/2', why: 'altered' }])
    world.ledger.rows.set('person:ana/2', two)
    expect(await notary.notarize([], ['person:ana'])).toEqual([])
    expect(logOf(world)).toHaveLength(3)
  })
})

/** Ports that fail before or after their n-th write. */
function killedAt(n: number, when: 'before' | 'after', { bucket, index, key, ...rest }: World): NotaryPorts {
  let steps = 0
  const step = async <T>(act: () => Promise<T>): Promise<T> => {
    steps += 1
    if (steps > n) throw new AnchorUnavailable('killed')
    if (steps === n && when === 'before') throw new AnchorUnavailable('killed')
    const done = await act()
    if (steps === n) throw new AnchorUnavailable('killed')
    return done
  }
  return {
    ...rest,
    bucket: {
      read: (path) => bucket.read(path),
      readVersion: (path) => bucket.readVersion(path),
      add: (path, bytes) => step(() => bucket.add(path, bytes)),
      replace: (path, bytes, version) => step(() => bucket.replace(path, bytes, version)),
    },
    index: {
      state: () => index.state(),
      find: (ids) => index.find(ids),
      last: (aggregate) => index.last(aggregate),
      place: (...args) => step(() => index.place(...args)),
    },
    key: { keys: () => key.keys(), sign: (message) => step(() => key.sign(message)) },
  }
}

// The second batch ends a tile, and begins one at each of two levels.
const batches = [arrivals(chainOf('ana', 60)), arrivals(chainOf('bea', 120)), arrivals(chainOf('cid', 90))]
const inOrder = batches.flat().map(({ id }) => id)

test.each(['before', 'after'] as const)(
  'a notary killed at any write, just %s it, leaves a log that the next one completes, in the same order',
  async (when) => {
    let kills = 0
    for (let killed = true; killed; ) {
      const world = makeWorld()
      killed = false
      const first = new Notary(killedAt(kills + 1, when, world))
      for (const batch of batches) {
        const failed = await first.notarize(batch).catch((fault: Error) => fault.name)
        if (failed !== 'AnchorUnavailable') continue
        killed = true
        // The bucket shows a whole log at every moment.
        expect(inOrder.slice(0, logOf(world).length)).toEqual(idsOf(logOf(world)))
        break
      }
      // Lambda redelivers the failed batch, and then those after it.
      const next = new Notary(world)
      for (const batch of batches) await next.notarize(batch)
      expect(idsOf(logOf(world))).toEqual(inOrder)
      if (killed) kills += 1
    }
    // Kills cover places, bundles and tiles, signature and checkpoint, of each batch.
    expect(kills).toBeGreaterThan(15)
  },
  120_000,
)

test('a killed notary’s work is completed also when nothing more arrives', async () => {
  const first = new Notary(killedAt(2, 'before', world))
  await expect(first.notarize(batches[0] ?? [])).rejects.toThrow(AnchorUnavailable)
  expect(logOf(world)).toEqual([])
  await new Notary(world).notarize([])
  expect(idsOf(logOf(world))).toEqual(inOrder.slice(0, 60))
})

test.each<[what: string, change: (places: MemoryLogIndex['places']) => unknown]>([
  ['lost', (places) => places.delete('person:ana/7')],
  ['changed', (places) => places.set('person:ana/7', { index: 8, hash: 'sha-256:x' })],
])('a log in which a place was %s is not extended', async (_, change) => {
  const first = new Notary(killedAt(2, 'before', world))
  await expect(first.notarize(batches[0] ?? [])).rejects.toThrow(AnchorUnavailable)
  change(world.index.places)
  await expect(new Notary(world).notarize([])).rejects.toMatchObject({
    name: 'AnchorForked',
    message: '`person:ana/7` was given place 6 of the log and does not have it',
  })
  expect(logOf(world)).toEqual([])
})

test('two concurrent notaries make one log: one of them loses, and begins again', async () => {
  for (let round = 0; round < 5; round += 1) {
    const world = makeWorld()
    const run = async (notary: Notary, order: Arrival[][]) => {
      for (const batch of order) await notary.notarize(batch)
    }
    await Promise.all([run(new Notary(world), batches), run(new Notary(world), batches.toReversed())])
    expect(idsOf(logOf(world)).toSorted()).toEqual(inOrder.toSorted())
  }
})

test('a warm notary that was overtaken adds nothing twice', async () => {
  const warm = new Notary(world)
  await warm.notarize(batches[0] ?? [])
  await new Notary(world).notarize(batches[1] ?? [])
  await warm.notarize(batches[2] ?? [])
  expect(idsOf(logOf(world))).toEqual(inOrder)
})

const tamper = ({ bucket }: World, path: string, change: (bytes: Uint8Array) => Uint8Array) => {
  const there = bucket.objects.get(path)
  if (!there) throw new Error(`no ${path}`)
  bucket.objects.set(path, { ...there, bytes: change(there.bytes) })
}
const flipped = (bytes: Uint8Array) => bytes.with(40, (bytes[40] ?? 0) ^ 1)
const another = { bytes: new Uint8Array(15 * 32), version: 'x', since: 0 }
test.each<[what: string, change: (world: World) => unknown, told: RegExp]>([
  ['a checkpoint that another key signed', (it) => (it.key = new MemoryNoteSigner()), /not signed by this key/],
  ['a changed tile', (it) => tamper(it, 'tile/0/001.p/14', flipped), /do not match its checkpoint/],
  ['a changed bundle', (it) => tamper(it, 'tile/entries/001.p/14', (b) => b.slice(1)), /not a bundle of 14 entries/],
  ['a missing tile', (it) => it.bucket.objects.delete('tile/1/000.p/1'), /has no `tile\/1\/000.p\/1`/],
  [
    'another tile in its place',
    (it) => it.bucket.objects.set('tile/0/001.p/15', another),
    /does not follow from the log/,
  ],
  ['an emptied bucket', (it) => it.bucket.objects.clear(), /the bucket has 0 of 270 entries/],
])('the notary stops at %s', async (_, change, told) => {
  for (const batch of batches) await new Notary(world).notarize(batch)
  change(world)
  await expect(new Notary(world).notarize(arrivals(chainOf('dan', 1)))).rejects.toMatchObject({
    name: 'AnchorForked',
    message: expect.stringMatching(told),
  })
})

test('a lost index is rebuilt from the log', async () => {
  for (const batch of batches) await new Notary(world).notarize(batch)
  const places = world.index.places
  world.index = new MemoryLogIndex()
  await new Notary(world).notarize(arrivals(chainOf('dan', 1)))
  expect(logOf(world)).toHaveLength(271)
  expect([...world.index.places].slice(0, 270)).toEqual([...places])
})
