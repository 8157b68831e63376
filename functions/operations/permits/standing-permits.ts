// Rules: test/operations/permits/permits.test.ts
import { registryUsed } from '../../domain/agents/governed-registry.ts'
import { hasLostApprover } from '../../domain/credentials/issue.ts'
import { askAboutPerson } from '../../domain/deciding/questions.ts'
import { chainEntries, contextOf, type Head, noEntries } from '../../domain/ledger/ledger.ts'
import { setTextsApart } from '../../domain/ledger/texts.ts'
import type { Login } from '../../domain/people/login-strength.ts'
import {
  covers,
  drawPermit,
  evolvePermit,
  givePermit as give,
  type PermitEvent,
  type PermitRefusal,
  revokePermit as revoke,
  type StandingPermit,
} from '../../domain/permits/permit.ts'
import { endsPermit, noSetback, readSetback, setbackKept, setbackKey } from '../../domain/permits/setback.ts'
import { readShape } from '../../domain/permits/shape.ts'
import { agentOf } from '../../domain/policy/bundle.ts'
import { seatsIn } from '../../domain/policy/filling.ts'
import { satisfiedTier } from '../../domain/policy/ladder.ts'
import { type EndingCode, endingCode, type Submit } from '../../domain/record/commands.ts'
import { evolve } from '../../domain/record/evolve.ts'
import { type ApprovalRequest, type Ask, approvalsOf } from '../../domain/record/request.ts'
import { submit } from '../../domain/requests/decide.ts'
import { asOf } from '../../domain/requests/due.ts'
import { withDigests } from '../../domain/requests/narrow.ts'
import type { JsonObject, NumericDate, PersonId, RequestId, Result, StandingPermitId } from '../../domain/values.ts'
import { AgentId, defined, ok, refuse } from '../../domain/values.ts'
import { isStopped } from '../halts/find-halt.ts'
import { authorityOf, findEnding } from '../policy/gather.ts'
import type { Policy } from '../policy/ports.ts'
import type { OnceOnly } from '../ports.ts'
import { endIfOver } from '../record/carry-out.ts'
import type { DecidingPorts } from '../record/ports.ts'
import { aboutStored, refuseOnRecord } from '../record/refuse.ts'
import { manyWriters, runAggregate } from '../record/run-aggregate.ts'
import type { PermitChange, PermitReader, PermitStore, StoredPermit } from './ports.ts'

/** `digest`: that of the shown approval, or its first 16 characters. */
export type PermitAsk = {
  request: RequestId
  person: PersonId
  login: Login
  uses: number
  until: NumericDate
  digest?: string
  /** The shape as the giver writes it. */
  shape?: JsonObject | undefined
}

/** An approver of a request allows its agent a few more, if policy lets them. */
export async function givePermit(
  ask: PermitAsk,
  ports: DecidingPorts & { permits: Pick<PermitStore, 'load' | 'save'> },
): Promise<Result<StandingPermit, PermitRefusal | EndingCode | 'unknown_request' | 'stale_digest'>> {
  const { request, person, login, uses, until } = ask
  const { policy, requests, permits, clock, log } = ports
  const stored = await requests.load(request)
  const refused = refuseOnRecord(person, 'allow_standing', ports, aboutStored(stored))
  if (!stored) return refused('unknown_request')
  const now = clock.now()
  const state = asOf(stored.state, now)
  const { digest } = state.ask
  if (ask.digest !== undefined && ask.digest !== digest && ask.digest !== digest.slice(0, 16))
    return refused('stale_digest')
  const ending = await findEnding(state, now, ports)
  if (ending) return refused(endingCode(ending))
  const shaped = ask.shape && (await readShapeOf(ask.shape, state, ports))
  const event = give(
    state,
    {
      person,
      answer: askAboutPerson(policy, 'allowStanding', person, now, { state }),
      silenced: await isStopped(person, ports, { now }),
      group: policy.bundle.actions[state.ask.action]?.group ?? 'destructive',
      ladder: policy.bundle.ladder,
      login,
      uses,
      until,
      bundle: policy.bundle.hash,
      ...defined({ shape: shaped?.ok ? shaped.value : undefined }),
    },
    Math.max(now, state.updatedAt),
  )
  if ('code' in event) return refused(event.code, event.detail)
  if (shaped && !shaped.ok) return refused(shaped.code, shaped.detail)
  const id = permitOf(request)
  if (await permits.load(id)) return refused('permit_refused', allowedBefore)
  const permit = evolvePermit(id, undefined, event)
  if (!(await permits.save(changeOf({ id, permit: undefined, head: noEntries }, event, contextOf(state), ports))))
    return refused('permit_refused', allowedBefore)
  log.info('standing_permit_given', { permit: id, request, by: person, uses })
  return ok(permit)
}

