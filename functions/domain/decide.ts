import type {
  BeginUse,
  Command,
  Complete,
  Decide,
  EndUse,
  Intend,
  Issue,
  Revoke,
  Submit,
  Withdraw,
} from './commands.ts'
import { due } from './due.ts'
import { type Actor, type Event, system } from './events.ts'
import { evolve } from './evolve.ts'
import type { Refusal } from './refusals.ts'
import {
  type ApprovalRequest,
  type ApprovedRequest,
  approvalsOf,
  filled,
  grantOf,
  namesOf,
  openStage,
  ownersOf,
  type PendingRequest,
  usesLeft,
} from './request.ts'
import type { GrantId, NumericDate } from './values.ts'

/** What a command comes to: events to commit, all of them, and the refusal to tell, if it was refused. */
export type Decided = { events: readonly Event[]; refusal?: { code: Refusal; detail?: string } }

/** Past this many recorded refusals of one actor on one request a further one is only logged. */
export const recordedRefusals = 20

/**
 * How long an intent may wait to be issued. What policy said and who was eligible was found at the intent, so a mint that
 * comes later than this rests on facts that are too old: the agent asks again, and so does the question. Seconds.
 */
export const intentLasts = 60

/** How far ahead of ours the clock of whoever logged a person in may be. Seconds. */
const loginTolerance = 60

/**
 * The whole of what Hotwork decides. Pure: the same state, command and time give the same events. First what time has
 * made due, then the command's own events, or one `Refused`.
 *
 * @param state the request, or `undefined` for a submission
 * @param now   the caller's clock; the later of it and the last entry's time counts
 */
export function decide(state: ApprovalRequest | undefined, command: Command, now: NumericDate): Decided {
  if (!state)
    return command.type === 'submit'
      ? { events: submit(command, now) }
      : { events: [], refusal: { code: 'unknown_request' } }
  const at = Math.max(now, state.updatedAt)
  const first = due(state, at, command.bundle)
  const current = first.reduce<ApprovalRequest>(evolve, state)
  const answer = obey(current, command, at)
  if (Array.isArray(answer)) return { events: [...first, ...answer] }
  const { also = [], ...refusal } = answer as Refused
  const refused = refusedEvent(current, command, refusal.code, at)
  return { events: [...first, ...also, ...refused], refusal }
}

/** A refusal, with what it brought about all the same: an approver found to be no longer eligible ends the grant. */
type Refused = { code: Refusal; detail?: string; also?: readonly Event[] }
type Answered = readonly Event[] | Refused

function obey(state: ApprovalRequest, command: Command, at: NumericDate): Answered {
  // Operations ask this first, and record it elsewhere; nothing here rests on that.
  if ('agent' in command && command.agent !== state.ask.agent.id) return { code: 'unknown_request' }
  switch (command.type) {
    case 'submit':
      return { code: 'duplicate_request' }
    case 'decide':
      return takeDecision(state, command, at)
    case 'intend':
      return intend(state, command, at)
    case 'issue':
      return issue(state, command, at)
    case 'begin_use':
      return beginUse(state, command, at)
    case 'end_use':
      return endUse(state, command, at)
    case 'complete':
      return complete(state, command, at)
    case 'withdraw':
      return withdraw(state, command, at)
    case 'revoke':
      return revoke(state, command, at)
    case 'wake':
      return []
    default:
      return command satisfies never
  }
}

// --- asking

function submit({ ask, tier, stages, policies, bundle }: Submit, at: NumericDate): readonly Event[] {
  const actor = agentActor(ask)
  const waits = stages.reduce(
    (sum, { deadline, onSilence }) => sum + deadline + (onSilence === 'expire' ? 0 : onSilence.deadline),
    0,
  )
  const decideBy = Math.min(at + waits, ask.requestedUntil ?? Number.MAX_SAFE_INTEGER)
  const submitted: Event = {
    type: 'Submitted',
    at,
    actor,
    policies: [...policies],
    bundle,
    ask,
    tier,
    stages: [...stages],
    decideBy,
  }
  const pending = evolve(undefined, submitted)
  if (!climbable(tier, stages)) {
    const reason = 'no_eligible_approvers'
    return [submitted, { type: 'Denied', at, actor: system, policies: [], bundle, by: 'system', reason }]
  }
  const next = tier === 0 ? approve(pending, [], bundle, at) : openNext(pending as PendingRequest, bundle, at)
  return [submitted, ...next]
}

/** A ladder is checked when it is built; should a bad one get here, nothing that asks nobody passes for scrutiny. */
const climbable = (tier: number, stages: Submit['stages']): boolean =>
  (tier === 0) === (stages.length === 0) && stages.every(({ quorum }) => quorum >= 1)

