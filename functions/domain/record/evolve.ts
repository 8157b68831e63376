// Rules: test/domain/properties.test.ts
import { canonicalForm } from '../digest.ts'
import { owners, type Stage } from '../policy/ladder.ts'
import { defined, isRefusal, type Json, type NumericDate, type PersonId } from '../values.ts'
import type { Event } from './events.ts'
import type { StepState } from './plan-step.ts'
import { withoutTree } from './preview.ts'
import { keepsNote } from './record-size.ts'
import {
  type ApprovalRequest,
  type Ask,
  approvalsOf,
  commonOf,
  type Decision,
  type Grant,
  grantOf,
  type NarrowedOnce,
  type StageState,
} from './request.ts'
import { unpinnedAfter } from './run-terms.ts'

/**
 * The state after an event. Production, the model checker and the verifier all use it.
 * @throws TypeError if the events are not a request's own: a tampered ledger
 */
export function evolve(state: ApprovalRequest | undefined, event: Event): ApprovalRequest {
  if (event.type === 'Submitted' || event.type === 'BreakGlassOpened') {
    if (state) throw new TypeError(`\`${event.type}\` comes once, and first`)
    const { ask, policies, at } = event
    const begun = { ask, policies, round: 1, submittedAt: at, updatedAt: at, refusals: {} }
    if (event.type === 'Submitted') {
      const stages = event.inherits ?? event.stages.map((terms) => ({ terms, decisions: [] }))
      const { tier, decideBy, preview } = event
      return { ...begun, status: 'pending', tier, stages, decideBy, ...defined({ preview }) }
    }
    // An opening has no last time for a first claim: it can be claimed repeatedly.
    const grant = { ...newGrant(event.grant, at), claimBy: event.notAfter, notAfter: event.notAfter }
    return { ...begun, status: 'approved', tier: 0, stages: [], grant }
  }
  if (!state) throw new TypeError(`\`${event.type}\` before \`Submitted\``)
  return effectOf(event.type, { ...state, updatedAt: event.at }, event)
}

type Of<T extends Event['type']> = Extract<Event, { type: T }>
type Later = Exclude<Event['type'], 'Submitted' | 'BreakGlassOpened'>

const effectOf = <T extends Later>(type: T, state: ApprovalRequest, event: Of<T>): ApprovalRequest =>
  effects[type](state, event)

