// Rules: test/domain/ledger/versions.test.ts
import * as z from 'zod'
import { IssuedKind } from '../../targets/kinds.ts'
import { event } from '../event.ts'
import { Login } from '../people/login-strength.ts'
import { Stage } from '../policy/ladder.ts'
import { Observed } from '../policy/observed.ts'
import { Refusal } from '../refusals.ts'
import {
  AgentId,
  CredentialId,
  Digest,
  GrantId,
  JsonObject,
  NumericDate,
  PersonId,
  QuestionId,
  RequestId,
  Thumbprint,
  UseId,
  Verdict,
} from '../values.ts'
import { personalTexts } from './ask-terms.ts'
import { Comparison } from './comparison.ts'
import { StepOutcome } from './plan-step.ts'
import { Preview } from './preview.ts'
import { Ask, Decision, Outcome, Run, RunEnd, SettledBy, StageState, UseOutcome } from './request.ts'

export const Door = z.enum(['api', 'chat', 'page'])
export type Door = z.infer<typeof Door>

/** The proof of a login for auditors: the provider's signed ID token, and the public key that verified it. */
export const SignedLogin = z.strictObject({ idToken: z.string().max(8192), key: JsonObject })
export type SignedLogin = z.infer<typeof SignedLogin>

/** An event of an act that policy permitted. */
const act = <T extends string, S extends z.ZodRawShape>(type: T, shape: S) =>
  event(type, { ...shape, observed: Observed.optional() })

/** The events of a request. Each becomes one ledger entry; replaying them gives the state. */
export const Event = z.discriminatedUnion('type', [
  act('Submitted', {
    ask: Ask,
    tier: z.int().nonnegative(),
    stages: z.array(Stage),
    decideBy: NumericDate,
    /** The parent's stages, under which a delegated request was approved. */
    inherits: z.array(StageState).optional(),
    preview: Preview.optional(),
  }),
  event('StageOpened', { stage: z.string(), deadline: NumericDate, channels: StageState.shape.channels }),
  act('Decided', {
    stage: z.string(),
    as: z.string(),
    verdict: Verdict,
    round: z.int().positive(),
    /** The state in the request's preview, if it has one. */
    state: Decision.shape.state,
    through: Door,
    for: Decision.shape.for,
    given: Decision.shape.given,
    comment: Decision.shape.comment,
    toAgent: Decision.shape.toAgent,
    typed: Decision.shape.typed,
    suggest: Decision.shape.suggest,
    claimed: Decision.shape.claimed,
    afterHalts: Decision.shape.afterHalts,
    /** The digest of the card or page, if known. */
    seen: Digest.optional(),
    /** The digest of the list, if one click decided several. */
    burst: Digest.optional(),
    login: z
      .strictObject({
        acr: z.string().optional(),
        at: NumericDate.optional(),
        /** The ID token, whose `nonce` holds the digest. */
        evidence: SignedLogin.optional(),
      })
      .optional(),
  }),
  /** A narrowed ask, on the terms of its rung. All approvals are dropped. */
  event('Narrowed', {
    ask: Ask,
    tier: z.int().nonnegative(),
    stages: z.array(Stage),
    round: z.int().min(2),
    /** The policies that set the new tier; `policies` let this person decide. */
    because: z.array(z.string()),
    /** The same reading, with the narrowed arguments. */
    preview: Preview.optional(),
  }),
  /** The resource changed after people read or decided. All decisions are dropped, and an unclaimed grant. */
  event('StateChanged', {
    preview: Preview,
    round: z.int().min(2),
    decideBy: NumericDate,
    tier: z.int().nonnegative(),
    stages: z.array(Stage),
    because: z.array(z.string()),
  }),
  event('Commented', { stage: z.string(), verdict: Verdict, comment: z.string() }),
  /** A question to the agent by a person who may decide the stage. It moves no deadline. */
  event('Asked', { question: QuestionId, stage: z.string(), for: Decision.shape.for, text: z.string() }),
  event('Answered', { question: QuestionId, text: z.string() }),
  event('ColleagueAsked', { stage: z.string(), to: PersonId }),
  event('ApprovalDropped', { stage: z.string(), person: PersonId }),
  event('StageEscalated', { stage: z.string(), to: z.string(), deadline: NumericDate }),
  event('Approved', { grant: GrantId, claimBy: NumericDate, notAfter: NumericDate }),
  act('Denied', { by: SettledBy, reason: z.string().optional(), outcome: z.literal('revise').optional() }),
  event('Withdrawn', {}),
  event('KeyBound', { jkt: Thumbprint, replaces: Thumbprint.optional() }),
  act('Delegated', { child: RequestId, to: AgentId, uses: z.int().positive(), notAfter: NumericDate }),
  act('CredentialIntended', {
    credential: CredentialId,
    claim: IssuedKind,
    session: z.strictObject({ role: z.string(), endsAt: NumericDate }).optional(),
    /** The new end, if the parent's end has moved earlier. */
    notAfter: NumericDate.optional(),
    /** The number of intended access tokens so far. Older entries lack it. */
    count: z.int().positive().optional(),
    /** The approved state, as read just before. */
    state: Digest.optional(),
  }),
  event('CredentialIssued', {
    credential: CredentialId,
    claim: IssuedKind,
    expiresAt: NumericDate,
    /** The end, which the first claim may cut and no claim lengthens. */
    notAfter: NumericDate,
    replaces: CredentialId.optional(),
  }),
  event('CredentialRevoked', { credential: CredentialId }),
  act('UseBegun', {
    use: UseId,
    key: z.string(),
    tool: z.string(),
    credential: CredentialId,
    /** The approved state, as read just before a call. */
    state: Digest.optional(),
  }),
  event('UseEnded', { use: UseId, outcome: UseOutcome, note: z.string().optional() }),
  /** An unmade use: the grant gets it back. */
  event('UseReturned', { use: UseId, reason: z.string() }),
  /** The approved call started a run, which ends its use. */
  event('RunStarted', { use: UseId, run: Run.shape.id, atMost: NumericDate }),
  event('RunEnded', { status: RunEnd, note: z.string().optional() }),
  event('Completed', {
    outcome: Outcome,
    note: z.string().optional(),
    /** The reason why a change of the registry was not made. */
    code: Refusal.optional(),
  }),
  /** The receiving owner of an agent's transfer accepts it, by a login of their own. */
  event('TransferAccepted', { login: Login.optional() }),
  act('Revoked', { by: SettledBy, reason: z.string() }),
  /**
   * A plan's events: the turn of a step, counted from 1, and its outcome. After the last one the plan is `Completed`.
   */
  event('StepOpened', { step: z.int().positive(), child: RequestId }),
  event('StepEnded', {
    step: z.int().positive(),
    child: RequestId,
    outcome: StepOutcome,
    because: z.string().optional(),
  }),
  event('Expired', {}),
  /** The calls on the target's record, compared with the approval. */
  event('CallsCompared', { ...Comparison.shape }),
  act('BreakGlassOpened', { ask: Ask, grant: GrantId, notAfter: NumericDate }),
  event('ReviewDue', { dueAt: NumericDate }),
  event('ReviewOverdue', {}),
  act('Reviewed', {
    outcome: z.enum(['justified', 'not_justified']),
    note: z.string(),
    /** The digest of the card, if the caller sent it. */
    seen: Digest.optional(),
  }),
  act('Refused', {
    attempted: z.string(),
    code: Refusal,
    /** The action, if no recorded request has it. */
    action: z.string().optional(),
    /** The other agent that the actor asked about. */
    agent: AgentId.optional(),
    request: RequestId.optional(),
    /** The evaluation's own reason, if `code` only says `not_requestable`. */
    reason: z.string().optional(),
    /** The number of refusals since the entry before, including this one. */
    count: z.int().positive().optional(),
    /** True if it counts all kinds without entries of their own. */
    others: z.literal(true).optional(),
  }),
])
export type Event = z.infer<typeof Event>
export type EventType = Event['type']

