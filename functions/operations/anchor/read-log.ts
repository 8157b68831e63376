// Rules: test/operations/anchor/notarize.test.ts
import {
  type Checkpoint,
  type NotaryKey,
  openCheckpoint,
  originOf,
  type VerifyEcdsa,
} from '../../domain/anchor/checkpoint.ts'
import type { Leaf } from '../../domain/anchor/leaf.ts'
import { type Hash, inclusionNodes, inclusionPath } from '../../domain/anchor/merkle.ts'
import {
  checkpointPath,
  pathOfBundle,
  pathOfTile,
  readBundle,
  readNodeOfTiles,
  type Tile,
  tilesOfNodes,
  tileWidth,
} from '../../domain/anchor/tiles.ts'
import { AnchorForked } from '../faults.ts'
import type { LogIndexReader, LogReader, NoteSigner } from './ports.ts'

export type LogReadingPorts = { issuer: string; bucket: LogReader; key: Pick<NoteSigner, 'keys'>; verify: VerifyEcdsa }

/** Verifies a checkpoint. @throws AnchorForked if the notary's key did not sign it */
export async function openNote(note: Uint8Array, { issuer, key, verify }: Omit<LogReadingPorts, 'bucket'>) {
  const own = (await key.keys()).map((spki): NotaryKey => ({ name: originOf(issuer), spki }))
  const text = new TextDecoder().decode(note)
  const opened = openCheckpoint(text, own, verify)
  if ('not' in opened) throw new AnchorForked(`the checkpoint in the bucket is not ${opened.not.replaceAll('_', ' ')}`)
  return { note: text, ...opened }
}

/** The latest checkpoint, verified. Undefined before the first one. */
export async function readCheckpoint(
  ports: LogReadingPorts,
): Promise<{ note: string; checkpoint: Checkpoint } | undefined> {
  const note = await ports.bucket.read(checkpointPath)
  return note && openNote(note, ports)
}

/** Tiles by their paths. @throws AnchorForked if the log lacks one that a checkpoint needs */
export async function readTiles(tiles: readonly Tile[], bucket: LogReader): Promise<Map<string, Uint8Array>> {
  const read = tiles.map(async (tile) => {
    const path = pathOfTile(tile)
    return [path, await mustRead(path, bucket)] as const
  })
  return new Map(await Promise.all(read))
}

async function mustRead(path: string, bucket: LogReader): Promise<Uint8Array> {
  const bytes = await bucket.read(path)
  if (!bytes) throw new AnchorForked(`the log has no \`${path}\`, which its checkpoint needs`)
  return bytes
}

/** The leaves of one bundle of a log of `size`. */
export async function readLeaves(bundle: number, size: number, bucket: LogReader): Promise<readonly Leaf[]> {
  const width = Math.min(tileWidth, size - bundle * tileWidth)
  const path = pathOfBundle(bundle, width)
  const leaves = readBundle(await mustRead(path, bucket))
  if (leaves?.length !== width) throw new AnchorForked(`\`${path}\` is not a bundle of ${width} entries`)
  return leaves
}

export type Proof = { note: string; checkpoint: Checkpoint; index: number; hash: string; path: readonly Hash[] }

/** A proof by the latest checkpoint that the log has an entry. Undefined until a checkpoint covers it. */
export async function proveEntry(
  id: string,
  ports: LogReadingPorts & { index: LogIndexReader },
): Promise<Proof | undefined> {
  const place = (await ports.index.find([id])).get(id)
  const latest = await readCheckpoint(ports)
  if (!place || !latest || place.index >= latest.checkpoint.size) return undefined
  const { size } = latest.checkpoint
  const tiles = await readTiles(tilesOfNodes(inclusionNodes(place.index, size).flat(), size), ports.bucket)
  return { ...latest, ...place, path: inclusionPath(place.index, size, readNodeOfTiles(size, tiles)) }
}
