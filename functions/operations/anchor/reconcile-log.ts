import { compareWithLeaf, type Difference, type Placed } from '../../domain/anchor/compare.ts'
import { type Leaf, partsOfId } from '../../domain/anchor/leaf.ts'
import { tileWidth } from '../../domain/anchor/tiles.ts'
import type { NumericDate } from '../../domain/values.ts'
import { fromElsewhere } from '../ledger/from-elsewhere.ts'
import type { Clock, Log } from '../ports.ts'
import type { LedgerRows, LogIndexReader } from './ports.ts'
import { type LogReadingPorts, readCheckpoint, readLeaves } from './read-log.ts'

export type ReconcileLogPorts = LogReadingPorts & {
  index: LogIndexReader
  rows: LedgerRows
  /** Invokes the notary for chains that may have entries missing in the log. */
  notary: { look(chains: readonly string[]): Promise<void> }
  clock: Clock
  log: Log
}

const hour = 3600
/** The number of latest bundles that each run compares; it compares the others in turn. */
const latest = 40
/** The approximate number of rows in one part of the table. A run reads one part. */
const rowsOfPart = 20_000
/** The age, by its own time, at which an entry should be in the log. Seconds. */
const patience = 600
/** The number of differences that are named; the rest are counted. */
const told = 50
const readers = 4

/**
 * Compares the tables and the log, both ways: each leaf must be unchanged in the ledger, and each ledger row must
 * have been committed and be in the log. A run stops when its time is up, and each begins at a different place.
 *
 * @returns the differences
 * @throws AnchorForked, AnchorUnavailable, StoreUnavailable, KeyUnavailable
 */
export async function reconcileLog(ports: ReconcileLogPorts, until: NumericDate): Promise<readonly Difference[]> {
  const { clock, log } = ports
  const now = clock.now()
  const opened = await readCheckpoint(ports)
  const size = opened?.checkpoint.size ?? 0
  const differences = new Map<string, Difference>()
  const tell = (found: readonly Difference[]) => {
    for (const each of found) {
      if (!differences.has(each.entry) && differences.size < told)
        log.error('ledger_tampered', { entry: each.entry, why: each.why })
      differences.set(each.entry, each)
    }
  }
  const left = await compareBundles(size, Math.floor(now / hour), now + (until - now) / 2, ports, tell)
  if (left > 0) log.error('reconciliation_cut', { part: 'log', left })
  const { cut, behind } = await compareRows(size, until, ports, tell)
  if (cut) log.error('reconciliation_cut', { part: 'ledger', left: 1 })
  if (behind.size > 0) {
    log.error('notary_behind', { chains: behind.size, entry: [...behind.values()][0] })
    await ports.notary.look([...behind.keys()])
  }
  log.info('log_reconciled', { size, found: differences.size })
  return [...differences.values()]
}

/** @returns the number of latest bundles that were not compared in time */
async function compareBundles(
  size: number,
  run: number,
  until: NumericDate,
  ports: ReconcileLogPorts,
  tell: (found: readonly Difference[]) => void,
): Promise<number> {
  const count = Math.ceil(size / tileWidth)
  const newest = Array.from({ length: Math.min(latest, count) }, (_, at) => count - 1 - at)
  const others = Array.from({ length: count - newest.length }, (_, at) => at)
  const waiting = [...newest, ...fromElsewhere(others, run)].values()
  let left = 0
  const reader = async () => {
    for (const bundle of waiting) {
      // Always compares the first bundle, even if the clock is wrong.
      if (ports.clock.now() < until || bundle === count - 1) tell(await compareBundle(bundle, size, ports))
      else if (bundle >= count - newest.length) left += 1
      else return
    }
  }
  await Promise.all(Array.from({ length: readers }, reader))
  return left
}

async function compareBundle(bundle: number, size: number, ports: ReconcileLogPorts): Promise<Difference[]> {
  const leaves = await readLeaves(bundle, size, ports.bucket)
  const placed = new Map((await ports.rows.at(leaves.map(({ id }) => id))).map((each) => [each.id, each]))
  const known = new Map(leaves.map(({ id, hash }) => [hash, id]))
  const differences = leaves.flatMap((leaf) => compareWithLeaf(placed.get(leaf.id), leaf, known) ?? [])
  return [...differences, ...(await uncommitted(leaves, ports))]
}

/** Entries after the committed end of their chain: rows that were written without a commit. */
async function uncommitted(entries: readonly { id: string }[], { rows }: ReconcileLogPorts): Promise<Difference[]> {
  const placed = entries.map(({ id }) => ({ id, parts: partsOfId(id) }))
  const ends = await rows.ends([...new Set(placed.flatMap(({ parts }) => parts?.aggregate ?? []))])
  return placed
    .filter(({ parts }) => !parts || parts.sequence > (ends.get(parts.aggregate)?.sequence ?? 0))
    .map(({ id }) => ({ entry: id, why: 'added' as const }))
}

type Rows = { cut: boolean; behind: Map<string, string> }

/** Compares one part of the ledger table, a different one each hour: its rows must be committed, and be in the log. */
async function compareRows(
  size: number,
  until: NumericDate,
  ports: ReconcileLogPorts,
  tell: (found: readonly Difference[]) => void,
): Promise<Rows> {
  const { rows, clock } = ports
  const now = clock.now()
  const parts = Math.max(1, Math.ceil(size / rowsOfPart))
  const behind = new Map<string, string>()
  for await (const page of rows.part(Math.floor(now / hour) % parts, parts)) {
    const old = page.filter((row) => !isYoung(row, now))
    const added = await uncommitted(old, ports)
    tell(added)
    const beside = new Set(added.map(({ entry }) => entry))
    const committed = old.filter(({ id }) => !beside.has(id))
    for (const { id } of await notLogged(committed, size, ports)) behind.set(partsOfId(id)?.aggregate ?? id, id)
    if (clock.now() >= until) return { cut: true, behind }
  }
  return { cut: false, behind }
}

function isYoung({ entry }: Placed, now: NumericDate): boolean {
  const at = Date.parse(String(entry['at'])) / 1000
  return at > now - patience && at < now + patience
}

/** Entries that are not in the log. The index finds a leaf, and the log proves it. */
async function notLogged(
  placed: readonly Placed[],
  size: number,
  { index, bucket }: ReconcileLogPorts,
): Promise<readonly Placed[]> {
  const places = await index.find(placed.map(({ id }) => id))
  const bundles = new Map<number, Promise<readonly Leaf[]>>()
  const isLogged = async ({ id }: Placed): Promise<boolean> => {
    const place = places.get(id)
    if (!place || place.index >= size) return false
    const bundle = Math.floor(place.index / tileWidth)
    const leaves = bundles.get(bundle) ?? readLeaves(bundle, size, bucket)
    bundles.set(bundle, leaves)
    return (await leaves)[place.index % tileWidth]?.id === id
  }
  const logged = await Promise.all(placed.map(isLogged))
  return placed.filter((_, at) => !logged[at])
}
