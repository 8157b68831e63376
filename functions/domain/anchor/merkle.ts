import { sha256 } from '../digest.ts'
import { joinBytes, sameBytes } from './bytes.ts'

/** The Merkle tree of RFC 9162, section 2.1, over SHA-256. Sizes and indexes are below 2^53. */

export type Hash = Uint8Array

/** The hash of the perfect subtree over the leaves `[index << level, (index + 1) << level)`. */
export type Node = { level: number; index: number }
export type ReadNode = (node: Node) => Hash

export const emptyRoot = (): Hash => sha256(new Uint8Array())
export const hashOfLeaf = (bytes: Uint8Array): Hash => sha256(joinBytes(Uint8Array.of(0), bytes))
const hashOfNode = (left: Hash, right: Hash): Hash => sha256(joinBytes(Uint8Array.of(1), left, right))

/** The root over the hashes of all leaves. */
export function rootOfLeaves(leaves: readonly Hash[]): Hash {
  if (leaves.length === 0) return emptyRoot()
  return foldNodes(nodesOfRange(0, leaves.length), readNodeOf(leaves))
}

/** The perfect subtrees of `[0, size)` from left to right, which identify a tree of that size. */
export const nodesOfTree = (size: number): Node[] => nodesOfRange(0, size)

/** Combines perfect subtrees from right to left, as the tree does at its right edge. */
export function foldNodes(nodes: readonly Node[], read: ReadNode): Hash {
  const hashes = nodes.map(read)
  const last = hashes.pop()
  return last === undefined ? emptyRoot() : hashes.reduceRight((right, left) => hashOfNode(left, right), last)
}

/** For each member of an inclusion path, the perfect subtrees that it is folded from. */
export function inclusionNodes(index: number, size: number): Node[][] {
  if (!Number.isSafeInteger(size) || !Number.isSafeInteger(index) || index < 0 || index >= size) {
    throw new RangeError(`no leaf ${index} in a tree of ${size}`)
  }
  const path: Node[][] = []
  let [begin, end] = [0, size]
  while (end - begin > 1) {
    const middle = begin + splitOf(end - begin)
    if (index < middle) {
      path.push(nodesOfRange(middle, end))
      end = middle
    } else {
      path.push(nodesOfRange(begin, middle))
      begin = middle
    }
  }
  return path.reverse()
}

/** RFC 9162, section 2.1.3.1. */
export const inclusionPath = (index: number, size: number, read: ReadNode): Hash[] =>
  inclusionNodes(index, size).map((nodes) => foldNodes(nodes, read))

/**
 * For each member of a consistency proof, its perfect subtrees. Empty if a tree is empty or both have the same size.
 */
export function consistencyNodes(from: number, to: number): Node[][] {
  if (!Number.isSafeInteger(to) || !Number.isSafeInteger(from) || from < 0 || from > to) {
    throw new RangeError(`no tree of ${from} in a tree of ${to}`)
  }
  if (from === 0 || from === to) return []
  const proof: Node[][] = []
  let [begin, end, known] = [0, to, true]
  while (from < end) {
    const middle = begin + splitOf(end - begin)
    if (from <= middle) {
      proof.push(nodesOfRange(middle, end))
      end = middle
    } else {
      proof.push(nodesOfRange(begin, middle))
      begin = middle
      known = false
    }
  }
  if (!known) proof.push(nodesOfRange(begin, end))
  return proof.reverse()
}

/** RFC 9162, section 2.1.4.1. */
export const consistencyPath = (from: number, to: number, read: ReadNode): Hash[] =>
  consistencyNodes(from, to).map((nodes) => foldNodes(nodes, read))

/**
 * The root that a leaf and its path give (RFC 9162, section 2.1.3.2), or undefined if the path has the wrong length.
 */
