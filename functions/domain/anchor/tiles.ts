import { joinBytes } from './bytes.ts'
import { bytesOfLeaf, type Leaf, readLeaf } from './leaf.ts'
import { foldNodes, type Hash, hashOfPerfect, type Node, nodesOfTree, type ReadNode } from './merkle.ts'

/** C2SP `tlog-tiles`: the tree and its entries as files of 256. */

export const tileWidth = 256
const hashLength = 32

/** `width` is below 256 for the partial tile at the tree's right edge. */
export type Tile = { level: number; index: number; width: number }

export const checkpointPath = 'checkpoint'
export const pathOfTile = ({ level, index, width }: Tile): string =>
  `tile/${level}/${numberPath(index)}${partial(width)}`
export const pathOfBundle = (index: number, width: number): string =>
  `tile/entries/${numberPath(index)}${partial(width)}`

const partial = (width: number): string => (width === tileWidth ? '' : `.p/${width}`)

/** Writes 1234067 as `x001/x234/067`. */
function numberPath(index: number): string {
  const groups = `${index}`.padStart(Math.ceil(`${index}`.length / 3) * 3, '0').match(/.{3}/g) ?? []
  return groups.map((group, at) => (at === groups.length - 1 ? group : `x${group}`)).join('/')
}

const form = /^tile\/(entries|0|[1-9]|[1-5][0-9]|6[0-3])\/((?:x[0-9]{3}\/)*[0-9]{3})(?:\.p\/([1-9][0-9]{0,2}))?$/

/** Whether a log of this format may have this path. */
export function isTilePath(path: string): boolean {
  const [, , number = '', width = ''] = form.exec(path) ?? []
  const index = Number(number.replaceAll(/[x/]/g, ''))
  return number !== '' && Number.isSafeInteger(index) && numberPath(index) === number && Number(width) < tileWidth
}

/** The tiles that are new when a tree grows from `from` leaves to `size`. */
export function tilesOfGrowth(from: number, size: number): Tile[] {
  const tiles: Tile[] = []
  for (let level = 0; tileWidth ** level <= size; level += 1) {
    const hashes = Math.floor(size / tileWidth ** level)
    const before = Math.floor(from / tileWidth ** level)
    if (before === hashes) continue
    for (let index = Math.floor(before / tileWidth); index * tileWidth < hashes; index += 1) {
      tiles.push({ level, index, width: Math.min(tileWidth, hashes - index * tileWidth) })
    }
  }
  return tiles
}

/** The bundles that are new when a log grows from `from` leaves to `size`. */
export const bundlesOfGrowth = (from: number, size: number): { index: number; width: number }[] =>
  tilesOfGrowth(from, size).filter(({ level }) => level === 0)

/** The tiles at the right edge, which a tree needs to grow. */
export function edgeTiles(size: number): Tile[] {
  const tiles: Tile[] = []
  for (let level = 0; tileWidth ** level <= size; level += 1) {
    const hashes = Math.floor(size / tileWidth ** level)
    if (hashes % tileWidth > 0) {
      const index = Math.floor(hashes / tileWidth)
      tiles.push({ level, index, width: hashes % tileWidth })
    }
  }
  return tiles
}

/** The tile that has a node's hash, in a tree of `size`. */
function tileOfNode({ level, index }: Node, size: number): Tile {
  const tileLevel = Math.floor(level / 8)
  const first = index * 2 ** (level - tileLevel * 8)
  const tile = Math.floor(first / tileWidth)
  const hashes = Math.floor(size / tileWidth ** tileLevel)
  return { level: tileLevel, index: tile, width: Math.min(tileWidth, hashes - tile * tileWidth) }
}