/** The shape of a permit on a request, with the last setback of its agent and action. */
async function readShapeOf(
  written: JsonObject,
  { ask }: ApprovalRequest,
  { policy, requests }: Pick<DecidingPorts, 'policy' | 'requests'>,
): Promise<Result<NonNullable<StandingPermit['shape']>, 'invalid_shape'>> {
  const entry = policy.bundle.actions[ask.action]
  const read = entry
    ? readShape(entry, written, ask.arguments)
    : refuse('invalid_shape', `\`${ask.action}\` is no longer in the catalogue: leave \`shape\` out`)
  if (!read.ok) return read
  const after = readSetback(await requests.recall(setbackKey(ask.agent.id as AgentId, ask.action)))
  return ok({ arguments: read.value, classification: ask.classification, ...defined({ after }) })
}

/** A permit after an event, with the event's entry on the permit's chain. */
function changeOf(
  before: { id: StandingPermitId; permit: StandingPermit | undefined; head: Head },
  whole: PermitEvent,
  context: ReturnType<typeof contextOf> | undefined,
  { salts, policy }: Pick<DecidingPorts, 'salts' | 'policy'>,
): PermitChange {
  const { id, head: expected } = before
  const { events, texts } = setTextsApart([whole], undefined, () => salts.salt())
  const permit = events.reduce<StandingPermit | undefined>((all, event) => evolvePermit(id, all, event), before.permit)
  if (!permit) throw new TypeError('a permit has an event')
  return {
    id,
    expected,
    permit,
    texts,
    ...chainEntries(id, expected, events, { ...context, ...registryUsed(policy.bundle) }),
  }
}

/** One permit for each approval: its id is the request's with another prefix, so two concurrent ones collide. */
const permitOf = (request: RequestId) => request.replace(/^[a-z]+_/, 'stp_') as StandingPermitId
const allowedBefore = 'more of this request was allowed before'

/**
 * Revokes a permit. Afterwards nothing draws from it, and nothing drawn is issued or used. A repeat changes nothing.
 */
export async function revokePermit(
  { id, person, reason }: { id: StandingPermitId; person: PersonId; reason: string },
  ports: DecidingPorts & { permits: Pick<PermitStore, 'load' | 'save'> },
): Promise<Result<StandingPermit, PermitRefusal | 'unknown_permit'>> {
  const { policy, requests, permits, clock, log } = ports
  return runAggregate<Result<StandingPermit, PermitRefusal | 'unknown_permit'>>(id, manyWriters, async () => {
    const stored = await permits.load(id)
    const { from: request, action, resource } = stored?.permit ?? {}
    const refused = refuseOnRecord(person, 'revoke_standing', ports, { about: defined({ request, action, resource }) })
    if (!stored) return refused('unknown_permit')
    const now = clock.now()
    const from = await requests.load(stored.permit.from)
    const answer = askAboutPerson(policy, 'revoke', person, now, from ? { state: from.state } : {})
    const who = { person, answer, silenced: await isStopped(person, ports, { now }), bundle: policy.bundle.hash }
    const event = revoke(stored.permit, { ...who, reason }, now)
    if (!event) return ok(stored.permit)
    if ('code' in event) return refused(event.code)
    const permit = evolvePermit(id, stored.permit, event)
    const context = from && { ...contextOf(from.state), resource: permit.resource }
    if (!(await permits.save(changeOf({ id, ...stored }, event, context, ports)))) return undefined
    log.info('standing_permit_revoked', { permit: id, by: person, drawn: permit.drawn.length })
    return ok(permit)
  })
}

type Ports = Pick<DecidingPorts, 'requests' | 'policy' | 'salts'> & { permits: Pick<PermitReader, 'ofAgent'> }

const looksAt = 50
/** The least time of a grant, for its claim. Seconds. */
const shortest = 10

/** An agent's permits that may cover this ask. They are read before the resource. */
export const findPermits = async (asked: Submit, ports: Ports): Promise<readonly StoredPermit[]> =>
  drawableBy(asked, ports) ? ports.permits.ofAgent(asked.ask.agent.id, looksAt) : []

function drawableBy({ ask: { agent, action }, stages }: Submit, { policy }: Pick<Ports, 'policy'>) {
  const agentId = AgentId.safeParse(agent.id)
  const entry = policy.bundle.actions[action]
  if (!agentId.success || !entry || entry.group === 'destructive' || seatsIn(stages) !== 1) return undefined
  if (stages.some(({ typeTheName }) => typeTheName)) return undefined
  return { agentId: agentId.data, entry }
}

/**
 * The submission of an ask that a standing permit covers, approved at once by the giver's decision. Its conditions are
 * checked again: the giver may still decide and allow it, no halt came since, and policy permits it at a tier that this
 * one decision satisfies today. Undefined without such a permit: then people are asked.
 */
