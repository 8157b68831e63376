import { Budget } from '../../domain/break-glass/break-glass.ts'
import type { NumericDate, RequestId } from '../../domain/values.ts'
import { carryOut } from '../requests/carry-out.ts'
import type { DecidingPorts } from '../requests/ports.ts'
import type { IncidentEvent } from './ports.ts'
import { everyone } from './read-break-glass.ts'

/** Senders try again for some days. Longer than that one delivery is remembered. */
const keepDelivery = 30 * 86_400

/**
 * An incident is closed: whatever was opened in an emergency because of it ends now, every credential with it. Nobody's
 * word but the incident's ends it, and the record says so. It can end something sooner and do nothing else: an incident
 * that is opened again, renamed or taken back revives nothing.
 *
 * The same delivery again is answered as before, also where something of that incident has been opened meanwhile. It is
 * remembered only once all of it is done, so that one that failed half way is made good by the next try.
 *
 * @returns what it ended
 * @throws StoreUnavailable, StaleRequest, after every opening has had its turn
 */
export async function closeIncident(
  { id, incident }: Pick<IncidentEvent, 'id' | 'incident'>,
  ports: Omit<DecidingPorts, 'ids'>,
): Promise<readonly RequestId[]> {
  const { requests, clock, log } = ports
  const key = `INCIDENT#${id}`
  const before = await requests.recall(key)
  if (before !== undefined) return before.split(' ').filter((each) => each !== '') as RequestId[]

  const ended: RequestId[] = []
  const faults: unknown[] = []
  for (const each of await openNow(clock.now(), ports)) {
    try {
      if (await endFor(incident, each, ports)) ended.push(each)
    } catch (fault) {
      faults.push(fault)
    }
  }
  if (faults.length > 0) throw faults[0]
  await requests.claim({ key, value: ended.join(' '), expiresAt: clock.now() + keepDelivery })
  log.info('incident closed', { ended: ended.length })
  return ended
}

/** What the book of everyone has as open. Each is read again before it is ended. */
async function openNow(now: NumericDate, { requests }: Pick<DecidingPorts, 'requests'>) {
  const book = await requests.recall(everyone)
  const openings = book === undefined ? [] : Budget.parse(JSON.parse(book))
  return openings.filter(({ until }) => now < until).map(({ id }) => id)
}

/** Whether it was this that ended it: what is of another incident, or has ended, stays as it is. */
async function endFor(incident: string, id: RequestId, ports: Omit<DecidingPorts, 'ids'>): Promise<boolean> {
  const stored = await ports.requests.load(id)
  if (stored?.state.status !== 'approved' || stored.state.ask.breakGlass?.incident !== incident) return false
  const done = await carryOut(id, ports, () => ({
    type: 'wake',
    ending: { by: 'incident', id: incident },
    bundle: ports.policy.bundle.hash,
  }))
  return done.ok && done.value.state.status === 'revoked'
}
