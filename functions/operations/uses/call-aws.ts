import { deriveStatement } from '../../domain/policy/catalogue.ts'
import type { Refusal } from '../../domain/refusals.ts'
import { type Ask, callOf, type Outcome, type Use } from '../../domain/requests/request.ts'
import { defined, type JsonObject, ok, type Result, refuse, type UseId } from '../../domain/values.ts'
import { type Target, targetOf } from '../credentials/issue-aws-credentials.ts'
import type { AccessToken, AwsCredentials } from '../credentials/ports.ts'
import { BrokerRefused, CallNotSent, CallRefused, CallUnanswered } from '../faults.ts'
import { authorityOf } from '../policy/authority.ts'
import type { OnceOnly } from '../ports.ts'
import { type CarriedOut, carryOut } from '../requests/carry-out.ts'
import { awsCallOf, type CallPorts, lookUpCall, resolveCall, sessionForCall } from './resolve-call.ts'

/** `call_failed`: AWS said no, by this name. `call_not_sent`: nothing was done, for this fault, and the grant is as it was. */
type CallRefusal = Refusal | 'call_failed' | 'call_not_sent'

/**
 * Makes the one stored call of a mediated action, and gives the agent AWS's answer. That it begins is on the record before
 * it is made, so it is never made again: a call whose answer was lost is looked up by reading, where the action says how.
 * What AWS answers is given to the agent and kept nowhere.
 *
 * Where it is certain that nothing was sent, the use is given back, on the record too, and the agent may ask again. A crash
 * before that leaves a call of which nobody knows whether it was sent.
 *
 * Refused as `outcome_unknown` while nobody knows what has become of it, with a detail once nobody ever will.
 *
 * @throws StoreUnavailable, StaleRequest
 */
export async function callAws(
  token: AccessToken,
  once: OnceOnly,
  ports: CallPorts,
): Promise<Result<JsonObject, CallRefusal>> {
  const stored = await ports.requests.load(token.request)
  if (!stored) return refuse('unknown_request')
  const target = targetOf(stored.state.ask, ports)
  const use = ports.ids.use()
  const begun = await begin(token, use, once, target, ports)
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
    const output = await ports.caller.call(awsCallOf(ask, target as Target), credentials)
    await end(ask, use, 'succeeded', undefined, ports)
    return ok(output)
  } catch (fault) {
    if (fault instanceof CallUnanswered) return lookUpAtOnce(ask, callOf(state), target, ports)
    if (fault instanceof CallNotSent) return giveBack(ask, use, fault, ports)
    if (fault instanceof CallRefused) return failed(ask, use, fault.reason, ports)
    throw fault
  }
}

const begin = (token: AccessToken, use: UseId, once: OnceOnly, target: Target | undefined, ports: CallPorts) =>
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

async function sessionFor(ask: Ask, { jti }: AccessToken, target: Target | undefined, ports: CallPorts) {
  const statement = target && deriveStatement(target.entry, ask.arguments, target.account)
  if (!statement) throw new BrokerRefused(`\`${ask.action}\` has no IAM statement in an account of this deployment`)
  return sessionForCall(ask, jti, statement, target, ports)
}

/** It may be on the record by now, however it went: what happened, happened, also when the grant has ended meanwhile. */
const end = (ask: Ask, use: UseId, outcome: Outcome, note: string | undefined, ports: CallPorts): Promise<CarriedOut> =>
  carryOut(ask.id, ports, () => ({
    type: 'end_call',
    agent: ask.agent.id,
    use,
    outcome,
    ...defined({ note }),
    bundle: ports.policy.bundle.hash,
  }))

/** AWS has answered, and did nothing: asking again would be answered so again. */
async function failed(ask: Ask, use: UseId, reason: string, ports: CallPorts) {
  await end(ask, use, 'failed', reason, ports)
  return refuse('call_failed', reason)
}

/** Nothing was sent, and nothing will be: whoever is here is the one that would have. */
async function giveBack(ask: Ask, use: UseId, fault: unknown, ports: CallPorts): Promise<Result<never, CallRefusal>> {
  const reason = fault instanceof Error ? fault.name : typeof fault
  const bundle = ports.policy.bundle.hash
  const { id, agent } = ask
  const given = await carryOut(id, ports, () => ({ type: 'return_call', agent: agent.id, use, reason, bundle }))
  return given.ok ? refuse('call_not_sent', reason) : refuse('outcome_unknown')
}

/** Whoever has made it may say how it went at once, if reading finds that it was done. Otherwise it may still be under way. */
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

/** An earlier call was begun and nothing was heard of it: whoever made it may have died, or may still be at it. */
async function askAgain({ request }: AccessToken, ports: CallPorts): Promise<Result<JsonObject, CallRefusal>> {
  const looked = await resolveCall(request, ports)
  if (looked?.found === 'done') return ok(looked.output)
  if (looked?.found === 'not_done') return refuse('call_failed', 'not_done')
  const stored = await ports.requests.load(request)
  const ended = stored && callOf(stored.state)?.ended
  return refuse('outcome_unknown', ended?.note)
}

/** An agent whose answer was lost on the way to it learns at least how its call went. */
function told(refused: CarriedOut & { ok: false }): Result<JsonObject, Refusal> {
  const ended = refused.code === 'uses_exhausted' && refused.stored ? callOf(refused.stored.state)?.ended : undefined
  return ended ? refuse(refused.code, `the call was made, and ${ended.outcome}`) : refused
}