const effects: { readonly [T in Later]: (state: ApprovalRequest, event: Of<T>) => ApprovalRequest } = {
  StageOpened: (state, { stage, at: opensAt, deadline, channels }) =>
    withStage(state, stage, (each) => ({ ...each, opensAt, deadline, ...defined({ channels }) })),
  Decided: (state, event) => withDecisions(state, event.stage, (decisions) => [...decisions, decisionOf(event)]),
  Narrowed: (state, event) => ({
    ...state,
    ask: event.ask,
    tier: event.tier,
    policies: event.because,
    round: event.round,
    narrowings: [...(state.narrowings ?? []), changesOf(state.ask, event.ask, personOf(event), event.at)],
    stages: event.stages.map((terms) => ({ terms, decisions: [], ...channelsKept(state, terms) })),
    ...defined({ preview: event.preview }),
  }),
  StateChanged: changed,
  Commented: (state, event) => withReason(withComment(state, event), event),
  Asked: (state, event) => {
    const { question: id, stage, at, text } = event
    const asked = { id, by: personOf(event), ...defined({ for: event.for }), stage, at, text }
    return { ...state, questions: [...(state.questions ?? []), asked] }
  },
  Answered: (state, { question, at, text }) => {
    const answer = { at, text, decisionsBefore: approvalsOf(state).length }
    const questions = state.questions?.map((each) => (each.id === question ? { ...each, answer } : each))
    return { ...state, ...defined({ questions }) }
  },
  ColleagueAsked: (state, event) => {
    const asked = { stage: event.stage, by: personOf(event), to: event.to, at: event.at }
    return { ...state, colleagues: [...(state.colleagues ?? []), asked] }
  },
  ApprovalDropped: (state, event) =>
    withDecisions(state, event.stage, (all) => all.filter(({ person }) => person !== event.person)),
  StageEscalated: (state, { stage, at: escalatedAt, deadline }) =>
    withStage(state, stage, (each) => ({ ...each, escalatedAt, deadline })),
  Approved: (state, { grant, at, claimBy, notAfter }) => ({
    ...commonOf(state),
    status: 'approved',
    grant: { ...newGrant(grant, at), claimBy, notAfter },
  }),
  Denied: (state, { at: deniedAt, by: deniedBy, reason, outcome }) => ({
    ...commonOf(state),
    status: 'denied',
    ...defined({ deniedAt, deniedBy, reason, outcome }),
  }),
  Withdrawn: (state, { at: withdrawnAt }) => ({ ...commonOf(state), status: 'withdrawn', withdrawnAt }),
  KeyBound: (state, { jkt: boundKey }) => ({ ...state, boundKey }),
  Completed: (state, { at: completedAt, outcome, note, code }) => {
    const grant = mustHaveGrant(state)
    return { ...commonOf(state), status: 'completed', ...defined({ completedAt, outcome, note, code }), grant }
  },
  TransferAccepted: (state, { at }) => ({ ...state, accepted: { at } }),
  Revoked: (state, { at: revokedAt, by: revokedBy, reason }) => {
    const grant = mustHaveGrant(state)
    return { ...commonOf(state), status: 'revoked', revokedAt, revokedBy, reason, grant }
  },
  Expired: (state, { at: expiredAt }) => ({
    ...commonOf(state),
    status: 'expired',
    expiredAt,
    ...defined({ grant: grantOf(state) }),
  }),
  StepOpened: (state, { step, at: openedAt }) => withStep(state, step, (each) => ({ ...each, openedAt })),
  StepEnded: (state, { step, at, outcome, because }) =>
    withStep(state, step, (each) => ({ ...each, ended: defined({ at, outcome, because }) })),
  ReviewDue: (state, { dueAt }) => ({ ...state, review: { dueAt } }),
  ReviewOverdue: (state, { at: overdueAt }) => ({ ...state, review: { ...mustHaveReview(state), overdueAt } }),
  Reviewed: (state, event) => {
    const done = { by: personOf(event), at: event.at, outcome: event.outcome, note: event.note }
    return { ...state, review: { ...mustHaveReview(state), done } }
  },
  CallsCompared: (state, { approved, refused, extraCalls, extra, unused, notRecorded, complete, at }) => ({
    ...state,
    calls: defined({ approved, refused, extraCalls, extra, unused, notRecorded, complete, at }),
  }),
  Refused: (state, { actor: { id } }) => ({
    ...state,
    refusals: { ...state.refusals, [id]: (state.refusals[id] ?? 0) + 1 },
  }),
  Delegated: (state, { child, to, uses, notAfter }) =>
    withGrant(state, (grant) => ({ ...grant, delegations: [...grant.delegations, { child, to, uses, notAfter }] })),
  CredentialIntended: (state, event) =>
    withGrant(state, (grant) => ({
      ...grant,
      notAfter: Math.min(grant.notAfter, event.notAfter ?? grant.notAfter),
      intents: { ...grant.intents, [event.claim]: { id: event.credential, at: event.at } },
      ...(event.count === undefined ? {} : { tokens: event.count }),
      // Recorded from the intent on: the session may exist even if its answer was lost.
      sessions: [
        ...grant.sessions.filter(({ endsAt }) => endsAt > event.at),
        ...(event.session ? [{ credential: event.credential, ...event.session }] : []),
      ],
    })),
  CredentialIssued: (state, { claim, credential: id, at: issuedAt, expiresAt, notAfter }) =>
    withGrant(state, (grant) => ({
      ...grant,
      claimedAt: grant.claimedAt ?? issuedAt,
      notAfter,
      intents: Object.fromEntries(Object.entries(grant.intents).filter(([each]) => each !== claim)),
      credentials: { ...grant.credentials, [claim]: { id, issuedAt, expiresAt } },
    })),
  // A target's own credentials are claimed with an access token, and end with it.
  CredentialRevoked: (state) =>
    withGrant(state, ({ intents: { access_token }, ...grant }) => ({
      ...grant,
      intents: access_token ? { access_token } : {},
      credentials: {},
    })),
  UseBegun: (state, { use: id, key, tool, credential, at: begunAt }) =>
    withGrant(state, (grant) => ({ ...grant, uses: [...grant.uses, { id, key, tool, credential, begunAt }] })),
  UseEnded: (state, { use: ended, at, outcome, note }) => {
    const kept = note === undefined ? {} : keepsNote(mustHaveGrant(state), note) ? { note } : { noted: true as const }
    return withUses(state, (uses) =>
      uses.map((use) => (use.id === ended ? { ...use, ended: { at, outcome, ...kept } } : use)),
    )
  },
  UseReturned: (state, { use }) => withUses(state, (uses) => uses.filter(({ id }) => id !== use)),
  RunStarted: (state, { use: started, run: id, at, atMost }) => ({
    ...withUses(state, (uses) =>
      uses.map((use) => (use.id === started ? { ...use, ended: { at, outcome: 'started' as const } } : use)),
    ),
    run: { id, use: started, status: 'running', since: at, atMost },
  }),
  RunEnded: (state, { status, at: until, note }) => {
    if (!state.run) throw new TypeError('no run was ever started')
    return { ...state, run: { ...state.run, status, until, ...defined({ note }) } }
  },
}

/** The narrowing person's approval may fill the stage before it reopens; its cards stay in their channels. */
function channelsKept({ stages }: ApprovalRequest, { name, channel }: Stage): Pick<StageState, 'channels'> {
  const before = channel === owners ? stages.find(({ terms }) => terms.name === name) : undefined
  return defined({ channels: before?.channels })
}

const withStage = (
  state: ApprovalRequest,
  name: string,
  change: (stage: StageState) => StageState,
): ApprovalRequest => ({
  ...state,
  stages: state.stages.map((stage) => (stage.terms.name === name ? change(stage) : stage)),
})

