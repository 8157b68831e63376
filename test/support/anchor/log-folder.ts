import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { hashOfEntry } from '../../../functions/domain/anchor/leaf.ts'
import {
  bundlesOfGrowth,
  growTree,
  pathOfBundle,
  tileWidth,
  writeBundle,
} from '../../../functions/domain/anchor/tiles.ts'
import type { PlainLog } from './plain-log.ts'

/** The files of a log, as the notary's bucket has them, by their paths. */
export function filesOf(log: PlainLog): Map<string, Uint8Array> {
  const { tiles } = growTree(0, new Map(), log.leaves.map(hashOfEntry))
  const bundles = bundlesOfGrowth(0, log.leaves.length).map(({ index, width }) => {
    const leaves = log.leaves.slice(index * tileWidth, index * tileWidth + width)
    return [pathOfBundle(index, width), writeBundle(leaves)] as const
  })
  return new Map([...tiles, ...bundles, ['checkpoint', Buffer.from(log.checkpoint())]])
}

export function writeFolder(folder: string, files: ReadonlyMap<string, Uint8Array>): void {
  for (const [path, bytes] of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), bytes)
  }
}
