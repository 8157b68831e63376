// Rules: test/operations/credentials/reconcile-sessions.test.ts
import { eventOf } from '../../domain/ledger/ledger.ts'
import type { JsonObject, NumericDate, RequestId } from '../../domain/values.ts'
import type { DenyReader, EndMessage } from '../../operations/credentials/ports.ts'
import { faultName } from '../../operations/faults.ts'
import type { LedgerReader } from '../../operations/ledger/ports.ts'
import type { Clock, Log, Queue } from '../../operations/ports.ts'
import type { RequestReader } from '../../operations/record/ports.ts'
import { groupOf } from '../../operations/requests/hand-on.ts'
import type { Finding, InForce, SessionOnRecord } from './findings.ts'
import { compareDenies, judgeSession, rememberedIn, requestOf } from './findings.ts'
import type { RoleReader, SessionRecord } from './ports.ts'

export type ReconcilingPorts = {
  requests: Pick<RequestReader, 'load' | 'recall'>
  ledger: Pick<LedgerReader, 'entries'>
  denies: Pick<DenyReader, 'ofRole'>
  roles: RoleReader
  sessions: SessionRecord
  deny: Queue<EndMessage>
  /** The queue of sealed roles' uses to record; a repeat is recorded once. */
  sealed: Queue<JsonObject>
  clock: Clock
  log: Log
}

/** The hour of a session, CloudTrail's delay, and the hour since the last run. Seconds. */
const lookBack = 3 * 3600
/** More than the time to record a use of a sealed role. Seconds. */
const onItsWay = 900

/**
 * Compares AWS with the table for each target role. A missing deny goes to the writer of denies, an unrecorded use of a
 * sealed role to the function that records it. It writes nothing itself.
 * @param until the end of the run, in which each target role has an equal share
 * @returns the number of findings
 */
export async function reconcileSessions(
  roles: { targets: readonly string[]; sealed: readonly string[] },
  ports: ReconcilingPorts,
  until: NumericDate,
): Promise<number> {
  let found = 0
  for (const role of roles.sealed) found += await orFailed('sealed', role, ports, () => reconcileSealed(role, ports))
  for (const [index, role] of roles.targets.entries()) {
    const now = ports.clock.now()
    const end = now + (until - now) / (roles.targets.length - index)
    found += await orFailed('target', role, ports, () => reconcileTarget(role, end, ports))
  }
  return found
}

/** Runs the check of one role. A fault does not stop the others. */
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
  // Reads both again before reporting, since a write between the first readings looks like a finding.
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

type Intents = Map<RequestId, readonly string[]>

/** Every intended credential: intents are recorded before sessions exist. */
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

/** Queues the role for the writer of denies, at most once a minute. */
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
