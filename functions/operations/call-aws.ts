import { deriveReadStatement, deriveStatement, type Statement } from '../domain/catalogue.ts'
import type { Refusal } from '../domain/refusals.ts'
import {
  type ApprovalRequest,
  type ApprovedRequest,
  type Ask,
  grantOf,
  type Outcome,
  type Use,
} from '../domain/request.ts'
import { sessionPolicy } from '../domain/session-policy.ts'
import { type JsonObject, ok, type Result, refuse, type UseId } from '../domain/values.ts'
import { authorityOf } from './authority.ts'
import { type CarriedOut, carryOut } from './carry-out.ts'
import { BrokerRefused, BrokerUnavailable, CallRefused, CallUnanswered } from './faults.ts'
import type { AccessToken, AwsCaller, AwsCredentials, LookedUp, OnceOnly } from './ports.ts'
import { type BrokerPorts, sessionOf, shortest, type Target, targetOf } from './target-session.ts'

type Ports = BrokerPorts & { caller: AwsCaller }

/** The session for a call is made for that call and ends soon after it, whatever is left of the grant. Seconds. */
const callLasts = 60

/**
 * How long after its beginning a call may still be under way, in the Lambda that makes it or on the wire. Until then that
 * nothing is found proves nothing. Seconds.
 */
const underWay = 60

/**
 * Makes the one stored call of a mediated action, and gives the agent AWS's answer. That it begins is on the record before
 * it is made, so it is never made again: a call whose answer was lost is looked up by reading, where the action says how.
 * What AWS answers is given to the agent and kept nowhere.
 *
 * Refused as `outcome_unknown` while nobody knows what has become of it, and as `call_failed`, with the vendor's name for
 * the reason, where it was not done.
 *
 * @throws StoreUnavailable, StaleRequest
 */
export async function callAws(
  token: AccessToken,
  once: OnceOnly,
  ports: Ports,
): Promise<Result<JsonObject, Refusal | 'call_failed'>> {
  const stored = await ports.requests.load(token.request)
  if (!stored) return refuse('unknown_request')
  const target = targetOf(stored.state.ask.action, ports)
  const use = ports.ids.use()
  const begun = await begin(token, use, once, target, ports)
  if (!begun.ok) return begun.code === 'outcome_unknown' ? lookUpAgain(token, begun, target, ports) : told(begun)
  const { ask } = begun.value.state
  try {
    const output = await make(ask, token, target, ports)
    await end(ask, use, 'succeeded', undefined, ports)
    return ok(output)
  } catch (fault) {
    if (fault instanceof CallUnanswered) return lookUp(ask, token, useOf(begun.value.state), target, ports)
    const reason = whyNotMade(fault)
    if (reason === undefined) throw fault
    await end(ask, use, 'failed', reason, ports)
    return refuse('call_failed', reason)
  }
}

const begin = (token: AccessToken, use: UseId, once: OnceOnly, target: Target | undefined, ports: Ports) =>
  carryOut(
    token.request,
    ports,
    async (state, now) => ({
      ...(await authorityOf(state, 'use', now, ports, target ? { role: target.role } : {})),
      type: 'begin_call',
      agent: token.agent,
      presented: token.jti,
      use,
      bundle: ports.policy.bundle.hash,
    }),
    [once],
  )

/** It may be on the record by now, however it went: what happened, happened, also when the grant has ended meanwhile. */
const end = (ask: Ask, use: UseId, outcome: Outcome, note: string | undefined, ports: Ports): Promise<CarriedOut> =>
  carryOut(ask.id, ports, () => ({
    type: 'end_call',
    agent: ask.agent.id,
    use,
    outcome,
    ...(note === undefined ? {} : { note }),
    bundle: ports.policy.bundle.hash,
  }))

/** Why nothing was done, where that is certain: AWS said no to the call, or there was no session to make it with. */
function whyNotMade(fault: unknown): string | undefined {
  if (fault instanceof CallRefused) return fault.reason
  return fault instanceof BrokerRefused || fault instanceof BrokerUnavailable ? fault.name : undefined
}