/** Reads nodes from tiles by their paths. @throws if a tile is missing or too short */
export const readNodeOfTiles =
  (size: number, tiles: ReadonlyMap<string, Uint8Array>): ReadNode =>
  (node) => {
    const tile = tileOfNode(node, size)
    const bytes = tiles.get(pathOfTile(tile))
    if (bytes?.length !== tile.width * hashLength) throw new RangeError(`no tile ${pathOfTile(tile)} at hand`)
    const count = 2 ** (node.level - tile.level * 8)
    const first = node.index * count - tile.index * tileWidth
    return hashOfPerfect(hashesOf(bytes).slice(first, first + count))
  }

/** The tiles that these nodes are read from, each once. */
export function tilesOfNodes(nodes: readonly Node[], size: number): Tile[] {
  const tiles = new Map<string, Tile>()
  for (const node of nodes) {
    const tile = tileOfNode(node, size)
    tiles.set(pathOfTile(tile), tile)
  }
  return [...tiles.values()]
}

export const rootOfTiles = (size: number, tiles: ReadonlyMap<string, Uint8Array>): Hash =>
  foldNodes(nodesOfTree(size), readNodeOfTiles(size, tiles))

export function hashesOf(tile: Uint8Array): Hash[] {
  const hashes: Hash[] = []
  for (let at = 0; at + hashLength <= tile.length; at += hashLength) hashes.push(tile.slice(at, at + hashLength))
  return hashes
}

/**
 * The new tiles of a grown tree by path, and its root. `edge` has the tiles of `edgeTiles(size)` by path.
 * @throws RangeError if one of them is missing or too short
 */
export function growTree(
  size: number,
  edge: ReadonlyMap<string, Uint8Array>,
  leaves: readonly Hash[],
): { size: number; root: Hash; tiles: Map<string, Uint8Array> } {
  const known = new Map(edge)
  const grown = size + leaves.length
  const tiles = new Map<string, Uint8Array>()
  let fresh = [...leaves]
  for (let level = 0; fresh.length > 0; level += 1) {
    const before = Math.floor(size / tileWidth ** level)
    const width = before % tileWidth
    const old = width === 0 ? undefined : known.get(pathOfTile({ level, index: Math.floor(before / tileWidth), width }))
    if (width > 0 && old?.length !== width * hashLength) throw new RangeError(`no tile of level ${level} at hand`)
    const all = [...hashesOf(old ?? new Uint8Array()), ...fresh]
    fresh = []
    for (let at = 0; at < all.length; at += tileWidth) {
      const hashes = all.slice(at, at + tileWidth)
      const tile = { level, index: Math.floor(before / tileWidth) + at / tileWidth, width: hashes.length }
      const bytes = joinBytes(...hashes)
      tiles.set(pathOfTile(tile), bytes)
      known.set(pathOfTile(tile), bytes)
      if (hashes.length === tileWidth) fresh.push(hashOfPerfect(hashes))
    }
  }
  // A root of level k also needs the edge tile above it, which did not grow.
  return { size: grown, root: rootOfTiles(grown, known), tiles }
}

/** Entries, each preceded by its length in two bytes. */
export const writeBundle = (leaves: readonly Leaf[]): Uint8Array =>
  joinBytes(
    ...leaves.map((leaf) => {
      const bytes = bytesOfLeaf(leaf)
      if (bytes.length > 0xffff) throw new RangeError(`the entry ${leaf.id.slice(0, 100)} is too long for the log`)
      return joinBytes(Uint8Array.of(bytes.length >> 8, bytes.length & 0xff), bytes)
    }),
  )

/** Undefined unless it is a bundle whose entries are all leaves. */
export function readBundle(bundle: Uint8Array): Leaf[] | undefined {
  const leaves: Leaf[] = []
  let at = 0
  while (at < bundle.length) {
    const length = (bundle[at] ?? 0) * 256 + (bundle[at + 1] ?? 0)
    const bytes = bundle.slice(at + 2, at + 2 + length)
    const leaf = bytes.length === length && at + 1 < bundle.length ? readLeaf(bytes) : undefined
    if (!leaf) return undefined
    leaves.push(leaf)
    at += 2 + length
  }
  return leaves
}
