import { type Deny, deniesOf, denyOfHalt, everyoneBefore, stillNeeded } from '../../domain/credentials/denies.ts'
import { asOf } from '../../domain/requests/due.ts'
import { type NumericDate, RequestId } from '../../domain/values.ts'
import type { HaltStore } from '../halts/ports.ts'
import type { Clock, Log } from '../ports.ts'
import type { RequestReader } from '../requests/ports.ts'
import type { DenyCause, DenyStore, RolePolicies } from './ports.ts'

type Ports = {
  requests: Pick<RequestReader, 'load'>
  halts: Pick<HaltStore, 'find' | 'load'>
  denies: DenyStore
  roles: RolePolicies
  clock: Clock
  log: Log
}

/**
 * Denies on one target role the sessions that must no longer work. Each deny is first an item; then the role's whole
 * deny is rendered from all items, so no writer forgets another's. There is one writer a role at a time: IAM has what
 * was put last.
 *
 * Where the deny is too long for IAM, all sessions of the role are ended, which takes one line. Agents with live grants
 * ask again.
 */
export async function writeDenies(role: string, causes: readonly DenyCause[], ports: Ports): Promise<void> {
  const { denies, roles, clock, log } = ports
  const now = clock.now()
  const found = (await Promise.all([...new Set(causes)].map((cause) => deniesOfCause(role, cause, now, ports)))).flat()
  await denies.add(role, found)
  const all = await denies.ofRole(role)
  const needed = stillNeeded(all, now)
  if ((await roles.putDeny(role, needed)) === 'put') return forgetAllBut(needed, role, all, ports)

  const everyone = everyoneBefore(now)
  log.error('deny_overflow', { role, sessions: needed.length })
  await denies.add(role, [everyone])
  if ((await roles.putDeny(role, [everyone])) === 'full') throw new TypeError('one line is too long for IAM')
  await forgetAllBut([everyone], role, all, ports)
}

async function deniesOfCause(
  role: string,
  cause: DenyCause,
  now: NumericDate,
  { requests, halts }: Ports,
): Promise<readonly Deny[]> {
  if (cause === 'time') return []
  if (isRequest(cause)) {
    const stored = await requests.load(cause)
    return (stored && deniesOf(asOf(stored.state, now), now).get(role)) ?? []
  }
  const found = await halts.find(cause)
  if (!found) return []
  const ofTarget = await halts.load(found.halt.target)
  return ofTarget.halts.map((halt) => denyOfHalt(halt, role)).filter((deny) => deny !== undefined)
}

const isRequest = (id: string): id is RequestId => RequestId.safeParse(id).success

/** IAM first, then the items: after a crash in between it is rendered again. */
const forgetAllBut = (kept: readonly Deny[], role: string, all: readonly Deny[], { denies }: Ports): Promise<void> =>
  denies.forget(
    role,
    all.filter((deny) => !kept.includes(deny)),
  )
