import { openingPolicy } from '../../domain/credentials/session-policy.ts'
import { isHaltInForce } from '../../domain/halts/halt.ts'
import { deriveReadStatement, deriveStatement, type Statement } from '../../domain/policy/catalogue.ts'
import { isGuarded } from '../../domain/previews/drift.ts'
import type { Refusal } from '../../domain/refusals.ts'
import type { BeginCall } from '../../domain/requests/commands.ts'
import type { RefusalOf } from '../../domain/requests/decide.ts'
import { openingOf } from '../../domain/requests/origin.ts'
import { type Ask, callOf, type Outcome, type Use, type UseOutcome } from '../../domain/requests/request.ts'
import { underWay } from '../../domain/uses/use.ts'
import type { CredentialId, JsonObject, NumericDate, RequestId, Result, UseId } from '../../domain/values.ts'
import { defined, ok, refuse } from '../../domain/values.ts'
import { type BrokerPorts, sessionOf, shortest, type Target, targetOf } from '../credentials/issue-aws-credentials.ts'
import type { AccessToken, AwsCredentials } from '../credentials/ports.ts'
import { BrokerRefused, CallNotSent, CallOutdated, CallRefused, CallUnanswered, faultName } from '../faults.ts'
import { authorityOf } from '../policy/authority.ts'
import type { OnceOnly } from '../ports.ts'
import { type Reading, readAgain } from '../previews/read-again.ts'
import { type CarriedOut, carryOut } from '../requests/carry-out.ts'
import type { AwsCall, AwsCaller, LookedUp } from './ports.ts'

/** `call_failed`: AWS said no, by this name. `call_not_sent`: nothing was done, for this fault. */
export type CallRefusal = RefusalOf<BeginCall> | 'replayed' | 'call_failed' | 'call_not_sent'

/**
 * Makes the one stored call of a mediated action; AWS's answer is kept nowhere. Its begin is on the record before it is
 * made, so it is never made again: a call whose answer was lost is looked up by reading. Where certainly nothing was
 * sent, the use is given back, and the agent may ask again.
 */
export async function callAws(
  token: AccessToken,
  once: OnceOnly,
  ports: CallPorts,
): Promise<Result<JsonObject, CallRefusal>> {
  const stored = await ports.requests.load(token.request)
  if (!stored) return refuse('unknown_request')
  const target = targetOf(stored.state.ask, ports)
  const use = ports.ids.use(token.request)
  const { begun, expected } = await begin(token, use, once, target, ports)
  if (!begun.ok) return begun.code === 'outcome_unknown' ? askAgain(token, ports) : told(begun)
  const { state } = begun.value
  const { ask } = state
  let credentials: AwsCredentials
  try {
    credentials = await sessionFor(ask, token, target, ports)
  } catch (fault) {
    return fault instanceof BrokerRefused ? failed(ask, use, fault.name, ports) : giveBack(ask, use, fault, ports)
  }
  try {
    const call = { ...awsCallOf(ask, target as Target), ...defined({ expected }) }
    const output = await ports.caller.call(call, credentials)
    await end(ask, use, 'succeeded', undefined, ports)
    return ok(output)
  } catch (fault) {
    if (fault instanceof CallUnanswered) return lookUpAtOnce(ask, callOf(state), target, ports)
    // Asked again, what is there is read again: it is another state.
    if (fault instanceof CallNotSent || fault instanceof CallOutdated) return giveBack(ask, use, fault, ports)
    if (fault instanceof CallRefused) return failed(ask, use, fault.reason, ports)
    throw fault
  }
}

/** `expected`: what was read just before, which the call carries where AWS can be told. */
async function begin(token: AccessToken, use: UseId, once: OnceOnly, target: Target | undefined, ports: CallPorts) {
  let expected: JsonObject | undefined
  const begun = await carryOut(
    token.request,
    ports,
    async (state, now) => {
      const [authority, { observed, raw }] = await Promise.all([
        authorityOf(state, 'use', now, ports, defined({ role: target?.role })),
        isGuarded(state, 'call') ? readAgain(state, now, ports) : ({} as Reading),
      ])
      expected = raw
      const own = { agent: token.agent, target: 'aws' as const, presented: token.jti, use }
      return { ...authority, ...defined({ observed }), type: 'begin_call' as const, ...own }
    },
    [once],
  )
  return { begun, expected }
}

async function sessionFor(ask: Ask, { jti }: AccessToken, target: Target | undefined, ports: CallPorts) {
  const statement = target && deriveStatement(target.entry, ask.arguments, target.account)
  if (!statement) throw new BrokerRefused(`\`${ask.action}\` has no IAM statement in an account of this deployment`)
  return sessionForCall(ask, jti, statement, target, ports)
}

/** Recorded also when the grant has ended meanwhile: what happened, happened. */
const end = (ask: Ask, use: UseId, outcome: Outcome, note: string | undefined, ports: CallPorts): Promise<CarriedOut> =>
  carryOut(ask.id, ports, () => ({ type: 'end_call', agent: ask.agent.id, use, outcome, ...defined({ note }) }))

async function failed(ask: Ask, use: UseId, reason: string, ports: CallPorts) {
  await end(ask, use, 'failed', reason, ports)
  return refuse('call_failed', reason)
}

