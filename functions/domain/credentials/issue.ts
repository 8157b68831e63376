// Rules: test/domain/credentials/issued.test.ts, test/domain/credentials/claim.test.ts
import { actOf, IssuedKind } from '../../targets/kinds.ts'
import { longestCredential } from '../break-glass/break-glass.ts'
import { system } from '../event.ts'
import type { Entry } from '../ledger/ledger.ts'
import { driftAt, isGuarded } from '../previews/drift.ts'
import {
  type Answered,
  type Authority,
  agentActor,
  type DeniedNow,
  type Eligibility,
  endedBy,
  type Intend,
  type Issue,
  type NotLive,
  type Refused,
} from '../record/commands.ts'
import type { Event } from '../record/events.ts'
import { rulesOf } from '../record/origin.ts'
import { keptSteps } from '../record/plan-step.ts'
import { stateOf } from '../record/preview.ts'
import { type ApprovalRequest, type ApprovedRequest, keyOf, lostApprovals, usesLeft } from '../record/request.ts'
import { CredentialId, defined, NumericDate, rfc3339, type Thumbprint } from '../values.ts'

/** The age at which an intent's facts are too old to issue by. Seconds. */
const intentLasts = 60

/** The most live sessions, with replaced ones: each is in the record, and each replaced one in a small deny policy. */
const mostSessions = 100

/**
 * The most access tokens of a grant. Each claim adds two entries and may race a revocation, so without a limit an agent
 * could make its own record too long to check.
 */
export const mostTokens = 100

export function intend(
  state: ApprovalRequest,
  command: Intend,
  at: NumericDate,
): Answered<
  | NotLive
  | DeniedNow
  | 'key_mismatch'
  | 'credential_superseded'
  | 'wrong_credential_kind'
  | 'uses_exhausted'
  | 'too_many_sessions'
  | 'state_changed'
  | 'state_unreadable'
  | 'not_yet'
> {
  const { claim, credential, session } = command
  if (state.status !== 'approved') return { code: state.status }
  // A run keeps its request live, and not its credentials.
  if (at >= state.grant.notAfter) return { code: 'expired' }
  const { asks } = rulesOf(state.ask)
  if (asks === 'steps') return { code: 'wrong_credential_kind', detail: stepsToClaim(state) }
  if (asks === 'change') return { code: 'wrong_credential_kind', detail: 'Hotwork makes this change itself' }
  const bound = bindKey(state, { ...command, first: claim === 'access_token', another: mayRebind(command) }, at)
  if (!bound) return { code: 'key_mismatch' }
  const refused = claim === 'access_token' ? undefined : refusedOwn(state, claim, command)
  if (refused) return refused
  const denied = deniedNow(state, command, at)
  if (denied) return denied
  const early = notYet(state, at)
  if (early) return early
  if (claim !== 'access_token' && state.grant.sessions.filter(({ endsAt }) => endsAt > at).length >= mostSessions)
    return { code: 'too_many_sessions' }
  const count = claim === 'access_token' ? (state.grant.tokens ?? 0) + 1 : undefined
  if (count !== undefined && count > mostTokens) return { code: 'too_many_sessions', detail: tooManyTokens }
  const drift = driftAt(state, claim, command, at)
  if (drift) return drift
  const { answer, bundle } = command
  const common = { at, actor: agentActor(state.ask), policies: [...answer.policies], bundle }
  const notAfter = command.bound !== undefined && command.bound < state.grant.notAfter ? command.bound : undefined
  const seen = isGuarded(state, claim) ? stateOf(state.preview) : undefined
  const own = defined({ credential, claim, session, count, notAfter, state: seen })
  return [...bound, { ...common, type: 'CredentialIntended', ...own }]
}

/** Refuses a claim of a target's own credentials unless it comes with the newest access token. */
function refusedOwn(
  state: ApprovedRequest,
  claim: IssuedKind,
  { presented }: Intend,
): Refused<'credential_superseded' | 'wrong_credential_kind' | 'uses_exhausted'> | undefined {
  if (state.grant.credentials.access_token?.id !== presented) return { code: 'credential_superseded' }
  if (actOf(state.ask.credential) !== claim) return { code: 'wrong_credential_kind' }
  return !hasUseOf(state, claim) && usesLeft(state) < 1 ? { code: 'uses_exhausted' } : undefined
}

/** The steps of a plan for its caller: a plan itself has no credential. */
function stepsToClaim(plan: ApprovalRequest): string {
  const steps = keptSteps(plan).map(({ request, agent }) => `\`${request}\` by ${agent}`)
  return `a plan has no credential: its steps are claimed, ${steps.join(', ')}`
}

const tooManyTokens = `${mostTokens} access tokens of this grant were claimed: use the last one until it ends, or ask again`

const mayRebind = ({ claim, mayRebind }: Intend): boolean => claim === 'access_token' && mayRebind === true

/**
 * A request without a key is bound to the first one that answers for it, claims it or delegates it. A target's own credentials never bind one.
 * @param proven `first`: this act may bind an unbound grant; `another`: it may also replace the key
 * @returns undefined if the grant is bound to a different key
 */
