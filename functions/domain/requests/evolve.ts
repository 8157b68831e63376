import type { Event } from './events.ts'
import { changesOf } from './narrow.ts'
import { keepsNote } from './record-size.ts'
import { type ApprovalRequest, type Grant, grantOf, type StageState } from './request.ts'

/**
 * The state after an event, in production, in the model checker and in the verifier.
 * @throws TypeError when the events are not a request's own: a tampered ledger
 */
export function evolve(state: ApprovalRequest | undefined, event: Event): ApprovalRequest {
  if (event.type === 'Submitted') {
    if (state) throw new TypeError('a request is submitted once')
    return {
      status: 'pending',
      ask: event.ask,
      tier: event.tier,
      policies: event.policies,
      round: 1,
      stages: event.inherits ?? event.stages.map((terms) => ({ terms, decisions: [] })),
      submittedAt: event.at,
      updatedAt: event.at,
      refusals: {},
      decideBy: event.decideBy,
    }
  }
  if (event.type === 'BreakGlassOpened') {
    if (state) throw new TypeError('break-glass is used once')
    return {
      status: 'approved',
      ask: event.ask,
      tier: 0,
      policies: event.policies,
      round: 1,
      stages: [],
      submittedAt: event.at,
      updatedAt: event.at,
      refusals: {},
      // It is claimed as often as needed inside its window, so not claiming ends nothing.
      grant: { ...newGrant(event.grant, event.at), claimBy: event.notAfter, notAfter: event.notAfter },
    }
  }
  if (!state) throw new TypeError(`\`${event.type}\` before \`Submitted\``)
  return apply({ ...state, updatedAt: event.at }, event)
}

function apply(
  state: ApprovalRequest,
  event: Exclude<Event, { type: 'Submitted' | 'BreakGlassOpened' }>,
): ApprovalRequest {
  switch (event.type) {
    case 'StageOpened':
      return withStage(state, event.stage, (stage) => ({ ...stage, opensAt: event.at, deadline: event.deadline }))
    case 'Decided':
      return withStage(state, event.stage, (stage) => ({
        ...stage,
        decisions: [
          ...stage.decisions,
          {
            person: personOf(event),
            verdict: event.verdict,
            as: event.as,
            at: event.at,
            ...(event.for === undefined ? {} : { for: event.for }),
            ...(event.given === undefined ? {} : { given: event.given }),
            ...(event.comment === undefined ? {} : { comment: event.comment }),
            ...loginOf(event),
            ...(event.afterHalts === undefined ? {} : { afterHalts: event.afterHalts }),
          },
        ],
      }))
    case 'Narrowed':
      return {
        ...state,
        ask: event.ask,
        tier: event.tier,
        policies: event.because,
        round: event.round,
        narrowings: [...(state.narrowings ?? []), changesOf(state.ask, event.ask, personOf(event), event.at)],
        stages: event.stages.map((terms) => ({ terms, decisions: [] })),
      }
    case 'Commented':
      return withReason(withComment(state, event), event)
    case 'ApprovalDropped':
      return withStage(state, event.stage, (stage) => ({
        ...stage,
        decisions: stage.decisions.filter(({ person }) => person !== event.person),
      }))
    case 'StageEscalated':
      return withStage(state, event.stage, (stage) => ({ ...stage, escalatedAt: event.at, deadline: event.deadline }))
    case 'Approved': {
      const grant = { ...newGrant(event.grant, event.at), claimBy: event.claimBy, notAfter: event.notAfter }
      return { ...base(state), status: 'approved', grant }
    }
    case 'Denied': {
      const reason = event.reason === undefined ? {} : { reason: event.reason }
      return { ...base(state), status: 'denied', deniedAt: event.at, deniedBy: event.by, ...reason }
    }
    case 'Withdrawn':
      return { ...base(state), status: 'withdrawn', withdrawnAt: event.at }
    case 'KeyBound':
      return { ...state, boundKey: event.jkt }
    case 'Delegated': {
      const { child, to, uses, notAfter } = event
      return withGrant(state, (grant) => ({
        ...grant,
        delegations: [...grant.delegations, { child, to, uses, notAfter }],
      }))
    }
    case 'CredentialIntended':
      return withGrant(state, (grant) => ({
        ...grant,
        notAfter: Math.min(grant.notAfter, event.notAfter ?? grant.notAfter),
        intents: { ...grant.intents, [event.claim]: { id: event.credential, at: event.at } },
        ...(event.count === undefined ? {} : { tokens: event.count }),
        // Remembered from the intent on, since it may exist though its answer was lost.
        sessions: [
          ...grant.sessions.filter(({ endsAt }) => endsAt > event.at),
          ...(event.session ? [{ credential: event.credential, ...event.session }] : []),
        ],
      }))
    case 'CredentialIssued':
      return withGrant(state, (grant) => ({
        ...grant,
        claimedAt: grant.claimedAt ?? event.at,
        notAfter: event.notAfter,
        intents: Object.fromEntries(Object.entries(grant.intents).filter(([claim]) => claim !== event.claim)),
        credentials: {
          ...grant.credentials,
          [event.claim]: { id: event.credential, issuedAt: event.at, expiresAt: event.expiresAt },
        },
      }))
    case 'CredentialRevoked':
      // AWS credentials are claimed with an access token: they end with it.
      return withGrant(state, ({ intents: { access_token }, ...grant }) => ({
        ...grant,
        intents: access_token ? { access_token } : {},
        credentials: {},
      }))
    case 'UseBegun':
      return withGrant(state, (grant) => ({
        ...grant,
        uses: [
          ...grant.uses,
          { id: event.use, key: event.key, tool: event.tool, credential: event.credential, begunAt: event.at },
        ],
      }))
    case 'UseEnded': {
      const grant = mustHaveGrant(state)
      const note =
        event.note === undefined ? {} : keepsNote(grant, event.note) ? { note: event.note } : { noted: true as const }
      const ended = {
        ...grant,
        uses: grant.uses.map((use) =>
          use.id === event.use ? { ...use, ended: { at: event.at, outcome: event.outcome, ...note } } : use,
        ),
      }
      return { ...state, grant: ended } as ApprovalRequest
    }
    case 'UseReturned': {
      const grant = mustHaveGrant(state)
      const uses = grant.uses.filter(({ id }) => id !== event.use)
      return { ...state, grant: { ...grant, uses } } as ApprovalRequest
    }
    case 'Completed': {
      const note = event.note === undefined ? {} : { note: event.note }
      const grant = mustHaveGrant(state)
      return { ...base(state), status: 'completed', completedAt: event.at, outcome: event.outcome, ...note, grant }
    }
    case 'Revoked': {
      const grant = mustHaveGrant(state)
      return {
        ...base(state),
        status: 'revoked',
        revokedAt: event.at,
        revokedBy: event.by,
        reason: event.reason,
        grant,
      }
    }
    case 'Expired': {
      const grant = grantOf(state)
      return { ...base(state), status: 'expired', expiredAt: event.at, ...(grant ? { grant } : {}) }
    }
    case 'ReviewDue':
      return { ...state, review: { dueAt: event.dueAt } }
    case 'ReviewOverdue':
      return { ...state, review: { ...mustHaveReview(state), overdueAt: event.at } }
    case 'Reviewed': {
      const done = { by: personOf(event), at: event.at, outcome: event.outcome, note: event.note }
      return { ...state, review: { ...mustHaveReview(state), done } }
    }
    case 'Refused': {
      const count = (state.refusals[event.actor.id] ?? 0) + 1
      return { ...state, refusals: { ...state.refusals, [event.actor.id]: count } }
    }
    default:
      return event satisfies never
  }
}