/** Nothing was sent, and nothing will be: only this run would have sent it. */
async function giveBack(ask: Ask, use: UseId, fault: unknown, ports: CallPorts): Promise<Result<never, CallRefusal>> {
  const reason = faultName(fault)
  const { id, agent } = ask
  const given = await carryOut(id, ports, () => ({ type: 'return_call', agent: agent.id, use, reason }))
  return given.ok ? refuse('call_not_sent', reason) : refuse('outcome_unknown')
}

/** The run that made the call may say at once that reading finds it done. Otherwise it may still be under way. */
async function lookUpAtOnce(
  ask: Ask,
  use: Use | undefined,
  target: Target | undefined,
  ports: CallPorts,
): Promise<Result<JsonObject, CallRefusal>> {
  const looked = use && (await lookUpCall(ask, use, target, ports))
  if (looked?.found !== 'done') return refuse('outcome_unknown')
  await end(ask, (use as Use).id, 'succeeded', 'its answer was lost; found by reading', ports)
  return ok(looked.output)
}

async function askAgain({ request }: AccessToken, ports: CallPorts): Promise<Result<JsonObject, CallRefusal>> {
  const looked = await resolveCall(request, ports)
  if (looked?.found === 'done') return ok(looked.output)
  if (looked?.found === 'not_done') return refuse('call_failed', 'not_done')
  const stored = await ports.requests.load(request)
  const ended = stored && callOf(stored.state)?.ended
  return refuse('outcome_unknown', ended?.note)
}

function told<Code extends Refusal>(refused: CarriedOut<Code> & { ok: false }): Result<JsonObject, Code> {
  const ended = refused.code === 'uses_exhausted' && refused.stored ? callOf(refused.stored.state)?.ended : undefined
  return ended ? refuse(refused.code, `the call was made, and ${ended.outcome}`) : refused
}

type CallPorts = BrokerPorts & { caller: AwsCaller }
/** `unread`: it could not be read now, which says nothing. Another time it may be read. */
type Looked = LookedUp | { found: 'unread' }

/** A session for a call ends soon after it, however much is left of the grant. Seconds. */
const callLasts = 60

/** Finds out by reading what became of a call, with a session that can do nothing else. */
async function lookUpCall(ask: Ask, use: Use, target: Target | undefined, ports: CallPorts): Promise<Looked> {
  const statement = target && deriveReadStatement(target.entry, ask.arguments, target.account)
  if (!statement) return { found: 'unknown' }
  try {
    const credentials = await sessionForCall(ask, use.credential, statement, target, ports)
    return await ports.caller.lookUp({ ...awsCallOf(ask, target), begunAt: use.begunAt }, credentials)
  } catch (fault) {
    ports.log.warn('call not looked up', { request: ask.id, fault: faultName(fault) })
    return { found: 'unread' }
  }
}

const awsCallOf = ({ action, arguments: args }: Ask, { account }: Target): AwsCall => ({
  action,
  arguments: args,
  region: account.region,
})

const sessionForCall = (
  ask: Ask,
  credential: CredentialId,
  statement: Statement,
  target: Target,
  { broker, clock }: CallPorts,
): Promise<AwsCredentials> =>
  broker.assume({
    ...sessionOf(ask, credential, target),
    policy: openingPolicy([statement], clock.now() + callLasts, { drill: openingOf(ask)?.drill === true }),
    durationSeconds: shortest,
    ...(target.account.scopedCredentials && { scopedSeconds: callLasts }),
  })

/** So long a call that cannot be read is tried again, once a minute, before it counts as unknown. Seconds. */
const triedFor = 3600

/**
 * Looks and never calls, also when the grant has ended. Where reading cannot tell, the end says so once and for good,
 * and a person should look. Undefined where there is nothing to resolve, or nothing yet.
 */
export async function resolveCall(id: RequestId, ports: CallPorts): Promise<Looked | undefined> {
  const stored = await ports.requests.load(id)
  const use = stored && callOf(stored.state)
  // The run that made it may still be at it, and until then no other says how it went.
  if (!use || use.ended || ports.clock.now() - use.begunAt <= underWay) return undefined
  const { ask } = stored.state
  const target = targetOf(ask, ports)
  const stopped = target !== undefined && (await isStopped(target, ports))
  const looked: Looked = stopped ? { found: 'unread' } : await lookUpCall(ask, use, target, ports)
  const end = endOf(looked, use, ports.clock.now())
  if (!end) return looked
  const done = await carryOut(id, ports, () => ({ type: 'resolve_call', use: use.id, ...end }))
  if (done.ok && end.outcome === 'unknown') ports.log.error('outcome_unknown', { request: id })
  return looked
}

/** No session of a stopped role is made, not even to read. A halt of the agent does not matter: reading goes on. */
async function isStopped(
  { role }: Target,
  { requests, clock }: Pick<CallPorts, 'requests' | 'clock'>,
): Promise<boolean> {
  const targets = [{ kind: 'all', value: 'all' } as const, { kind: 'role', value: role } as const]
  const { halts } = await requests.dependencies([], targets)
  const now = clock.now()
  return halts.some((halt) => isHaltInForce(halt, now))
}

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
