import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readBase64, utf8 } from '../../../functions/domain/anchor/bytes.ts'
import {
  consistencyPath,
  emptyRoot,
  extendsTree,
  type Hash,
  hashOfLeaf,
  includes,
  inclusionPath,
  readNodeOf,
  rootOfLeaves,
} from '../../../functions/domain/anchor/merkle.ts'

type Proof = { from: number; size: number; path: string[] }
/** Made by `judge/main.go`, with Go's own library. */
const vectors: { roots: { [size: string]: string }; inclusion: Proof[]; consistency: Proof[] } = JSON.parse(
  readFileSync(join(__dirname, 'vectors.json'), 'utf8'),
)

const hashes = (count: number) => Array.from({ length: count }, (_, n) => hashOfLeaf(utf8(`${n}`)))
const bytes = (text: string) => readBase64(text) as Hash
const hex = (hash: Hash) => Buffer.from(hash).toString('hex')
const all = hashes(700)
const rootOf = (size: number) => rootOfLeaves(all.slice(0, size))

it('the tree has the roots of the test vectors of RFC 6962 implementations', () => {
  const leaves = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f']
  const known = [
    '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
    'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
    'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
    'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
    '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
    'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
    '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
  ]
  const hashed = leaves.map((leaf) => hashOfLeaf(Buffer.from(leaf, 'hex')))
  expect(known.map((_, at) => hex(rootOfLeaves(hashed.slice(0, at + 1))))).toEqual(known)
  expect(hex(emptyRoot())).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
})

it("the tree has the roots of Go's tlog", () => {
  for (const [size, root] of Object.entries(vectors.roots)) expect(rootOf(Number(size))).toEqual(bytes(root))
})

it("an inclusion path is that of Go's tlog, and proves its leaf", () => {
  for (const { from, size, path } of vectors.inclusion) {
    const own = inclusionPath(from, size, readNodeOf(all))
    expect(own).toEqual(path.map(bytes))
    expect(includes(from, size, all[from] as Hash, own, rootOf(size))).toBe(true)
  }
})

it('an inclusion path proves no other leaf, place or tree, nor with one hash more, less or changed', () => {
  for (const [index, size] of [
    [0, 1],
    [3, 7],
    [6, 7],
    [5, 8],
    [256, 300],
  ] as const) {
    const [leaf, root, path] = [all[index] as Hash, rootOf(size), inclusionPath(index, size, readNodeOf(all))]
    expect(includes(index, size, all[index + 1] as Hash, path, root)).toBe(false)
    for (const other of [index - 1, index + 1]) expect(includes(other, size, leaf, path, root)).toBe(false)
    expect(includes(index, size, leaf, path, rootOf(size + 1))).toBe(false)
    expect(includes(index, size, leaf, [...path, leaf], root)).toBe(false)
    if (path.length > 0) expect(includes(index, size, leaf, path.slice(1), root)).toBe(false)
    for (const [at, hash] of path.entries()) {
      const changed = path.with(
        at,
        Uint8Array.from(hash, (byte, place) => (place === 31 ? byte ^ 1 : byte)),
      )
      expect(includes(index, size, leaf, changed, root)).toBe(false)
    }
  }
})

it('an inclusion path of an impossible index or size is refused', () => {
  for (const [index, size] of [
    [-1, 4],
    [4, 4],
    [0, 0],
    [0.5, 4],
    [Number.NaN, 4],
    [1, Number.POSITIVE_INFINITY],
  ] as const) {
    expect(includes(index, size, all[0] as Hash, [], rootOf(1))).toBe(false)
    expect(() => inclusionPath(index, size, readNodeOf(all))).toThrow(RangeError)
  }
})

it("a consistency proof is that of Go's tlog, and proves that the tree grew", () => {
  for (const { from, size, path } of vectors.consistency) {
    const own = consistencyPath(from, size, readNodeOf(all))
    expect(own).toEqual(path.map(bytes))
    expect(extendsTree(from, rootOf(from), size, rootOf(size), own)).toBe(true)
  }
})

it('a consistency proof holds for all small trees, and for no tree with another past', () => {
  for (let to = 0; to <= 20; to += 1) {
    for (let from = 0; from <= to; from += 1) {
      const path = consistencyPath(from, to, readNodeOf(all))
      expect(extendsTree(from, rootOf(from), to, rootOf(to), path)).toBe(true)
      if (from === 0) continue
      const forged = rootOfLeaves([...all.slice(1, from), all[from + 30] as Hash])
      expect(extendsTree(from, forged, to, rootOf(to), path)).toBe(false)
      if (from < to) expect(extendsTree(from, rootOf(from), to, forged, path)).toBe(false)
      expect(extendsTree(from, rootOf(from), to, rootOf(to), [...path, all[0] as Hash])).toBe(false)
    }
  }
})

it('a consistency proof from a larger tree to a smaller one is refused', () => {
  expect(extendsTree(5, rootOf(5), 4, rootOf(4), [])).toBe(false)
  expect(() => consistencyPath(5, 4, readNodeOf(all))).toThrow(RangeError)
})
