import { sealedSessionIn } from '../../domain/break-glass/sealed-role.ts'
import { credentialsIssued, type IssuedCredential } from '../../domain/credentials/issue.ts'
import type { Entry } from '../../domain/ledger/ledger.ts'
import type { Bundle } from '../../domain/policy/bundle.ts'
import type { ApprovalRequest, Ask } from '../../domain/requests/request.ts'
import type { RecordedCall } from '../../domain/uses/use.ts'
import type { NumericDate } from '../../domain/values.ts'
import type { DecidingPorts } from '../requests/ports.ts'
import type { CallRecord } from './ports.ts'

/**
 * `none_issued`: there were no AWS credentials, so nothing can have been called; `outside`: a role that Hotwork gives
 * no credentials of; `elsewhere`: accounts whose record we may not read; `silent`: there is no record here, or it does
 * not answer.
 */
export type CallsSeen =
  | { seen: 'none_issued' }
  | { seen: 'outside'; account: string; role: string }
  | { seen: 'read'; calls: readonly RecordedCall[]; more: boolean; elsewhere: readonly string[] }
  | { seen: 'silent'; elsewhere: readonly string[] }

export type Evidence = { entries: readonly Entry[]; credentials: readonly IssuedCredential[]; calls: CallsSeen }

export type EvidencePorts = Pick<DecidingPorts, 'ledger' | 'policy' | 'clock'> & {
  calls: CallRecord
  /** Hotwork's own account, the one whose record of calls it may read. */
  account: string
}

/** Clocks differ: calls at the very end are not missed. Seconds. */
const recordedWithin = 60

/** @param request as people are shown it: with the texts that its entries are committed to */
export async function readEvidence({ ask }: Pick<ApprovalRequest, 'ask'>, ports: EvidencePorts): Promise<Evidence> {
  const entries = await ports.ledger.entries(ask.id)
  const credentials = credentialsIssued(entries)
  const calls =
    (await callsOfSealed(ask, entries, ports)) ?? (await callsOf(ask, credentials, ports.clock.now(), ports))
  return { entries, credentials, calls }
}

/** A sealed role had no credential from us: its session is the one that was reported. */
async function callsOfSealed(
  { agent }: Ask,
  entries: readonly Entry[],
  { calls, account: own, policy }: EvidencePorts,
): Promise<CallsSeen | undefined> {
  const session = sealedSessionIn(entries, agent.subject)
  if (!session || accountOf(session.role) !== own) return undefined
  const found = await calls.ofSession({ ...session, region: regionOf(own, policy.bundle) })
  return found && { seen: 'read', ...found, elsewhere: [] }
}

async function callsOf(
  { id, resource, breakGlass }: Ask,
  credentials: readonly IssuedCredential[],
  now: NumericDate,
  { calls, account: own, policy }: EvidencePorts,
): Promise<CallsSeen> {
  if (breakGlass?.sealed) return { seen: 'outside', account: accountOf(resource.id), role: resource.id }
  const roles = [...new Set(credentials.flatMap(({ role }) => role ?? []))]
  if (roles.length === 0) return { seen: 'none_issued' }
  const ours = roles.filter((role) => accountOf(role) === own)
  const elsewhere = [...new Set(roles.map(accountOf).filter((account) => account !== own))]
  const read = await Promise.all(
    ours.map((role) => {
      const of = credentials.filter((each) => each.role === role)
      const from = Math.min(...of.map(({ issuedAt }) => issuedAt))
      const until = Math.min(now, Math.max(...of.map(({ expiresAt }) => expiresAt))) + recordedWithin
      return calls.ofSession({ name: id, role, region: regionOf(own, policy.bundle), from, until })
    }),
  )
  const found = read.filter((each) => each !== undefined)
  if (found.length === 0) return { seen: 'silent', elsewhere }
  return {
    seen: 'read',
    calls: found.flatMap((each) => each.calls).toSorted((one, other) => one.at - other.at),
    more: found.some(({ more }) => more) || found.length < read.length,
    elsewhere,
  }
}

const accountOf = (role: string): string => role.split(':')[4] ?? ''

const regionOf = (account: string, { deployment }: Bundle): string =>
  Object.values(deployment.accounts).find(({ accountId }) => accountId === account)?.region ?? ''
