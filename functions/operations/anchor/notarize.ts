import { sameBytes, utf8 } from '../../domain/anchor/bytes.ts'
import { originOf, textOfCheckpoint, writeNote } from '../../domain/anchor/checkpoint.ts'
import type { Difference } from '../../domain/anchor/compare.ts'
import { hashOfEntry, type Leaf } from '../../domain/anchor/leaf.ts'
import {
  bundlesOfGrowth,
  checkpointPath,
  edgeTiles,
  growTree,
  pathOfBundle,
  pathOfTile,
  rootOfTiles,
  tileWidth,
  writeBundle,
} from '../../domain/anchor/tiles.ts'
import { AnchorForked, StaleRequest } from '../faults.ts'
import type { Clock, Log } from '../ports.ts'
import { type LedgerRows, type LogBucket, type LogIndex, type LogState, mostAtOnce, type NoteSigner } from './ports.ts'
import { type LogReadingPorts, openNote, readLeaves, readTiles } from './read-log.ts'
import { type Arrival, selectLeaves } from './select-leaves.ts'

export type NotaryPorts = Omit<LogReadingPorts, 'bucket' | 'key'> & {
  bucket: LogBucket
  index: LogIndex
  key: NoteSigner
  ledger: Pick<LedgerRows, 'page'>
  clock: Clock
  log: Log
}

/** The bucket's content: its checkpoint's tree, and the tree's right edge, to which new leaves are added. */
type Published = {
  size: number
  version: string | undefined
  edge: ReadonlyMap<string, Uint8Array>
  /** The leaves of the last bundle, if that is not full. */
  partial: readonly Leaf[]
}

const attempts = 6

/**
 * The most leaves under one checkpoint. Until it is signed their ids are in one item, which DynamoDB limits to 400 KB.
 */
const mostUnpublished = { leaves: 10 * mostAtOnce, characters: 100_000 }

/**
 * Adds entries to the log. One transaction gives them their places; bundles, tiles and the checkpoint follow from the
 * places alone, so the next notary completes the work of one that was killed or overtaken.
 */
export class Notary {
  readonly #ports: NotaryPorts
  /**
   * The state after the last run, so that a warm notary reads nothing from the bucket. If it is stale, the next
   * conditional write fails.
   */
  #published: Published | undefined

  constructor(ports: NotaryPorts) {
    this.#ports = ports
  }

  /**
   * @param chains chains that may have entries which never arrived
   * @throws StaleRequest, StoreUnavailable, AnchorUnavailable, KeyUnavailable: a retry is safe. AnchorForked.
   */
  async notarize(arrived: readonly Arrival[], chains: readonly string[] = []): Promise<readonly Difference[]> {
    for (let attempt = 1; attempt <= attempts; attempt += 1) {
      const done = await this.#try(arrived, chains)
      if (done) {
        for (const { entry, why } of done) this.#ports.log.error('ledger_tampered', { entry, why })
        return done
      }
      this.#published = undefined
    }
    throw new StaleRequest('other notaries kept coming first')
  }