function openNext(state: PendingRequest, bundle: string, at: NumericDate): readonly Event[] {
  const stage = openStage(state)
  if (!stage) return []
  const deadline = Math.min(at + stage.terms.deadline, state.decideBy)
  return [{ type: 'StageOpened', at, actor: system, policies: [], bundle, stage: stage.terms.name, deadline }]
}

function approve(
  { ask }: ApprovalRequest,
  policies: readonly string[],
  bundle: string,
  at: NumericDate,
): readonly Event[] {
  const until = ask.requestedUntil ?? Number.MAX_SAFE_INTEGER
  const claimBy = Math.min(at + ask.claimWithin, until)
  const notAfter = Math.min(at + ask.claimWithin + ask.lifetime, until)
  // A request has one grant, so the grant's id is the request's with another prefix: nothing random is needed here.
  const grant = ask.id.replace(/^req_/, 'grt_') as GrantId
  return [{ type: 'Approved', at, actor: system, policies: [...policies], bundle, grant, claimBy, notAfter }]
}

// --- deciding

function takeDecision(state: ApprovalRequest, command: Decide, at: NumericDate): Answered {
  const { person, verdict } = command
  const names = command.eligible[person] ?? []
  const live = state.status === 'pending' || (state.status === 'approved' && verdict === 'deny')
  if (!live) return { code: 'already_settled', detail: state.status }
  if (ownersOf(state).includes(person)) return { code: 'self_approval' }
  if (names.length === 0) return { code: 'not_eligible' }
  if (command.round !== state.round) return { code: 'stale_round' }
  if (command.digest !== state.ask.digest && command.digest !== state.ask.digest.slice(0, 16))
    return { code: 'stale_digest' }
  return verdict === 'deny'
    ? deny(state, command, names, at)
    : approveStage(state as PendingRequest, command, names, at)
}

/** Anyone eligible for any stage may deny, whichever is open: it settles a pending request and revokes a live grant. */
function deny(state: ApprovalRequest, command: Decide, names: readonly string[], at: NumericDate): Answered {
  const stage = deniedStage(state, command.stage, names)
  if (!stage) return { code: 'not_eligible' }
  const as = stageNames(stage).find((name) => names.includes(name)) ?? stage.terms.name
  const decided = decidedEvent(command, stage.terms.name, as, at)
  const end = { at, actor: decided.actor, policies: decided.policies, bundle: command.bundle, by: command.person }
  if (state.status === 'approved')
    return [decided, { ...end, type: 'Revoked', reason: command.comment ?? 'denied after approval' }]
  return [decided, { ...end, type: 'Denied', ...(command.comment === undefined ? {} : { reason: command.comment }) }]
}

/** The stage that a denial is of: the one it names, or for a click the open one, or else any that is the denier's. */
function deniedStage({ status, stages }: ApprovalRequest, name: string | undefined, names: readonly string[]) {
  const own = stages.filter((stage) => stageNames(stage).some((each) => names.includes(each)))
  if (name !== undefined)
    return own.find(({ terms }) => terms.name === name) ?? own.find((stage) => stageNames(stage).includes(name))
  const open = status === 'pending' ? openStage({ stages }) : undefined
  return own.find((stage) => stage === open) ?? own[0]
}

function approveStage(state: PendingRequest, command: Decide, names: readonly string[], at: NumericDate): Answered {
  if (state.stages.some(({ decisions }) => decisions.some(({ person }) => person === command.person)))
    return { code: 'already_decided' }
  const stage = openStage(state)
  if (!stage) return { code: 'already_settled' }
  const as = namesOf(stage).find((name) => names.includes(name))
  if (as === undefined) return { code: 'stage_not_open', detail: stage.terms.name }
  if (command.stage !== undefined && !namesOf(stage).includes(command.stage))
    return { code: 'stage_not_open', detail: stage.terms.name }
  const { acr, maxAge } = stage.terms
  if (acr !== undefined && command.login.acr !== acr) return { code: 'insufficient_login', detail: acr }
  if (maxAge !== undefined && !isFresh(command.login.at, maxAge, at))
    return { code: 'insufficient_login', detail: String(maxAge) }

  const decided = decidedEvent(command, stage.terms.name, as, at)
  const after = evolve(state, decided) as PendingRequest
  const nowFilled = after.stages.find(({ terms }) => terms.name === stage.terms.name)
  if (!nowFilled || !filled(nowFilled)) return [decided]
  return [decided, ...(openStage(after) ? openNext(after, command.bundle, at) : settle(after, command, at))]
}

/** A login that has not happened yet is none: else a date far ahead would stay fresh for as long as it likes. */
const isFresh = (login: NumericDate | undefined, maxAge: number, at: NumericDate): boolean =>
  login !== undefined && login <= at + loginTolerance && at - login <= maxAge