async function make(ask: Ask, token: AccessToken, target: Target | undefined, ports: Ports): Promise<JsonObject> {
  const statement = target && deriveStatement(target.entry, ask.arguments, target.account)
  if (!statement) throw new BrokerRefused(`\`${ask.action}\` has no IAM statement in an account of this deployment`)
  const credentials = await assume(ask, token, statement, target, ports)
  return ports.caller.call(callOf(ask, target), credentials)
}

const callOf = ({ action, arguments: args }: Ask, { account }: Target) => ({
  action,
  arguments: args,
  region: account.region,
})

/** The same session policy as an agent would get for it, for a minute. */
const assume = (
  ask: Ask,
  { jti }: AccessToken,
  statement: Statement,
  target: Target,
  { broker, clock }: Ports,
): Promise<AwsCredentials> =>
  broker.assume({
    ...sessionOf(ask, jti, target),
    policy: sessionPolicy(statement, clock.now() + callLasts),
    durationSeconds: shortest,
    ...(target.account.scopedCredentials && { scopedSeconds: callLasts }),
  })

/** An earlier call was begun and nothing was heard of it: whoever made it may have died, or may still be at it. */
async function lookUpAgain(token: AccessToken, { stored }: CarriedOut, target: Target | undefined, ports: Ports) {
  const state = stored?.state
  const use = state && useOf(state)
  // While whoever began it may still be at it, nobody else says how it went: what is as asked may have been so before.
  if (!state || !use || ports.clock.now() - use.begunAt <= underWay) return refuse('outcome_unknown')
  return lookUp(state.ask, token, use, target, ports)
}

/** Finds out by reading what has become of a call, and puts that on the record once it is certain. */
async function lookUp(
  ask: Ask,
  token: AccessToken,
  use: Use | undefined,
  target: Target | undefined,
  ports: Ports,
): Promise<Result<JsonObject, Refusal | 'call_failed'>> {
  if (!use) return refuse('outcome_unknown')
  const looked = await read(ask, token, use, target, ports)
  if (looked.found === 'done') {
    await end(ask, use.id, 'succeeded', 'its answer was lost; found by reading', ports)
    return ok(looked.output)
  }
  if (looked.found === 'not_done' && ports.clock.now() - use.begunAt > underWay) {
    await end(ask, use.id, 'failed', 'its answer was lost; not found by reading', ports)
    return refuse('call_failed', 'not_done')
  }
  return refuse('outcome_unknown')
}

/** A read that cannot be made says nothing. It is tried again when the agent asks again. */
async function read(
  ask: Ask,
  token: AccessToken,
  { begunAt }: Use,
  target: Target | undefined,
  ports: Ports,
): Promise<LookedUp> {
  const statement = target && deriveReadStatement(target.entry, ask.arguments, target.account)
  if (!statement) return { found: 'unknown' }
  try {
    const credentials = await assume(ask, token, statement, target, ports)
    return await ports.caller.lookUp({ ...callOf(ask, target), begunAt }, credentials)
  } catch (fault) {
    const name = fault instanceof Error ? fault.name : typeof fault
    ports.log.warn('call not looked up', { request: ask.id, fault: name })
    return { found: 'unknown' }
  }
}

const useOf = (state: ApprovalRequest | ApprovedRequest): Use | undefined =>
  grantOf(state)?.uses.find(({ tool, key }) => tool === 'aws' && key === 'call')

/** An agent whose answer was lost on the way to it learns at least how its call went. */
function told(refused: CarriedOut & { ok: false }): Result<JsonObject, Refusal> {
  const ended = refused.code === 'uses_exhausted' && refused.stored ? useOf(refused.stored.state)?.ended : undefined
  return ended ? refuse(refused.code, `the call was made, and ${ended.outcome}`) : refused
}
