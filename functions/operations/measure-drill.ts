import type { RequestId } from '../domain/values.ts'
import { StoreUnavailable } from './faults.ts'
import type { Clock, Log, RequestStore } from './ports.ts'

/** Tells milliseconds, for measuring alone: nothing is decided by it. */
export type Stopwatch = { milliseconds(): number }

const keep = 400 * 86_400
const keyOf = (id: RequestId) => `DRILL#${id}`

/**
 * Remembers how long a drill took to open. It comes after what it measures, so it can hold nothing up: that it is lost is
 * said in the report and troubles nobody.
 */
export async function measureDrill(
  { id, milliseconds }: { id: RequestId; milliseconds: number },
  { requests, clock, log }: { requests: Pick<RequestStore, 'claim'>; clock: Clock; log: Log },
): Promise<void> {
  const value = String(Math.max(0, Math.round(milliseconds)))
  try {
    await requests.claim({ key: keyOf(id), value, expiresAt: clock.now() + keep })
  } catch (fault) {
    if (!(fault instanceof StoreUnavailable)) throw fault
    log.warn('drill_not_measured', { request: id })
  }
}

/** How many milliseconds a drill took to open, where that was measured. */
export async function openedIn(
  id: RequestId,
  { requests }: { requests: Pick<RequestStore, 'recall'> },
): Promise<number | undefined> {
  const value = await requests.recall(keyOf(id))
  return value === undefined ? undefined : Number(value)
}