/** The last stage has filled: count again who still may, then ask the question again, and only then approve. */
function settle(state: PendingRequest, command: Decide, at: NumericDate): readonly Event[] {
  const { answer, bundle } = command
  const common = { at, actor: system, policies: [], bundle }
  const dropped: Event[] = approvalsOf(state)
    .filter(({ person, as }) => !(command.eligible[person] ?? []).includes(as))
    .map(({ person, stage }) => ({ ...common, type: 'ApprovalDropped', stage, person }))
  if (dropped.length > 0) {
    const reopened = dropped.reduce<ApprovalRequest>(evolve, state) as PendingRequest
    return [...dropped, ...openNext(reopened, bundle, at)]
  }
  if (answer.permit) return approve(state, answer.policies, bundle, at)
  const reason = answer.error ? 'policy_error' : 'policy_denied'
  return [{ ...common, policies: [...answer.policies], type: 'Denied', by: 'system', reason }]
}

function decidedEvent(
  command: Decide,
  stage: string,
  as: string,
  at: NumericDate,
): Extract<Event, { type: 'Decided' }> {
  const { person, verdict, round, through, comment, login, policies, bundle } = command
  return {
    type: 'Decided',
    at,
    actor: { type: 'person', id: person },
    policies: [...policies],
    bundle,
    stage,
    as,
    verdict,
    round,
    through,
    ...(comment === undefined ? {} : { comment }),
    ...(Object.keys(login).length === 0 ? {} : { login }),
  }
}

/** Both names of a stage, whether or not it has escalated: whoever may decide it later may deny it now. */
const stageNames = ({ terms }: { terms: PendingRequest['stages'][number]['terms'] }): readonly string[] =>
  terms.onSilence === 'expire' ? [terms.name] : [terms.name, terms.onSilence.escalateTo]

// --- claiming

function intend(state: ApprovalRequest, command: Intend, at: NumericDate): Answered {
  const { claim, credential, session } = command
  if (state.status !== 'approved') return { code: state.status }
  if (command.jkt !== state.ask.jkt) return { code: 'key_mismatch' }
  if (claim === 'aws' && state.grant.credentials.access_token?.id !== command.presented)
    return { code: 'credential_superseded' }
  if (claim === 'aws' && state.ask.credential !== 'sts') return { code: 'wrong_credential_kind' }
  if (claim === 'aws' && !hasAwsUse(state) && usesLeft(state) < 1) return { code: 'uses_exhausted' }
  const denied = deniedNow(state, command, at)
  if (denied) return denied
  const actor = agentActor(state.ask)
  const { answer, bundle } = command
  const intended: Event = {
    type: 'CredentialIntended',
    at,
    actor,
    policies: [...answer.policies],
    bundle,
    credential,
    claim,
    ...(session ? { session } : {}),
  }
  return [intended]
}

/** Records what was minted, if the grant is live and its intent neither overtaken nor old; only then is it answered. */
function issue(state: ApprovalRequest, command: Issue, at: NumericDate): Answered {
  if (state.status !== 'approved') return { code: state.status }
  const { grant, ask } = state
  const { claim, credential, bundle } = command
  const intended = grant.intents[claim]
  if (intended?.id !== credential || at - intended.at > intentLasts) return { code: 'credential_superseded' }
  // A grant's first AWS credentials begin the one use that ends with the grant: IAM cannot count calls. Something else may
  // have spent the uses since the intent, so they are counted here again.
  const begins = claim === 'aws' && !hasAwsUse(state)
  if (begins && (usesLeft(state) < 1 || command.use === undefined)) return { code: 'uses_exhausted' }
  const common = { at, actor: agentActor(ask), policies: [], bundle }
  const notAfter = grant.claimedAt === undefined ? Math.min(grant.notAfter, at + ask.lifetime) : grant.notAfter
  const replaces = grant.credentials[claim]?.id
  const issued: Event = {
    ...common,
    type: 'CredentialIssued',
    credential,
    claim,
    expiresAt: notAfter,
    notAfter,
    ...(replaces ? { replaces } : {}),
  }
  if (!begins || command.use === undefined) return [issued]
  return [issued, { ...common, type: 'UseBegun', use: command.use, key: 'aws', tool: 'aws', credential }]
}

const hasAwsUse = ({ grant }: ApprovedRequest): boolean => grant.uses.some(({ tool }) => tool === 'aws')

