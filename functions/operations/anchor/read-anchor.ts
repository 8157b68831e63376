// Rules: test/operations/requests/read-timeline.test.ts
import { readCheckpoint, readNote } from '../../domain/anchor/checkpoint.ts'
import { checkpointPath } from '../../domain/anchor/tiles.ts'
import type { Anchor } from '../../domain/cards/timeline.ts'
import type { Entry } from '../../domain/ledger/ledger.ts'
import { AnchorForked, faultName } from '../faults.ts'
import type { Clock, Log } from '../ports.ts'
import type { LogBucket, LogIndexReader } from './ports.ts'

export type AnchorPorts = { index: LogIndexReader; bucket: Pick<LogBucket, 'readVersion'> }

/**
 * The number of these entries in the log, as the notary states it; readers of a receipt verify its signature. It never
 * throws: if the log cannot be read, it logs `anchor_not_told`.
 *
 * @param entries of one chain, from its first
 */
export async function readAnchor(
  entries: readonly Entry[],
  { anchor: { index, bucket }, clock, log }: { anchor: AnchorPorts; clock: Clock; log: Log },
): Promise<Anchor> {
  try {
    const [found, places] = await Promise.all([
      bucket.readVersion(checkpointPath),
      index.find(entries.map(({ id }) => id)),
    ])
    if (!found) return { at: clock.now(), size: 0, entries: 0 }
    const checkpoint = readCheckpoint(readNote(new TextDecoder().decode(found.bytes))?.text ?? '')
    if (!checkpoint) throw new AnchorForked('the checkpoint in the bucket is invalid')
    const { size } = checkpoint
    const isIn = ({ id, hash }: Entry) => {
      const place = places.get(id)
      return place?.hash === hash && place.index < size
    }
    const missing = entries.findIndex((entry) => !isIn(entry))
    const count = missing === -1 ? entries.length : missing
    const last = entries[count - 1]
    const leaves = new Map(entries.filter(isIn).map(({ id }) => [id, places.get(id)?.index ?? 0]))
    // Never older than the last entry, since S3 gives whole seconds.
    return { at: last ? Math.max(found.since, Date.parse(last.at) / 1000) : found.since, size, entries: count, leaves }
  } catch (fault) {
    log.warn('anchor_not_told', { request: entries[0]?.id, fault: faultName(fault) })
    return { at: clock.now(), size: undefined }
  }
}
