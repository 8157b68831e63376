import { utf8 } from '../../../functions/domain/anchor/bytes.ts'
import {
  consistencyNodes,
  hashOfLeaf,
  inclusionNodes,
  inclusionPath,
  readNodeOf,
  rootOfLeaves,
} from '../../../functions/domain/anchor/merkle.ts'
import {
  bundlesOfGrowth,
  edgeTiles,
  growTree,
  isTilePath,
  pathOfBundle,
  pathOfTile,
  readBundle,
  readNodeOfTiles,
  rootOfTiles,
  tilesOfGrowth,
  tilesOfNodes,
  writeBundle,
} from '../../../functions/domain/anchor/tiles.ts'

const leaves = Array.from({ length: 5 }, (_, n) => ({ id: `req_1/${n + 1}`, hash: `sha-256:${n}` }))
const hashes = Array.from({ length: 66_000 }, (_, n) => hashOfLeaf(utf8(`${n}`)))
const paths = (tiles: ReturnType<typeof edgeTiles>) => tiles.map(pathOfTile)

it('tiles and bundles have the names of the format', () => {
  expect(pathOfTile({ level: 0, index: 1_234_067, width: 256 })).toBe('tile/0/x001/x234/067')
  expect(pathOfTile({ level: 3, index: 0, width: 5 })).toBe('tile/3/000.p/5')
  expect(pathOfBundle(1000, 112)).toBe('tile/entries/x001/000.p/112')
})

it('a tree of 70,000 leaves has the right edge of the specification', () => {
  expect(paths(edgeTiles(70_000))).toEqual(['tile/0/273.p/112', 'tile/1/001.p/17', 'tile/2/000.p/1'])
  expect(paths(edgeTiles(256))).toEqual(['tile/1/000.p/1'])
  expect(paths(tilesOfGrowth(0, 256))).toEqual(['tile/0/000', 'tile/1/000.p/1'])
})

it('a path that a log cannot have is refused', () => {
  for (const path of ['tile/0/000', 'tile/63/x001/x234/067.p/255', 'tile/entries/999', 'tile/entries/x001/000.p/1']) {
    expect(isTilePath(path)).toBe(true)
  }
  for (const path of [
    'checkpoint',
    'tile/64/000',
    'tile/00/000',
    'tile/0/0',
    'tile/0/000.p/0',
    'tile/0/000.p/256',
    'tile/0/000.p/01',
    'tile/0/x000/001',
    'tile/0/../../secret',
    'tile/entries/000/',
    'tile//000',
    'tile/0/x999/x999/x999/x999/x999/x999/999',
  ]) {
    expect(isTilePath(path)).toBe(false)
  }
})

it('a tree that grows step by step is the tree that grew at once, file by file', () => {
  const stored = new Map<string, Uint8Array>()
  let size = 0
  for (const step of [1, 1, 3, 250, 1, 1, 255, 256, 600, 1, 64_000]) {
    const edge = new Map(edgeTiles(size).map((tile) => [pathOfTile(tile), stored.get(pathOfTile(tile)) as Uint8Array]))
    const grown = growTree(size, edge, hashes.slice(size, size + step))
    expect([...grown.tiles.keys()].sort()).toEqual(paths(tilesOfGrowth(size, size + step)).sort())
    for (const [path, bytes] of grown.tiles) stored.set(path, bytes)
    size += step
    expect(grown.size).toBe(size)
    expect(grown.root).toEqual(rootOfLeaves(hashes.slice(0, size)))
    expect(rootOfTiles(size, stored)).toEqual(grown.root)
  }
  const atOnce = growTree(0, new Map(), hashes.slice(0, size))
  for (const [path, bytes] of atOnce.tiles) expect(stored.get(path)).toEqual(bytes)
})

it('a tree does not grow from an edge that is missing or too short', () => {
  expect(() => growTree(3, new Map(), hashes.slice(3, 4))).toThrow(RangeError)
  expect(() => growTree(3, new Map([['tile/0/000.p/3', new Uint8Array(64)]]), hashes.slice(3, 4))).toThrow(RangeError)
})

it('a proof is read from a few tiles', () => {
  const size = 66_000
  const { tiles } = growTree(0, new Map(), hashes)
  for (const index of [0, 255, 256, 65_535, 65_536, 65_999]) {
    const needed = tilesOfNodes(inclusionNodes(index, size).flat(), size)
    expect(needed.length).toBeLessThanOrEqual(6)
    const some = new Map(needed.map((tile) => [pathOfTile(tile), tiles.get(pathOfTile(tile)) as Uint8Array]))
    expect(inclusionPath(index, size, readNodeOfTiles(size, some))).toEqual(
      inclusionPath(index, size, readNodeOf(hashes)),
    )
  }
  expect(tilesOfNodes(consistencyNodes(65_000, size).flat(), size).length).toBeLessThanOrEqual(6)
})

it('a bundle gives back its leaves, and one that is cut or has a wrong length gives none', () => {
  const bundle = writeBundle(leaves)
  expect(readBundle(bundle)).toEqual(leaves)
  expect(readBundle(bundle.slice(0, -1))).toBeUndefined()
  expect(readBundle(bundle.with(1, 3))).toBeUndefined()
  expect(readBundle(new Uint8Array())).toEqual([])
  expect(bundlesOfGrowth(250, 600).map(({ index, width }) => pathOfBundle(index, width))).toEqual([
    'tile/entries/000',
    'tile/entries/001',
    'tile/entries/002.p/88',
  ])
})
