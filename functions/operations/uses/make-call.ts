// Rules: test/operations/uses/mediated.test.ts, test/operations/uses/resolve-call.test.ts
import { judge } from '../../domain/deciding/judge.ts'
import { isHaltInForce } from '../../domain/halts/halt.ts'
import { followedUntil } from '../../domain/policy/follow.ts'
import type { BeginCall, ResolveCall } from '../../domain/record/commands.ts'
import { type ApprovalRequest, type Ask, callOf, type Outcome, type Use } from '../../domain/record/request.ts'
import type { Refusal } from '../../domain/refusals.ts'
import type { RefusalOf } from '../../domain/requests/decide.ts'
import { underWay } from '../../domain/uses/use.ts'
import type { AskerId, JsonObject, NumericDate, RequestId, Result, UseId } from '../../domain/values.ts'
import { defined, ok, refuse } from '../../domain/values.ts'
import { kindOf } from '../../targets/kinds.ts'
import type { CallMaker, LookedUp } from '../../targets/reach.ts'
import { type PlacePorts, placeOf } from '../credentials/place.ts'
import type { AccessToken } from '../credentials/ports.ts'
import { faultName } from '../faults.ts'
import { gather } from '../policy/gather.ts'
import type { OnceOnly } from '../ports.ts'
import { type ReaderPorts, readStateFor } from '../previews/read-again.ts'
import { type CarriedOut, carryOut } from '../record/carry-out.ts'
import type { MakingPorts } from '../record/ports.ts'

export type CallPorts = MakingPorts & ReaderPorts & PlacePorts & { reach: CallMaker }

/** `call_failed`: the target refused, with this name. `call_not_sent`: nothing was done, because of this fault. */
export type CallRefusal = RefusalOf<BeginCall> | 'replayed' | 'call_failed' | 'call_not_sent'

/** The target's answer, and the run that the call started. */
export type Called = { output: JsonObject; run?: { status: 'running'; since: NumericDate } }

/**
 * Makes the one stored call of a mediated action. Its answer is not stored. Its begin is recorded first, so the call is
 * never repeated: if the answer is lost, the call is looked up by reading. A call that was certainly not sent gives the
 * use back, and the agent may ask again.
 */
export async function makeCall(
  token: AccessToken,
  once: OnceOnly,
  ports: CallPorts,
): Promise<Result<Called, CallRefusal>> {
  const stored = await ports.requests.load(token.request)
  if (!stored) return refuse('unknown_request')
  const entry = ports.policy.bundle.actions[stored.state.ask.action]
  if (entry && kindOf(entry).id !== ports.reach.kind) return refuse('wrong_credential_kind')
  const use = ports.ids.use(token.request)
  const { begun, expected } = await begin(token, use, once, placeOf(stored.state.ask, ports), ports)
  if (!begun.ok) return begun.code === 'outcome_unknown' ? askAgain(token, ports) : told(begun)
  const { state } = begun.value
  const { ask } = state
  const called = await ports.reach.make(ask, token.jti, expected, use)
  switch (called.outcome) {
    case 'told':
      await end(ask, use, 'succeeded', undefined, ports)
      return ok({ output: called.output })
    case 'started': {
      const started = await start(state, called.run, ports, ask.agent.id)
      return ok({ output: called.output, ...runOf(started) })
    }
    case 'failed':
      await end(ask, use, 'failed', called.reason, ports)
      return ok({ output: called.output })
    case 'refused':
      await end(ask, use, 'failed', called.reason, ports)
      return refuse('call_failed', called.reason)
    case 'outdated':
      // The agent's retry reads the new state.
      return giveBack(ask, use, 'CallOutdated', ports)
    case 'not_sent':
      return giveBack(ask, use, called.fault, ports)
    case 'unanswered':
      return lookUpAtOnce(state, ports)
    default:
      return called satisfies never
  }
}

/** `expected`: the state as just read, which the call carries if the target can compare it. */
async function begin(token: AccessToken, use: UseId, once: OnceOnly, role: string | undefined, ports: CallPorts) {
  let expected: JsonObject | undefined
  const begun = await carryOut(
    token.request,
    ports,
    async (state, now) => {
      const occasion = { moment: 'use', now, role } as const
      const gathered = await gather(state, occasion, ports, readStateFor(state, 'call', ports))
      expected = gathered.raw
      const own = { agent: token.agent, target: ports.reach.kind, presented: token.jti, use }
      return { ...judge(ports.policy, state, gathered, occasion), type: 'begin_call' as const, ...own }
    },
    [once],
  )
  return { begun, expected }
}

/** Recorded also after the end of the grant, since the call was made. */
const end = (ask: Ask, use: UseId, outcome: Outcome, note: string | undefined, ports: CallPorts): Promise<CarriedOut> =>
  carryOut(ask.id, ports, () => ({ type: 'end_call', agent: ask.agent.id, use, outcome, ...defined({ note }) }))

