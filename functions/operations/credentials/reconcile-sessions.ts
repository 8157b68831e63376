import {
  compareDenies,
  type Finding,
  type InForce,
  judgeSession,
  rememberedIn,
  requestOf,
  type SessionOnRecord,
} from '../../domain/credentials/reconcile.ts'
import { eventOf } from '../../domain/ledger/ledger.ts'
import type { JsonObject, NumericDate, RequestId } from '../../domain/values.ts'
import type { EndMessage } from '../break-glass/ports.ts'
import { faultName } from '../faults.ts'
import type { LedgerReader } from '../ledger/ports.ts'
import type { Clock, Log, Queue } from '../ports.ts'
import { groupOf } from '../requests/hand-on.ts'
import type { RequestReader } from '../requests/ports.ts'
import type { DenyReader, RoleReader, SessionRecord } from './ports.ts'

export type ReconcilingPorts = {
  requests: Pick<RequestReader, 'load' | 'recall'>
  ledger: Pick<LedgerReader, 'entries'>
  denies: Pick<DenyReader, 'ofRole'>
  roles: RoleReader
  sessions: SessionRecord
  /** The writer of denies, which renders a role's whole deny anew. */
  deny: Queue<EndMessage>
  /** Whoever puts uses of sealed roles on record: told twice is once. */
  sealed: Queue<JsonObject>
  clock: Clock
  log: Log
}

/** How far back is looked: a session's hour, what CloudTrail takes to tell, and the hour since the last time. Seconds. */
const lookBack = 3 * 3600
/** A use of a sealed role that nobody has put on record so long after is no longer only on its way. Seconds. */
const onItsWay = 900

/**
 * Holds what AWS has of each target role against what the table says: its sessions, and its denies. What was not to be there
 * is told; what should be denied and is not is handed to the writer of denies again, and a use of a sealed role that nobody
 * told of to whoever puts it on record. It writes nothing itself.
 *
 * @param roles the target roles, and the sealed roles that there are
 * @param until when this must be over. Each target role has its own share of the time, and says what it had no time for
 * @returns how much was found
 */
export async function reconcileSessions(
  roles: { targets: readonly string[]; sealed: readonly string[] },
  ports: ReconcilingPorts,
  until: NumericDate,
): Promise<number> {
  let found = 0
  // Sealed roles first: their uses are few, and no agent makes them.
  for (const role of roles.sealed) found += await orFailed('sealed', role, ports, () => reconcileSealed(role, ports))
  for (const [index, role] of roles.targets.entries()) {
    const now = ports.clock.now()
    const end = now + (until - now) / (roles.targets.length - index)
    found += await orFailed('target', role, ports, () => reconcileTarget(role, end, ports))
  }
  return found
}

/** What cannot be read holds up nothing else: one role of which AWS does not tell, or the record. */
export async function orFailed(kind: string, role: string, { log }: { log: Log }, run: () => Promise<number>) {
  try {
    return await run()
  } catch (fault) {
    log.error('reconciliation_failed', { kind, role, fault: faultName(fault) })
    return 0
  }
}

async function reconcileTarget(role: string, until: NumericDate, ports: ReconcilingPorts): Promise<number> {
  const { sessions, clock, log } = ports
  const now = clock.now()
  const inForce = await ports.roles.inForce(role)
  // What was written between the two readings is no finding: so the second time counts.
  const first = compareDenies(inForce, { table: await ports.denies.ofRole(role), now })
  const ofDenies =
    first.length === 0
      ? first
      : compareDenies(await ports.roles.inForce(role), { table: await ports.denies.ofRole(role), now })
  if (ofDenies.some(({ kind }) => kind !== 'policy_unknown')) await handOn(role, 'time', now, ports)
  const { found, more } = await sessions.sessions(role, now - lookBack)
  if (more) log.error('reconciliation_cut', { role, sessions: found.length })
  const ofSessions: Finding[] = []
  const intents: Intents = new Map()
  for (const [index, session] of found.entries()) {
    if (clock.now() >= until) {
      log.error('reconciliation_cut', { role, left: found.length - index })
      break
    }
    const judged = await judge(session, { role, inForce, now, intents }, ports)
    if (!judged) continue
    ofSessions.push(judged)
    const request = requestOf(session)
    if (judged.kind === 'session_not_denied' && request) await handOn(role, request, now, ports)
  }
  const all = [...ofDenies, ...ofSessions]
  for (const { kind, what } of all) log.error('reconciliation_found', { kind, what, role })
  return all.length
}

async function judge(
  session: SessionOnRecord,
  { intents, ...role }: { role: string; inForce: InForce; now: NumericDate; intents: Intents },
  { requests, ledger }: ReconcilingPorts,
): Promise<Finding | undefined> {
  const id = requestOf(session)
  const state = id && (await requests.load(id))?.state
  const remembered = state ? rememberedIn(state) : []
  const { 'hotwork:credential': credential } = session.tags
  const known = remembered.some((each) => each === credential)
  const intended = state && !known ? await intendedIn(state.ask.id, ledger, intents) : remembered
  return judgeSession(session, { state, intended }, role)
}

/** By request: the credentials that were ever to be made of it. Its chain is read once in a run, for all its sessions. */
type Intents = Map<RequestId, readonly string[]>

/** Every credential that was ever to be made of a request: the intent is on record before the session is made. */
async function intendedIn(
  id: RequestId,
  ledger: Pick<LedgerReader, 'entries'>,
  intents: Intents,
): Promise<readonly string[]> {
  const known = intents.get(id)
  if (known) return known
  const entries = await ledger.entries(id)
  const intended = entries.flatMap((entry) => {
    const event = eventOf(entry)
    return event?.type === 'CredentialIntended' ? [event.credential] : []
  })
  intents.set(id, intended)
  return intended
}

/** Has the role's whole deny rendered again, with what this request must be denied. Once a minute, whoever asks. */
const handOn = (role: string, deny: RequestId | 'time', now: NumericDate, { deny: queue }: ReconcilingPorts) =>
  queue.send([
    { deny, role, since: now, group: groupOf(role), deduplicate: `${deny}#reconciled#${Math.floor(now / 60)}` },
  ])

async function reconcileSealed(role: string, ports: ReconcilingPorts): Promise<number> {
  const { requests, sessions, sealed, clock, log } = ports
  const now = clock.now()
  const { found, more } = await sessions.sealedUses(role, now - lookBack)
  if (more) log.error('reconciliation_cut', { role, sessions: found.length })
  let untold = 0
  for (const { eventId, at, event } of found) {
    if ((await requests.recall(`SEALED#${eventId}`)) !== undefined) continue
    await sealed.send([event])
    if (now - at <= onItsWay) continue
    untold += 1
    log.error('reconciliation_found', { kind: 'sealed_role_use_untold', what: eventId, role })
  }
  return untold
}