export function rootOfInclusion(index: number, size: number, leaf: Hash, path: readonly Hash[]): Hash | undefined {
  if (!Number.isSafeInteger(size) || !Number.isSafeInteger(index) || index < 0 || index >= size) return undefined
  let [fn, sn, root] = [index, size - 1, leaf]
  for (const other of path) {
    if (sn === 0 || other.length !== 32) return undefined
    if (fn % 2 === 1 || fn === sn) {
      root = hashOfNode(other, root)
      while (fn % 2 === 0 && fn !== 0) [fn, sn] = [half(fn), half(sn)]
    } else {
      root = hashOfNode(root, other)
    }
    ;[fn, sn] = [half(fn), half(sn)]
  }
  return sn === 0 ? root : undefined
}

export function includes(index: number, size: number, leaf: Hash, path: readonly Hash[], root: Hash): boolean {
  const found = rootOfInclusion(index, size, leaf, path)
  return found !== undefined && sameBytes(found, root)
}

/** Whether the tree of `to` leaves begins with the tree of `from` leaves (RFC 9162, section 2.1.4.2). */
export function extendsTree(from: number, fromRoot: Hash, to: number, toRoot: Hash, path: readonly Hash[]): boolean {
  if (!Number.isSafeInteger(to) || !Number.isSafeInteger(from) || from < 0 || from > to) return false
  if (from === to) return path.length === 0 && sameBytes(fromRoot, toRoot)
  if (from === 0) return path.length === 0 && sameBytes(fromRoot, emptyRoot())
  const [first, ...rest] = isPowerOfTwo(from) ? [fromRoot, ...path] : path
  if (first === undefined) return false
  let [fn, sn] = [from - 1, to - 1]
  while (fn % 2 === 1) [fn, sn] = [half(fn), half(sn)]
  let [fr, sr] = [first, first]
  for (const other of rest) {
    if (sn === 0 || other.length !== 32) return false
    if (fn % 2 === 1 || fn === sn) {
      fr = hashOfNode(other, fr)
      sr = hashOfNode(other, sr)
      while (fn % 2 === 0 && fn !== 0) [fn, sn] = [half(fn), half(sn)]
    } else {
      sr = hashOfNode(sr, other)
    }
    ;[fn, sn] = [half(fn), half(sn)]
  }
  return sn === 0 && sameBytes(fr, fromRoot) && sameBytes(sr, toRoot)
}

/** Reads any node from the hashes of all leaves. */
export const readNodeOf =
  (leaves: readonly Hash[]): ReadNode =>
  ({ level, index }) =>
    hashOfPerfect(leaves.slice(index * 2 ** level, (index + 1) * 2 ** level))

/** The hash of a perfect subtree, from the hashes one or more levels below it: their number is a power of two. */
export function hashOfPerfect(below: readonly Hash[]): Hash {
  let hashes = below
  while (hashes.length > 1) {
    const pairs: Hash[] = []
    for (let at = 0; at + 1 < hashes.length; at += 2) pairs.push(hashOfNode(hashes[at] as Hash, hashes[at + 1] as Hash))
    if (pairs.length * 2 !== hashes.length) throw new RangeError(`${below.length} hashes are no perfect subtree`)
    hashes = pairs
  }
  if (hashes[0] === undefined) throw new RangeError('no hashes')
  return hashes[0]
}

/** `begin` is a multiple of the rest's largest power of two, as for every range that a tree splits into. */
function nodesOfRange(begin: number, end: number): Node[] {
  const nodes: Node[] = []
  let at = begin
  while (at < end) {
    let level = 0
    while (2 ** (level + 1) <= end - at) level += 1
    nodes.push({ level, index: at / 2 ** level })
    at += 2 ** level
  }
  return nodes
}

/** The largest power of two below `size`. */
function splitOf(size: number): number {
  let split = 1
  while (split * 2 < size) split *= 2
  return split
}

const half = (number: number): number => Math.floor(number / 2)

function isPowerOfTwo(number: number): boolean {
  let power = 1
  while (power < number) power *= 2
  return power === number
}