export async function drawFromPermit(
  asked: Submit,
  found: readonly StoredPermit[],
  now: NumericDate,
  ports: Ports,
): Promise<{ submit: Submit; draw: PermitChange; holds: readonly OnceOnly[] } | undefined> {
  const drawable = drawableBy(asked, ports)
  if (!drawable) return undefined
  const { agentId, entry } = drawable
  const mayRebind = agentOf(ports.policy.bundle, agentId)?.rebind === true
  for (const stored of found) {
    const { permit } = stored
    const drawing = { ...asked.ask, agent: agentId }
    const terms = { narrowable: entry.narrowable, mayRebind, tier: asked.tier }
    if (!covers(permit, drawing, terms, now) || permit.until < now + shortest) continue
    const held = await holdAfter(permit, now, ports)
    const drawn = held && (await drawOne(asked, stored, agentId, now, ports))
    if (drawn) return { ...drawn, holds: held }
  }
  return undefined
}

/**
 * The row of setbacks, for the transaction of a draw by shape, so that a concurrent setback fails it. Undefined if a
 * setback came after the permit.
 */
async function holdAfter(
  { agent, action, shape }: StandingPermit,
  now: NumericDate,
  { requests }: Pick<Ports, 'requests'>,
): Promise<readonly OnceOnly[] | undefined> {
  if (!shape) return []
  const key = setbackKey(agent, action)
  const replaces = await requests.recall(key)
  const last = readSetback(replaces)
  if (endsPermit(last, shape.after)) return undefined
  return [{ key, value: replaces ?? noSetback, ...defined({ replaces }), expiresAt: now + setbackKept }]
}

async function drawOne(
  asked: Submit,
  { permit, head: expected }: StoredPermit,
  agent: AgentId,
  now: NumericDate,
  ports: Ports,
): Promise<{ submit: Submit; draw: PermitChange } | undefined> {
  const { policy } = ports
  const ask = drawnAsk(asked.ask, permit)
  const inherits = permit.stages
  const approvals = approvalsOf({ stages: inherits })
  // One approval becomes many, so the giver's login must also satisfy today's terms.
  const { login = {}, at } = permit
  const given = approvals.map((approval) => ({ ...approval, login, at }))
  const tier = Math.min(...[approvals, given].map((each) => satisfiedTier(policy.bundle.ladder, each)))
  const stages = inherits.map(({ terms }) => terms)
  const standing = { ...asked, ask, tier, stages, inherits }
  const [submitted] = submit(standing, now)
  if (!submitted) return undefined
  // The draw is as old as its permit, so a later halt ends it, even a lifted one.
  const { afterHalts: _, ...older } = ask
  const state: ApprovalRequest = { ...evolve(undefined, submitted), ask: older, submittedAt: permit.at }
  const { answer, eligible, ending } = await authorityOf(state, { moment: 'request', now }, ports)
  if (!answer.permit || ending || hasLostApprover(state, eligible)) return undefined
  if (!askAboutPerson(policy, 'allowStanding', permit.by, now, { state }).permit) return undefined
  const { hash: bundle } = policy.bundle
  const event = drawPermit(permit, { request: ask.id, agent, policies: answer.policies, bundle }, now)
  if (!event) return undefined
  const draw = changeOf({ id: permit.id, permit, head: expected }, event, contextOf(state), ports)
  const { wouldBe: __, ...rest } = standing
  return { submit: { ...rest, policies: answer.policies, ...defined({ wouldBe: answer.wouldBe }) }, draw }
}

function drawnAsk(ask: Ask, permit: StandingPermit): Ask {
  return withDigests({
    ...ask,
    uses: 1,
    lifetime: Math.min(ask.lifetime, permit.lifetime),
    requestedUntil: Math.min(ask.requestedUntil ?? permit.until, permit.until),
    standing: permit.id,
  })
}

/** Ends requests drawn from a revoked permit. Cards and targets do not check permits. */
export async function endDrawn(
  id: StandingPermitId,
  ports: DecidingPorts & { permits: Pick<PermitReader, 'load'> },
): Promise<void> {
  const stored = await ports.permits.load(id)
  if (!stored?.permit.revoked) return
  for (const request of stored.permit.drawn) await endIfOver(request, ports)
}

export function mayAllow(state: ApprovalRequest, policy: Policy, now: NumericDate): boolean {
  const at = Math.max(now, state.updatedAt)
  return approvalsOf(state).some(({ person }) => {
    const { ladder, hash: bundle, actions } = policy.bundle
    const group = actions[state.ask.action]?.group ?? 'destructive'
    const answer = { permit: true, policies: [] }
    // Policy is asked last, since other rules refuse most requests.
    const rules = { group, ladder, login: {}, uses: 1, until: at + 60, person, silenced: false, bundle, answer }
    return !('code' in give(state, rules, at)) && askAboutPerson(policy, 'allowStanding', person, now, { state }).permit
  })
}
