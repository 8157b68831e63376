import { uncomparedSince } from '../../domain/record/ended.ts'
import { comparisonOf, delayIn } from '../../domain/uses/actual.ts'
import type { NumericDate, RequestId } from '../../domain/values.ts'
import { faultName } from '../faults.ts'
import { carryOut } from '../record/carry-out.ts'
import type { DecidingPorts } from '../record/ports.ts'
import type { ActualReader } from './ports.ts'

export type ComparingPorts = DecidingPorts & { actual: ActualReader }

/** The time for retries of a silent record; then the entry is marked as incomplete. Seconds. */
const askedFor = 86_400
const batch = 50

/**
 * Records, once, the calls made with the AWS sessions of each grant that ended long enough ago. It reads a sparse
 * index, so its cost does not grow with earlier comparisons.
 *
 * @param until the end of this run: CloudTrail is slow, so the rest is left for the next run
 * @returns the number of compared grants
 */
export async function compareCalls(ports: ComparingPorts, until: NumericDate): Promise<number> {
  const now = ports.clock.now()
  // From both ends in turn, so that unreadable grants do not block the others.
  const newestFirst = Math.floor(now / 60) % 2 === 1
  const ids = await ports.requests.uncompared(now - delayIn(ports.policy.bundle), { limit: batch, newestFirst })
  let compared = 0
  for (const id of ids) {
    if (ports.clock.now() >= until) break
    compared += await compareOrPassOver(id, ports)
  }
  return compared
}

async function compareOrPassOver(id: RequestId, ports: ComparingPorts): Promise<number> {
  try {
    return (await compareOne(id, ports)) ? 1 : 0
  } catch (fault) {
    ports.log.warn('calls_not_compared_now', { request: id, fault: faultName(fault) })
    return 0
  }
}

async function compareOne(id: RequestId, ports: ComparingPorts): Promise<boolean> {
  const { log, clock } = ports
  const [stored, actual] = [await ports.requests.load(id), await ports.actual.of(id)]
  if (!stored || !actual) return false
  const found = comparisonOf(actual)
  if (!actual.complete) {
    const since = uncomparedSince(stored.state)
    if (since === undefined || clock.now() - since < askedFor) return false
    log.error('calls_not_compared', { request: id, unread: actual.unread.join(' '), more: actual.more })
  }
  // Logged before it is recorded, and so at least once.
  if (found.extraCalls > 0)
    log.error('extra_calls', {
      request: id,
      agent: stored.state.ask.agent.id,
      calls: found.extraCalls,
      actions: found.extra.join(' '),
    })
  const done = await carryOut(id, ports, () => ({ type: 'compare_calls', found }))
  return done.ok
}