/**
 * A personal member of an event, and its owner. `copied`: it comes from a state, which has a commitment unless it is
 * older than those.
 */
export type PersonalMember = {
  at: string
  whose: 'actor' | 'owner' | 'actor or owner' | 'owner of what a tool says' | 'decider'
  copied?: true
}

/** The personal members of each event. An agent's words belong to the person who answers for it. */
export const personalInEvents: { readonly [type in EventType]?: readonly PersonalMember[] } = {
  Submitted: [
    ...personalTexts,
    { at: '/ask/breakGlass/reason', whose: 'owner' },
    { at: '/inherits/*/decisions/*/comment', whose: 'decider', copied: true },
    { at: '/inherits/*/decisions/*/toAgent', whose: 'decider', copied: true },
  ],
  Decided: [
    { at: '/comment', whose: 'actor' },
    { at: '/toAgent', whose: 'actor' },
    { at: '/login/evidence/idToken', whose: 'actor' },
  ],
  Narrowed: [
    ...personalTexts.map(({ at }) => ({ at, whose: 'owner', copied: true }) as const),
    { at: '/ask/breakGlass/reason', whose: 'owner', copied: true },
  ],
  Commented: [{ at: '/comment', whose: 'actor' }],
  Asked: [{ at: '/text', whose: 'actor' }],
  Answered: [{ at: '/text', whose: 'owner' }],
  Denied: [{ at: '/reason', whose: 'actor' }],
  Revoked: [{ at: '/reason', whose: 'actor' }],
  // The notes of a mediated call and of a run are Hotwork's own.
  UseEnded: [{ at: '/note', whose: 'owner of what a tool says' }],
  Completed: [{ at: '/note', whose: 'owner' }],
  BreakGlassOpened: [
    ...personalTexts.map(({ at }) => ({ at, whose: 'owner' }) as const),
    { at: '/ask/breakGlass/reason', whose: 'owner' },
    { at: '/ask/agent/subject', whose: 'owner' },
  ],
  Reviewed: [{ at: '/note', whose: 'actor' }],
}
