import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { base64, sameBytes, textOf } from '../../functions/domain/anchor/bytes.ts'
import { type FoundEntry, flawsByLog } from '../../functions/domain/anchor/check-entries.ts'
import { type Checkpoint, openCheckpoint, readCheckpoint, readNote } from '../../functions/domain/anchor/checkpoint.ts'
import { hashOfEntry, type Leaf } from '../../functions/domain/anchor/leaf.ts'
import { rootOfLeaves } from '../../functions/domain/anchor/merkle.ts'
import type { Receipt } from '../../functions/domain/anchor/receipt.ts'
import {
  bundlesOfGrowth,
  checkpointPath,
  growTree,
  pathOfBundle,
  readBundle,
  tileWidth,
} from '../../functions/domain/anchor/tiles.ts'
import { count, type Finding, fails, findingsOf, holds } from './finding.ts'
import { notaryKeys, type PublicKey, verifyEcdsa } from './keys.ts'

/** Reads one file of a log; undefined if it is missing. */
export type ReadLogFile = (path: string) => Promise<Uint8Array | undefined>

export const folderReader =
  (folder: string): ReadLogFile =>
  async (path) => {
    try {
      return new Uint8Array(readFileSync(join(folder, path)))
    } catch (fault) {
      if (['ENOENT', 'ENOTDIR'].includes((fault as NodeJS.ErrnoException).code ?? '')) return undefined
      throw fault
    }
  }

/** A log whose entries make the tree that its notary signed. */
export type Log = { checkpoint: Checkpoint; leaves: readonly Leaf[] }

/** Checks a checkpoint. Its origin is shown; a receipt's origin must be that of its issuer. */
export function checkCheckpoint(
  note: string,
  keys: readonly PublicKey[],
): { checkpoint?: Checkpoint; finding: Finding } {
  const text = readNote(note)?.text
  const unverified = text === undefined ? undefined : readCheckpoint(text)
  if (!unverified) return { finding: fails('checkpoint', 'it is not a signed note of a tree') }
  const opened = openCheckpoint(note, notaryKeys(keys, unverified.origin), verifyEcdsa)
  if ('not' in opened)
    return {
      finding: fails(
        'checkpoint',
        opened.not === 'signed'
          ? 'its signature is invalid: it was changed, or another key signed it'
          : 'no notary of the JWKS signed it',
      ),
    }
  const { origin, size, root } = opened.checkpoint
  return {
    checkpoint: opened.checkpoint,
    finding: holds(
      'checkpoint',
      `the notary signed the tree of ${origin} with ${count(size, 'entry', 'entries')}, root ${base64(root)}`,
    ),
  }
}

/** Checks all of a log: its checkpoint, each entry, and each tile of the checkpoint's tree. */
export async function checkLog(
  read: ReadLogFile,
  keys: readonly PublicKey[],
): Promise<{ log?: Log; findings: Finding[] }> {
  const note = await read(checkpointPath)
  if (!note) return { findings: [fails('checkpoint', `it has no \`${checkpointPath}\``)] }
  const { checkpoint, finding } = checkCheckpoint(textIn(note), keys)
  if (!checkpoint) return { findings: [finding] }
  const leaves: Leaf[] = []
  const bundles = bundlesOfGrowth(0, checkpoint.size)
  const texts = await inTurns(bundles, ({ index, width }) => read(pathOfBundle(index, width)))
  for (const [at, { index, width }] of bundles.entries()) {
    const found = texts[at] && readBundle(texts[at])
    if (found?.length !== width) {
      const path = pathOfBundle(index, width)
      const range = `entries ${index * tileWidth} to ${index * tileWidth + width - 1}`
      return { findings: [finding, fails('log', `\`${path}\` (${range}) is ${texts[at] ? 'damaged' : 'missing'}`)] }
    }
    leaves.push(...found)
  }
  const grown = growTree(0, new Map(), leaves.map(hashOfEntry))
  const tiles = [...grown.tiles]
  const stored = await inTurns(tiles, ([path]) => read(path))
  const wrong = tiles.filter(([, tile], at) => !stored[at] || !sameBytes(stored[at], tile))
  const findings = [
    finding,
    ...wrong.map(([path]) => fails('log', `\`${path}\` is missing, or does not match the entries`)),
    sameBytes(grown.root, checkpoint.root)
      ? holds('log', `its ${count(leaves.length, 'entry makes', 'entries make')} the tree that was signed`)
      : fails('log', 'its entries do not make the tree that was signed: one was altered, left out, added or reordered'),
  ]
  return sameBytes(grown.root, checkpoint.root) ? { log: { checkpoint, leaves }, findings } : { findings }
}

/** Checks that the log begins with the receipt's tree. @param own the checkpoint in the receipt */
export function checkReceiptInLog(receipt: Receipt, own: Checkpoint, { checkpoint, leaves }: Log): Finding {
  const entry = `${receipt.sub}/${receipt.entries}`
  if (own.origin !== checkpoint.origin)
    return fails('log', `the log is of ${checkpoint.origin}, the receipt's of ${own.origin}`)
  if (own.size > checkpoint.size)
    return fails(
      'log',
      `the log has ${count(checkpoint.size, 'entry', 'entries')} and the receipt's ${own.size}: get a newer one`,
    )
  if (!sameBytes(rootOfLeaves(leaves.slice(0, own.size).map(hashOfEntry)), own.root))
    return fails('log', "the log does not begin with the receipt's tree: the notary signed two histories")
  const leaf = leaves[receipt.leaf_index]
  return leaf?.id === entry && leaf.hash === receipt.head
    ? holds('log', `the log begins with the receipt's tree, and has ${entry} in it`)
    : { ...fails('log', `the log has another entry in the place of ${entry}`), entry }
}

export const checkEntriesInLog = (entries: readonly FoundEntry[], { leaves }: Log, part: boolean): Finding[] =>
  findingsOf(
    'log',
    flawsByLog(entries, leaves, part),
    'the log has each of these entries, and no other of their chains',
  )

const atOnce = 8

async function inTurns<T, R>(all: readonly T[], each: (one: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  for (let at = 0; at < all.length; at += atOnce)
    results.push(...(await Promise.all(all.slice(at, at + atOnce).map(each))))
  return results
}

function textIn(bytes: Uint8Array): string {
  try {
    return textOf(bytes)
  } catch {
    return ''
  }
}