export function bindKey(
  state: ApprovalRequest,
  { jkt, first, another, bundle }: { jkt: Thumbprint; first: boolean; another: boolean; bundle: string },
  at: NumericDate,
): readonly Event[] | undefined {
  const key = keyOf(state)
  if (key === jkt) return []
  if (!(key === undefined ? first : another)) return undefined
  const own = defined({ jkt, replaces: key })
  return [{ type: 'KeyBound', at, actor: agentActor(state.ask), policies: [], bundle, ...own }]
}

/** Issues if the grant is live and its intent is the newest and fresh. */
export function issue(
  state: ApprovalRequest,
  command: Issue,
  at: NumericDate,
): Answered<NotLive | 'credential_superseded' | 'uses_exhausted'> {
  if (state.status !== 'approved') return { code: state.status }
  const { grant, ask } = state
  const { claim, credential, bundle } = command
  const intended = grant.intents[claim]
  if (intended?.id !== credential || at - intended.at > intentLasts) return { code: 'credential_superseded' }
  // The first credentials of a target's own begin the grant's one use, since the target cannot count calls. The uses
  // are checked again: they may be spent since the intent.
  const begins = claim !== 'access_token' && !hasUseOf(state, claim)
  if (begins && (usesLeft(state) < 1 || command.use === undefined)) return { code: 'uses_exhausted' }
  const common = { at, actor: agentActor(ask), policies: [], bundle }
  const expiresAt = expiryOf(state, at)
  const notAfter = rulesOf(ask).asks === 'rights' ? grant.notAfter : expiresAt
  const replaces = grant.credentials[claim]?.id
  const own = defined({ credential, claim, expiresAt, notAfter, replaces })
  const issued: Event = { ...common, type: 'CredentialIssued', ...own }
  if (!begins || command.use === undefined) return [issued]
  return [issued, { ...common, type: 'UseBegun', use: command.use, key: claim, tool: claim, credential }]
}

/**
 * The first claim shortens a grant. Credentials of an opening are short, and renewed in a window that claims do not
 * move.
 */
export function expiryOf({ ask, grant }: ApprovedRequest, at: NumericDate): NumericDate {
  if (rulesOf(ask).asks === 'rights') return Math.min(grant.notAfter, at + longestCredential)
  return grant.claimedAt === undefined ? Math.min(grant.notAfter, at + ask.lifetime) : grant.notAfter
}

const hasUseOf = ({ grant }: ApprovedRequest, claim: IssuedKind): boolean =>
  grant.uses.some(({ tool }) => tool === claim)

/** Refuses this attempt and keeps the grant, unless an approver has lost the right to approve. */
export function deniedNow(
  state: ApprovedRequest,
  { answer, eligible, ending, bundle }: Authority & { bundle: string },
  at: NumericDate,
): Refused<DeniedNow> | undefined {
  const ended = endedBy(state, ending, { bundle }, at)
  if (ended) return ended
  if (hasLostApprover(state, eligible)) {
    const common = { at, actor: system, policies: [], bundle, by: 'system' as const }
    return { code: 'approver_not_eligible', also: [{ ...common, type: 'Revoked', reason: 'approver_not_eligible' }] }
  }
  if (answer.permit) return undefined
  return { code: answer.error ? 'policy_error' : 'policy_denied', ...defined({ detail: answer.notNow }) }
}

/** A grant approved ahead can be neither claimed nor delegated before its start. */
export const notYet = ({ ask: { notBefore } }: ApprovalRequest, at: NumericDate): Refused<'not_yet'> | undefined =>
  notBefore === undefined || at >= notBefore ? undefined : { code: 'not_yet', detail: rfc3339(notBefore) }

export const hasLostApprover = (state: ApprovalRequest, eligible: Eligibility): boolean =>
  lostApprovals(state, eligible).length > 0

export type IssuedCredential = {
  id: CredentialId
  claim: IssuedKind
  issuedAt: NumericDate
  expiresAt: NumericDate
  role?: string
}

/** All credentials, from the record. The state only has those that may still be valid. */
export function credentialsIssued(entries: readonly Entry[]): readonly IssuedCredential[] {
  const roles = new Map(
    entries.flatMap(({ type, facts }) => (type === 'CredentialIntended' ? [[facts['credential'], roleIn(facts)]] : [])),
  )
  return entries
    .filter(({ type }) => type === 'CredentialIssued')
    .map(({ at, facts }) => ({
      id: CredentialId.parse(facts['credential']),
      claim: IssuedKind.parse(facts['claim']),
      issuedAt: Math.floor(Date.parse(at) / 1000),
      expiresAt: NumericDate.parse(facts['expiresAt']),
      ...defined({ role: roles.get(facts['credential']) }),
    }))
}

const roleIn = ({ session }: Entry['facts']): string | undefined =>
  typeof session === 'object' && session !== null && 'role' in session ? String(session['role']) : undefined
