// Rules: test/client/deferred-token.test.ts
import { nameOfIssuer } from '../../domain/people/identity-issuer.ts'
import { isStillKnown } from '../../domain/people/organisation.ts'
import { findResource } from '../../domain/policy/assess.ts'
import { isPlanBody } from '../../domain/policy/assess-plan.ts'
import { type Rate, takeTokens } from '../../domain/policy/ladder.ts'
import { type ApprovalRequest, grantOf } from '../../domain/record/request.ts'
import { asOf } from '../../domain/requests/due.ts'
import {
  AgentId,
  JsonObject,
  type NumericDate,
  ok,
  type Resource,
  type Result,
  refuse,
  type Thumbprint,
} from '../../domain/values.ts'
import { KeyUnavailable } from '../faults.ts'
import type { OnceOnly } from '../ports.ts'
import { bucketRow, readBucket } from '../rates.ts'
import { refuseOnRecord } from '../record/refuse.ts'
import type { SubmissionPorts } from '../requests/assess-submission.ts'
import type { Asking } from '../requests/submission.ts'
import { type SubmissionRefusal, submitUnevaluated } from '../requests/submit-request.ts'
import type { Statements } from './ports.ts'
import { audienceOf, type IssuedToken, issueToken, type TokenPorts, type TokenRefusal } from './tokens.ts'

/**
 * An OAuth client asks for a token in one call, and polls with a code (OAuth Deferred Token Response). The code is a
 * statement that names the request; it is valid only with a proof by the key that asked.
 */

/** Seconds from one poll to the next. */
export const pollInterval = 5
/** The rate of polls. It allows a poll one second early, since times here are whole seconds. */
const polls: Rate = { perMinute: 15, burst: 1 }
const day = 86_400

export type Waiting = { outcome: 'pending'; code: string; expiresIn: number; tooSoon: boolean }
type Granted = { outcome: 'issued' } & IssuedToken
type Answered<Code extends string> = Result<Waiting | Granted, Code>

type Ports = TokenPorts & SubmissionPorts & { statements: Statements }

type TokenWish = Omit<Asking, 'subject' | 'resource' | 'jkt' | 'askedBy'> & {
  jkt: Thumbprint
  /** The resource; by default the one that the arguments name. */
  resource?: Resource
  targets: readonly string[]
  once: OnceOnly
}

/** Asks for an action, and claims its token at once if policy alone decides. @throws KeyUnavailable */
export async function askForToken(
  { targets, resource: named, ...ask }: TokenWish,
  ports: Ports,
): Promise<Answered<SubmissionRefusal | TokenRefusal>> {
  const { bundle } = ports.policy
  const { name } = ask.action
  if (isPlanBody(ask)) return refuse('wrong_credential_kind', 'send a plan to `/access/v1/requests`')
  const audience = audienceOf(name, ports)
  // Checked before people are asked, since a client cannot use a token for another audience.
  if (Object.hasOwn(bundle.actions, name) && targets.some((target) => target !== audience))
    return refuse('invalid_target', `the audience should be ${audience}`)
  const args = JsonObject.catch({}).parse(ask.action.properties)
  const found = named ? undefined : findResource(bundle, { action: name, arguments: args })
  if (found && !found.ok) {
    const about = { action: name, parentTask: ask.parentTask, reason: found.code }
    const why = found.detail === undefined ? found.code : `${found.code}: ${found.detail}`
    return refuseOnRecord(ask.agent.id, 'submit', ports, { about })('not_requestable', why)
  }
  const resource = named ?? (found?.value.resource as Resource)
  const subject = { type: 'agent', id: ask.agent.id }
  const submitted = await submitUnevaluated({ ...ask, subject, resource }, ports)
  if (!submitted.ok) return submitted
  const { state } = submitted.value.stored
  // The request spends the proof, so the token is issued under a key derived from it.
  const once = [{ ...ask.once, key: `${ask.once.key}#token` }]
  return state.status === 'approved' ? claim(state, ask.jkt, once, ports) : wait(state, ports)
}

/**
 * `invalid_grant`: the code is malformed, used up, or belongs to another key or client. The caller cannot tell which.
 */
export type DeferredRefusal = 'invalid_grant' | TokenRefusal