const withDecisions = (state: ApprovalRequest, name: string, change: (decisions: Decision[]) => Decision[]) =>
  withStage(state, name, (stage) => ({ ...stage, decisions: change(stage.decisions) }))

function withStep(state: ApprovalRequest, number: number, change: (step: StepState) => StepState): ApprovalRequest {
  const { steps } = state.ask
  if (state.status !== 'approved' || !steps?.[number - 1])
    throw new TypeError(`\`${number}\` is not a step in progress`)
  const progress = steps.map((_, index) => state.progress?.[index] ?? {})
  return { ...state, progress: progress.map((each, index) => (index === number - 1 ? change(each) : each)) }
}

/** Changes uses, also of an ended grant, since the outcome of a use may come later. */
function withUses(state: ApprovalRequest, change: (uses: Grant['uses']) => Grant['uses']): ApprovalRequest {
  const grant = mustHaveGrant(state)
  return { ...state, grant: { ...grant, uses: change(grant.uses) } } as ApprovalRequest
}

const withGrant = (state: ApprovalRequest, change: (grant: Grant) => Grant): ApprovalRequest => {
  if (state.status !== 'approved') throw new TypeError(`a grant is not live in \`${state.status}\``)
  return { ...state, grant: change(state.grant) }
}

const newGrant = (id: Grant['id'], at: number): Omit<Grant, 'claimBy' | 'notAfter'> => ({
  id,
  approvedAt: at,
  intents: {},
  credentials: {},
  sessions: [],
  uses: [],
  delegations: [],
})

function mustHaveReview({ review }: ApprovalRequest) {
  if (!review) throw new TypeError('no review was ever due')
  return review
}

function mustHaveGrant(state: ApprovalRequest): Grant {
  const grant = grantOf(state)
  if (!grant) throw new TypeError(`\`${state.status}\` has no grant`)
  return grant
}

function changesOf(before: Ask, after: Ask, by: PersonId, at: NumericDate): NarrowedOnce {
  const names = Object.keys(before.arguments).filter(
    (name) => canonicalForm(before.arguments[name] ?? null) !== canonicalForm(after.arguments[name] ?? null),
  )
  const change = <T>(from: T, to: T) => ({ from, to })
  return {
    by,
    at,
    arguments: Object.fromEntries(
      names.map((name) => [name, change(before.arguments[name] as Json, after.arguments[name] as Json)]),
    ) as NarrowedOnce['arguments'],
    ...(before.uses === after.uses ? {} : { uses: change(before.uses, after.uses) }),
    ...(before.lifetime === after.lifetime ? {} : { lifetime: change(before.lifetime, after.lifetime) }),
  }
}

/** Removes a grant that issued nothing, since the approved state is gone. */
function changed(state: ApprovalRequest, event: Of<'StateChanged'>): ApprovalRequest {
  const { at, tier, round, decideBy, preview, because: policies } = event
  if (!state.preview) throw new TypeError('`StateChanged` where no state was read')
  if (state.status !== 'pending' && state.status !== 'approved')
    throw new TypeError(`nothing opens \`${state.status}\``)
  const approvers = [...new Set(approvalsOf(state).map(({ person }) => person))]
  const drift = {
    at,
    from: withoutTree(state.preview),
    approvers,
    ...(state.status === 'approved' && { approved: true as const }),
  }
  const drifts = [...(state.drifts ?? []), drift]
  const stages = event.stages.map((terms) => ({ terms, decisions: [] }))
  const ask = { ...state.ask, unpinned: unpinnedAfter(state.ask, state.preview, preview) }
  return { ...commonOf(state), ask, status: 'pending', tier, policies, round, stages, decideBy, preview, drifts }
}

/** A decision with the login's strength: its proof is only in the entry. */
function decisionOf(event: Of<'Decided'>): Decision {
  const { verdict, as, at, given, comment, toAgent, typed, suggest, state, claimed, afterHalts } = event
  const { acr, at: loginAt } = event.login ?? {}
  const login = acr === undefined && loginAt === undefined ? undefined : defined({ acr, at: loginAt })
  const own = { person: personOf(event), verdict, as, at, for: event.for, given, comment, toAgent, typed, suggest }
  return defined({ ...own, state, login, claimed, afterHalts })
}

const withComment = (state: ApprovalRequest, { stage, actor, verdict, comment }: Of<'Commented'>): ApprovalRequest =>
  withDecisions(state, stage, (all) =>
    all.map((each) => (each.person === actor.id && each.verdict === verdict ? { ...each, comment } : each)),
  )

function withReason(state: ApprovalRequest, { actor, verdict, comment }: Of<'Commented'>): ApprovalRequest {
  if (!isRefusal(verdict)) return state
  if (state.status === 'denied' && state.deniedBy === actor.id) return { ...state, reason: comment }
  return state.status === 'revoked' && state.revokedBy === actor.id ? { ...state, reason: comment } : state
}

function personOf(event: Pick<Event, 'actor'>) {
  if (event.actor.type !== 'person') throw new TypeError('only a person decides')
  return event.actor.id
}

export const replay = (events: readonly Event[], from?: ApprovalRequest): ApprovalRequest | undefined =>
  events.reduce<ApprovalRequest | undefined>(evolve, from)