const base = ({
  ask,
  tier,
  policies,
  round,
  stages,
  submittedAt,
  updatedAt,
  refusals,
  boundKey,
  narrowings,
  review,
}: ApprovalRequest) => ({
  ask,
  tier,
  policies,
  round,
  stages,
  submittedAt,
  updatedAt,
  refusals,
  ...(boundKey === undefined ? {} : { boundKey }),
  ...(review === undefined ? {} : { review }),
  ...(narrowings === undefined ? {} : { narrowings }),
})

const withStage = (
  state: ApprovalRequest,
  name: string,
  change: (stage: StageState) => StageState,
): ApprovalRequest => ({
  ...state,
  stages: state.stages.map((stage) => (stage.terms.name === name ? change(stage) : stage)),
})

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

type Of<T extends Event['type']> = Extract<Event, { type: T }>

/** The proof of the login is in the entry alone. */
function loginOf({ login }: Of<'Decided'>) {
  if (login?.acr === undefined && login?.at === undefined) return {}
  const { acr, at } = login
  return { login: { ...(acr === undefined ? {} : { acr }), ...(at === undefined ? {} : { at }) } }
}

const withComment = (state: ApprovalRequest, event: Of<'Commented'>): ApprovalRequest =>
  withStage(state, event.stage, (stage) => ({
    ...stage,
    decisions: stage.decisions.map((decision) =>
      decision.person === event.actor.id && decision.verdict === event.verdict
        ? { ...decision, comment: event.comment }
        : decision,
    ),
  }))

function withReason(state: ApprovalRequest, { actor, verdict, comment }: Of<'Commented'>): ApprovalRequest {
  if (verdict !== 'deny') return state
  if (state.status === 'denied' && state.deniedBy === actor.id) return { ...state, reason: comment }
  return state.status === 'revoked' && state.revokedBy === actor.id ? { ...state, reason: comment } : state
}

function personOf(event: Pick<Event, 'actor'>) {
  if (event.actor.type !== 'person') throw new TypeError('only a person decides')
  return event.actor.id
}

export const replay = (events: readonly Event[], from?: ApprovalRequest): ApprovalRequest | undefined =>
  events.reduce<ApprovalRequest | undefined>(evolve, from)