/** @throws KeyUnavailable */
export async function claimDeferred(
  { code, jkt, clientId, once }: { code: string; jkt: Thumbprint; clientId: string | undefined; once: OnceOnly },
  ports: Ports,
): Promise<Answered<DeferredRefusal>> {
  const { requests, statements, clock, log } = ports
  const said = await statements.verify('deferral', code)
  if (!said.ok) return refuse('invalid_grant')
  const stored = await requests.load(said.value.claims.txn)
  if (!stored) return refuse('invalid_grant')
  const { ask, updatedAt } = stored.state
  const now = clock.now()
  if (ask.jkt !== jkt || !isOfAgent(stored.state, clientId, now, ports)) {
    log.info('refused', { request: ask.id, attempted: 'claim', code: 'key_mismatch' })
    return refuse('invalid_grant')
  }
  const state = asOf(stored.state, Math.max(now, updatedAt))
  if (grantOf(state)?.claimedAt !== undefined) return refuse('invalid_grant')
  if (state.status === 'pending') return ok(waiting(state, code, now, await isTooSoon(state, now, ports)))
  if (state.status !== 'approved') return refuse(state.status)
  const used = `SEEN#deferral#${ask.id}`
  const token = { key: used, value: 'used', expiresAt: state.grant.notAfter + day, ifDone: true } as const
  const claimed = await claim(state, jkt, [once, token], ports)
  if (claimed.ok || claimed.code !== 'replayed') return claimed
  return refuse((await requests.recall(used)) === undefined ? 'replayed' : 'invalid_grant')
}

/** Whether the client is the one that asked, with an identity that the directory still has. */
function isOfAgent(
  { ask: { agent } }: ApprovalRequest,
  clientId: string | undefined,
  now: NumericDate,
  { policy: { bundle } }: Pick<Ports, 'policy'>,
): boolean {
  if (clientId !== undefined && clientId !== agent.subject) return false
  const known = bundle.agents.find(({ id }) => id === agent.id)
  const aliases = Object.entries(bundle.deployment.issuers).filter(([, each]) => nameOfIssuer(each) === agent.issuer)
  return known !== undefined && aliases.some(([issuer]) => isStillKnown(known, { issuer, subject: agent.subject }, now))
}

async function claim(
  { ask }: ApprovalRequest,
  jkt: Thumbprint,
  once: readonly OnceOnly[],
  ports: Ports,
): Promise<Answered<TokenRefusal>> {
  const by = { agent: ask.agent.id, clientId: ask.agent.subject, jkt, targets: [], once }
  const issued = await issueToken({ id: ask.id, ...by }, ports)
  if (issued.ok) return ok({ outcome: 'issued', ...issued.value })
  // People decide on the changed state, so the client continues to poll.
  const again = issued.code === 'state_changed' ? await ports.requests.load(ask.id) : undefined
  const state = again && asOf(again.state, ports.clock.now())
  return state && (state.status === 'pending' || state.status === 'approved') ? wait(state, ports) : issued
}

async function wait(state: ApprovalRequest, ports: Ports): Promise<{ ok: true; value: Waiting }> {
  const { id, agent } = state.ask
  const code = await ports.statements.sign('deferral', { sub: AgentId.parse(agent.id), txn: id })
  if (code === undefined) throw new KeyUnavailable('the deferral code was not signed')
  return ok(waiting(state, code, ports.clock.now(), false))
}

const waiting = (state: ApprovalRequest, code: string, now: NumericDate, tooSoon: boolean): Waiting => ({
  outcome: 'pending',
  code,
  expiresIn: Math.max(0, endOf(state, now) - now),
  tooSoon,
})

/** The latest time at which a token could be issued, by the request's present state. */
const endOf = (state: ApprovalRequest, now: NumericDate): NumericDate =>
  state.status === 'pending' ? state.decideBy + state.ask.claimWithin : (grantOf(state)?.claimBy ?? now)

async function isTooSoon({ ask }: ApprovalRequest, now: NumericDate, { requests }: Ports): Promise<boolean> {
  const key = `RATE#poll#${ask.id}`
  const before = await requests.recall(key)
  const taken = takeTokens(polls, readBucket(before), 1, now)
  return !taken.permitted || !(await requests.putOnce(bucketRow(key, taken.fullAt, before)))
}