/** A deny at issue or use refuses that attempt and leaves the grant, unless an approver may no longer approve. */
function deniedNow(
  state: ApprovedRequest,
  { answer, eligible, bundle }: Pick<Intend, 'answer' | 'eligible' | 'bundle'>,
  at: NumericDate,
): Refused | undefined {
  const lost = approvalsOf(state).some(({ person, as }) => !(eligible[person] ?? []).includes(as))
  if (lost) {
    const revoked: Event = {
      type: 'Revoked',
      at,
      actor: system,
      policies: [],
      bundle,
      by: 'system',
      reason: 'approver_not_eligible',
    }
    return { code: 'approver_not_eligible', also: [revoked] }
  }
  if (answer.permit) return undefined
  return { code: answer.error ? 'policy_error' : 'policy_denied', detail: answer.policies.join(' ') }
}

// --- using

function beginUse(state: ApprovalRequest, command: BeginUse, at: NumericDate): Answered {
  if (state.status !== 'approved') return { code: state.status }
  if (state.grant.uses.some(({ key, tool }) => key === command.key && tool === command.tool)) return []
  if (state.grant.credentials.access_token?.id !== command.presented) return { code: 'credential_superseded' }
  if (usesLeft(state) < 1) return { code: 'uses_exhausted' }
  const denied = deniedNow(state, command, at)
  if (denied) return denied
  const { tool, use, key, presented, answer, bundle } = command
  return [
    {
      type: 'UseBegun',
      at,
      actor: { type: 'tool', id: tool },
      policies: [...answer.policies],
      bundle,
      use,
      key,
      tool,
      credential: presented,
    },
  ]
}

function endUse(state: ApprovalRequest, { tool, use, outcome, note, bundle }: EndUse, at: NumericDate): Answered {
  const begun = grantOf(state)?.uses.find((each) => each.id === use && each.tool === tool)
  if (!begun) return { code: 'credential_unknown' }
  if (begun.ended) return begun.ended.outcome === outcome ? [] : { code: 'invalid_task_state' }
  if (state.status !== 'approved') return { code: state.status }
  const noted = note === undefined ? {} : { note }
  return [{ type: 'UseEnded', at, actor: { type: 'tool', id: tool }, policies: [], bundle, use, outcome, ...noted }]
}

// --- ending

function complete(state: ApprovalRequest, { outcome, note, bundle }: Complete, at: NumericDate): Answered {
  if (state.status === 'completed') return []
  if (state.status !== 'approved') return { code: 'invalid_task_state', detail: state.status }
  const noted = note === undefined ? {} : { note }
  return [{ type: 'Completed', at, actor: agentActor(state.ask), policies: [], bundle, outcome, ...noted }]
}

/** ARAP's cancel: while pending it withdraws the ask. A second one is `invalid_task_state`: terminal is terminal. */
function withdraw(state: ApprovalRequest, { bundle }: Withdraw, at: NumericDate): Answered {
  if (state.status !== 'pending') return { code: 'invalid_task_state', detail: state.status }
  return [{ type: 'Withdrawn', at, actor: agentActor(state.ask), policies: [], bundle }]
}

/** The kill switch of one request: ends a live grant, and denies what is still pending. Twice is once. */
function revoke(state: ApprovalRequest, { person, reason, answer, bundle }: Revoke, at: NumericDate): Answered {
  if (!answer.permit) return { code: answer.error ? 'policy_error' : 'not_permitted' }
  if (state.status === 'revoked') return []
  const common = {
    at,
    actor: { type: 'person', id: person } as Actor,
    policies: [...answer.policies],
    bundle,
    by: person,
    reason,
  }
  if (state.status === 'approved') return [{ ...common, type: 'Revoked' }]
  if (state.status === 'pending') return [{ ...common, type: 'Denied' }]
  return { code: 'already_settled', detail: state.status }
}

// --- actors

const agentActor = ({ agent, chain }: ApprovalRequest['ask']): Actor => ({
  type: 'agent',
  id: agent.id,
  ...(chain.length === 0 ? {} : { chain: chain.map(({ id }) => id) }),
})

/** Who attempted a command: refused or done, an entry names the one who acted. */
export function actorOf(state: ApprovalRequest, command: Command): Actor {
  switch (command.type) {
    case 'decide':
    case 'revoke':
      return { type: 'person', id: command.person }
    case 'begin_use':
    case 'end_use':
      return { type: 'tool', id: command.tool }
    case 'wake':
      return system
    case 'submit':
      return agentActor(command.ask)
    default:
      return command.agent === state.ask.agent.id ? agentActor(state.ask) : { type: 'agent', id: command.agent }
  }
}

function refusedEvent(state: ApprovalRequest, command: Command, code: Refusal, at: NumericDate): readonly Event[] {
  const actor = actorOf(state, command)
  if ((state.refusals[actor.id] ?? 0) >= recordedRefusals) return []
  const attempted = command.type === 'decide' ? command.verdict : command.type
  const policies =
    command.type === 'decide' ? [...command.policies] : 'answer' in command ? [...command.answer.policies] : []
  return [{ type: 'Refused', at, actor, policies, bundle: command.bundle, attempted, code }]
}