  /** Undefined after a lost race. */
  async #try(arrived: readonly Arrival[], chains: readonly string[]): Promise<readonly Difference[] | undefined> {
    const { index } = this.#ports
    // The index is read before the bucket: the bucket then covers all entries except those still pending in the index.
    let state = await index.state()
    const isWarm = this.#published !== undefined
    this.#published ??= await this.#readPublished()
    if (isWarm && state.size > this.#published.size + state.pending.length) return undefined
    // The index was lost, or is an older copy, so the places are read from the log itself.
    while (state.size < this.#published.size) {
      const restored = await this.#restore(state, this.#published)
      if (!restored) return undefined
      state = restored
    }
    const unpublished = await this.#unpublished(state, this.#published)
    if (!unpublished || !(await this.#publish(state.size, unpublished))) return undefined
    let { size } = state
    const { leaves, differences } = await selectLeaves(arrived, chains, this.#ports)
    for (const next of groupsOf(leaves)) {
      if (!(await this.#place(size, next))) return undefined
      size += next.length
      if (!(await this.#publish(size, next))) return undefined
    }
    if (leaves.length > 0) this.#tellDelay(arrived, leaves.length, size)
    return differences
  }

  /** Gives leaves their places. False if another notary came first. */
  async #place(size: number, leaves: readonly Leaf[]): Promise<boolean> {
    const ids = leaves.map(({ id }) => id)
    for (let from = 0; from < leaves.length; from += mostAtOnce) {
      const to = from + mostAtOnce
      if (!(await this.#ports.index.place(size + from, leaves.slice(from, to), ids.slice(0, to)))) return false
    }
    return true
  }

  /** Placed leaves without a checkpoint. Undefined if another notary came first. */
  async #unpublished({ size, pending }: LogState, published: Published): Promise<readonly Leaf[] | undefined> {
    const fresh = size - published.size
    // If negative, another notary has published since the index was read.
    if (fresh < 0) return undefined
    if (fresh > pending.length)
      throw new AnchorForked(`the bucket has ${published.size} of ${size} entries, and the rest is missing`)
    const ids = pending.slice(pending.length - fresh)
    const placed = await this.#ports.index.find(ids)
    return ids.map((id, at) => {
      const place = placed.get(id)
      if (place?.index !== published.size + at)
        throw new AnchorForked(`\`${id}\` was given place ${published.size + at} of the log and does not have it`)
      return { id, hash: place.hash }
    })
  }

  #tellDelay(arrived: readonly Arrival[], entries: number, size: number): void {
    const { clock, log } = this.#ports
    const times = arrived.flatMap(({ entry }) => Date.parse(String(entry?.['at'])) / 1000 || [])
    const delays = times.map((at) => Math.round((clock.now() - at) * 1000) / 1000)
    log.info('anchored', {
      size,
      entries,
      ...(delays.length > 0 && { delaySeconds: Math.max(...delays) }),
    })
  }

  async #readPublished(): Promise<Published> {
    const { bucket, log } = this.#ports
    const found = await bucket.readVersion(checkpointPath)
    if (!found) return { size: 0, version: undefined, edge: new Map(), partial: [] }
    const { checkpoint } = await openNote(found.bytes, this.#ports)
    const { size, root } = checkpoint
    const [edge, partial] = await Promise.all([
      readTiles(edgeTiles(size), bucket),
      size % tileWidth === 0 ? [] : readLeaves(Math.floor(size / tileWidth), size, bucket),
    ])
    if (!sameBytes(rootOfTiles(size, edge), root))
      throw new AnchorForked('the tiles of the log do not match its checkpoint')
    log.info('log_read', { size })
    return { size, version: found.version, edge, partial }
  }

  /** Writes the bundles, tiles and checkpoint for the given places. False if another notary came first. */
  async #publish(size: number, leaves: readonly Leaf[]): Promise<boolean> {
    const before = this.#published as Published
    if (leaves.length === 0) return true
    const { root, tiles } = growTree(before.size, before.edge, leaves.map(hashOfEntry))
    const known = [...before.partial, ...leaves]
    const first = before.size - before.partial.length
    const bundles = bundlesOfGrowth(before.size, size).map(({ index, width }) => {
      const from = index * tileWidth - first
      return [pathOfBundle(index, width), writeBundle(known.slice(from, from + width))] as const
    })
    await Promise.all([...bundles, ...tiles].map(([path, bytes]) => this.#add(path, bytes)))
    const version = await this.#sign(size, root, before.version)
    if (version === undefined) return false
    const all = new Map([...before.edge, ...tiles])
    const edge = new Map(edgeTiles(size).map((tile) => [pathOfTile(tile), all.get(pathOfTile(tile)) as Uint8Array]))
    this.#published = { size, version, edge, partial: known.slice(known.length - (size % tileWidth)) }
    return true
  }

  /** Adds a file. Files follow from the places, so an existing one must have the same bytes. */
  async #add(path: string, bytes: Uint8Array): Promise<void> {
    const { bucket } = this.#ports
    if (await bucket.add(path, bytes)) return
    const there = await bucket.read(path)
    if (!there || !sameBytes(there, bytes))
      throw new AnchorForked(`\`${path}\` in the bucket does not follow from the log`)
  }

  async #sign(size: number, root: Uint8Array, version: string | undefined): Promise<string | undefined> {
    const { bucket, key, issuer } = this.#ports
    const name = originOf(issuer)
    const text = textOfCheckpoint({ origin: name, size, root })
    const [[spki], signature] = await Promise.all([key.keys(), key.sign(utf8(text))])
    return bucket.replace(checkpointPath, utf8(writeNote(text, { name, spki }, signature)), version)
  }

  async #restore({ size }: LogState, published: Published): Promise<LogState | undefined> {
    const { index, bucket, log } = this.#ports
    const bundle = await readLeaves(Math.floor(size / tileWidth), published.size, bucket)
    const leaves = bundle.slice(size % tileWidth, (size % tileWidth) + mostAtOnce)
    log.warn('index_restored', { from: size, entries: leaves.length })
    const placed = await index.place(size, leaves, [])
    return placed ? { size: size + leaves.length, pending: [] } : undefined
  }
}

/** Leaves in order, in groups of one checkpoint each. */
function groupsOf(leaves: readonly Leaf[]): readonly (readonly Leaf[])[] {
  const groups: Leaf[][] = []
  let characters = 0
  for (const leaf of leaves) {
    const last = groups.at(-1)
    characters += leaf.id.length
    if (last && last.length < mostUnpublished.leaves && characters <= mostUnpublished.characters) last.push(leaf)
    else {
      groups.push([leaf])
      characters = leaf.id.length
    }
  }
  return groups
}
