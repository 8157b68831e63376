import { sameBytes } from '../../../functions/domain/anchor/bytes.ts'
import { readCheckpoint as checkpointIn, readNote } from '../../../functions/domain/anchor/checkpoint.ts'
import { hashOfEntry, type Leaf } from '../../../functions/domain/anchor/leaf.ts'
import { rootOfLeaves } from '../../../functions/domain/anchor/merkle.ts'
import {
  hashesOf,
  pathOfBundle,
  pathOfTile,
  readBundle,
  tilesOfGrowth,
} from '../../../functions/domain/anchor/tiles.ts'

/** All leaves of a log, by its files alone; throws if the files that its checkpoint needs contradict each other. */
export function readWholeLog(read: (path: string) => Uint8Array | undefined): Leaf[] {
  const note = read('checkpoint')
  if (!note) return []
  const checkpoint = checkpointIn(readNote(new TextDecoder().decode(note))?.text ?? '')
  if (!checkpoint) throw new Error('the checkpoint is none')
  const { size, root } = checkpoint
  const must = (path: string): Uint8Array => {
    const bytes = read(path)
    if (!bytes) throw new Error(`no ${path}`)
    return bytes
  }
  const tiles = tilesOfGrowth(0, size)
  const leaves = tiles
    .filter(({ level }) => level === 0)
    .flatMap(({ index, width }) => readBundle(must(pathOfBundle(index, width))) ?? [])
  const hashes = leaves.map(hashOfEntry)
  if (leaves.length !== size || !sameBytes(rootOfLeaves(hashes), root)) throw new Error('the root is of other entries')
  for (const { level, index, width } of tiles) {
    const span = 256 ** level
    const expected = Array.from({ length: width }, (_, at) => (index * 256 + at) * span).map((from) =>
      rootOfLeaves(hashes.slice(from, from + span)),
    )
    const found = hashesOf(must(pathOfTile({ level, index, width })))
    if (found.length !== width || !found.every((hash, at) => sameBytes(hash, expected[at] as Uint8Array)))
      throw new Error(`${pathOfTile({ level, index, width })} is of other entries`)
  }
  return leaves
}