/** Records a run, which is followed from now on. @param agent undefined if the look-up of a lost answer found it */
function start(state: ApprovalRequest, run: string, ports: CallPorts, agent?: AskerId): Promise<CarriedOut> {
  const { ask } = state
  const { id: use, begunAt } = callOf(state) as Use
  const atMost = followedUntil(ports.policy.bundle.actions[ask.action]?.follow, begunAt)
  return carryOut(ask.id, ports, () => ({ type: 'start_run', use, run, atMost, ...defined({ agent }) }))
}

const runOf = (started: CarriedOut): Pick<Called, 'run'> => {
  const run = started.ok ? started.value.state.run : undefined
  return run ? { run: { status: 'running', since: run.since } } : {}
}

/** Gives the use back. Only this run could have sent the call, and it did not. */
async function giveBack(
  { id, agent }: Ask,
  use: UseId,
  reason: string,
  ports: CallPorts,
): Promise<Result<never, CallRefusal>> {
  const given = await carryOut(id, ports, () => ({ type: 'return_call', agent: agent.id, use, reason }))
  return given.ok ? refuse('call_not_sent', reason) : refuse('outcome_unknown')
}

/** Looks up at once. This run may record the call as done; a missing call may still be under way. */
async function lookUpAtOnce(state: ApprovalRequest, ports: CallPorts): Promise<Result<Called, CallRefusal>> {
  const { ask } = state
  const use = callOf(state)
  const looked = use && (await lookUp(ask, use, ports))
  if (looked?.found === 'started')
    return ok({ output: {}, ...runOf(await start(state, looked.run, ports, ask.agent.id)) })
  if (looked?.found !== 'done') return refuse('outcome_unknown')
  await end(ask, (use as Use).id, 'succeeded', 'its answer was lost; found by reading', ports)
  return ok({ output: looked.output })
}

async function askAgain({ request }: AccessToken, ports: CallPorts): Promise<Result<Called, CallRefusal>> {
  const looked = await resolveCall(request, ports)
  if (looked?.found === 'done') return ok({ output: looked.output })
  if (looked?.found === 'not_done') return refuse('call_failed', 'not_done')
  const stored = await ports.requests.load(request)
  if (looked?.found === 'started' && stored) return ok({ output: {}, ...runOf(ok(stored)) })
  const ended = stored && callOf(stored.state)?.ended
  return refuse('outcome_unknown', ended?.note)
}

function told<Code extends Refusal>(refused: CarriedOut<Code> & { ok: false }): Result<Called, Code> {
  const ended = refused.code === 'uses_exhausted' && refused.stored ? callOf(refused.stored.state)?.ended : undefined
  return ended ? refuse(refused.code, `the call was made, and ${ended.outcome}`) : refused
}

/** `unread`: the reading failed, and may succeed later. */
type Looked = LookedUp | { found: 'unread' }

async function lookUp(ask: Ask, use: Use, { reach, log }: CallPorts): Promise<Looked> {
  try {
    return await reach.lookUp(ask, use)
  } catch (fault) {
    log.warn('call_not_looked_up', { request: ask.id, fault: faultName(fault) })
    return { found: 'unread' }
  }
}

/** Retries of a failed look-up, once a minute, before the outcome counts as unknown. Seconds. */
const triedFor = 3600

/**
 * Looks up a call and never makes it, also after the end of the grant. If reading cannot tell, the outcome is unknown
 * for good, and a person should look. Undefined if no call is open, or it may still be under way.
 */
export async function resolveCall(id: RequestId, ports: CallPorts): Promise<Looked | undefined> {
  const stored = await ports.requests.load(id)
  const use = stored && callOf(stored.state)
  // While the run that made the call may live, no other run records an outcome.
  if (!stored || use?.tool !== ports.reach.kind || use.ended || ports.clock.now() - use.begunAt <= underWay)
    return undefined
  const { ask } = stored.state
  // A run goes on through a halt, so it is found, followed and stopped meanwhile.
  const place = ask.runsAs === undefined ? placeOf(ask, ports) : undefined
  const stopped = place !== undefined && (await isStopped(place, ports))
  const looked: Looked = stopped ? { found: 'unread' } : await lookUp(ask, use, ports)
  if (looked.found === 'started') {
    await start(stored.state, looked.run, ports)
    return looked
  }
  const end = endOf(looked, use, ports.clock.now())
  if (!end) return looked
  const done = await carryOut(id, ports, () => ({ type: 'resolve_call', use: use.id, ...end }))
  if (done.ok && end.outcome === 'unknown') ports.log.error('outcome_unknown', { request: id })
  return looked
}

/** Whether a halt of the place forbids reading it. A halt of the agent does not. */
async function isStopped(place: string, { requests, clock }: Pick<CallPorts, 'requests' | 'clock'>): Promise<boolean> {
  const targets = [{ kind: 'all', value: 'all' } as const, { kind: 'role', value: place } as const]
  const { halts } = await requests.dependencies([], targets)
  const now = clock.now()
  return halts.some((halt) => isHaltInForce(halt, now))
}

function endOf(
  { found }: Exclude<Looked, { found: 'started' }>,
  { begunAt }: Use,
  now: NumericDate,
): Pick<ResolveCall, 'outcome' | 'note'> | undefined {
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
