import { openingPolicy } from '../../domain/credentials/session-policy.ts'
import { deriveReadStatement, type Statement } from '../../domain/policy/catalogue.ts'
import { type Ask, callOf, type Use, type UseOutcome } from '../../domain/requests/request.ts'
import { underWay } from '../../domain/uses/use.ts'
import type { CredentialId, NumericDate, RequestId } from '../../domain/values.ts'
import { type BrokerPorts, sessionOf, shortest, type Target, targetOf } from '../credentials/issue-aws-credentials.ts'
import type { AwsCredentials } from '../credentials/ports.ts'
import { carryOut } from '../requests/carry-out.ts'
import type { RequestStore } from '../requests/ports.ts'
import type { AwsCall, AwsCaller, LookedUp } from './ports.ts'

export type CallPorts = BrokerPorts & { caller: AwsCaller }
/** `unread`: it could not be read now. That says nothing, and another time it may be read. */
type Looked = LookedUp | { found: 'unread' }

/** The session for a call is made for that call and ends soon after it, whatever is left of the grant. Seconds. */
const callLasts = 60

/** Finds out by reading what has become of a call, with a session that can do nothing else. It changes nothing. */
export async function lookUpCall(ask: Ask, use: Use, target: Target | undefined, ports: CallPorts): Promise<Looked> {
  const statement = target && deriveReadStatement(target.entry, ask.arguments, target.account)
  if (!statement) return { found: 'unknown' }
  try {
    const credentials = await sessionForCall(ask, use.credential, statement, target, ports)
    return await ports.caller.lookUp({ ...awsCallOf(ask, target), begunAt: use.begunAt }, credentials)
  } catch (fault) {
    const name = fault instanceof Error ? fault.name : typeof fault
    ports.log.warn('call not looked up', { request: ask.id, fault: name })
    return { found: 'unread' }
  }
}

export const awsCallOf = ({ action, arguments: args }: Ask, { account }: Target): AwsCall => ({
  action,
  arguments: args,
  region: account.region,
})

/** The same session as an agent would get for this statement, for a minute. */
export const sessionForCall = (
  ask: Ask,
  credential: CredentialId,
  statement: Statement,
  target: Target,
  { broker, clock }: CallPorts,
): Promise<AwsCredentials> =>
  broker.assume({
    ...sessionOf(ask, credential, target),
    policy: openingPolicy([statement], clock.now() + callLasts, { drill: ask.breakGlass?.drill === true }),
    durationSeconds: shortest,
    ...(target.account.scopedCredentials && { scopedSeconds: callLasts }),
  })

/**
 * How long a call that cannot be read is tried again, once a minute: a service that is down comes back, a halt is lifted.
 * After that nobody will know, and that is put on the record instead. Seconds.
 */
const triedFor = 3600

/**
 * Finds out what has become of a call of which nothing was heard, and puts the end on the record: whether or not its grant
 * still lives, and whatever the agent does. It looks and never calls. Where reading cannot tell, the end says so, once and
 * for good: a person should look. As often as it must; what has an end keeps it.
 *
 * @returns what reading said; undefined where there is nothing to resolve, or nothing yet
 * @throws StoreUnavailable, StaleRequest
 */
export async function resolveCall(id: RequestId, ports: CallPorts): Promise<Looked | undefined> {
  const stored = await ports.requests.load(id)
  const use = stored && callOf(stored.state)
  if (!use || use.ended || isUnderWay(use, ports.clock.now())) return undefined
  const { ask } = stored.state
  const target = targetOf(ask, ports)
  const stopped = target !== undefined && (await isStopped(target, ports))
  const looked: Looked = stopped ? { found: 'unread' } : await lookUpCall(ask, use, target, ports)
  const end = endOf(looked, use, ports.clock.now())
  if (!end) return looked
  const bundle = ports.policy.bundle.hash
  const done = await carryOut(id, ports, () => ({ type: 'resolve_call', use: use.id, ...end, bundle }))
  if (done.ok && end.outcome === 'unknown') ports.log.error('outcome_unknown', { request: id })
  return looked
}

/** Whoever makes it may still be at it: for so long nobody else says how it went, since what is as asked may be older. */
const isUnderWay = ({ begunAt }: Use, now: NumericDate): boolean => now - begunAt <= underWay

/** While its role is stopped no session of it is made, to read with either. Whose call it was may be stopped: it is read. */
async function isStopped(
  { role }: Target,
  { requests }: { requests: Pick<RequestStore, 'dependencies'> },
): Promise<boolean> {
  const { halts } = await requests.dependencies(
    [],
    [
      { kind: 'all', value: 'all' },
      { kind: 'role', value: role },
    ],
  )
  return halts.some(({ lifted }) => lifted === undefined)
}

/** What is now known for good, if anything is. */
function endOf(
  { found }: Looked,
  { begunAt }: Use,
  now: NumericDate,
): { outcome: UseOutcome; note: string } | undefined {
  switch (found) {
    case 'done':
      return { outcome: 'succeeded', note: 'its answer was lost; found by reading' }
    case 'not_done':
      return { outcome: 'failed', note: 'its answer was lost; not found by reading' }
    case 'unknown':
      return { outcome: 'unknown', note: 'its answer was lost; reading cannot tell' }
    case 'unread':
      return now - begunAt > triedFor
        ? { outcome: 'unknown', note: 'its answer was lost; it could not be read' }
        : undefined
    default:
      return found satisfies never
  }
}
