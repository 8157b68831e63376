import * as z from 'zod'
import { IssuedKind } from '../../targets/kinds.ts'
import { event } from '../event.ts'
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
  RequestId,
  Thumbprint,
  UseId,
  Verdict,
} from '../values.ts'
import { personalTexts } from './ask-terms.ts'
import { Comparison } from './comparison.ts'
import { StepOutcome } from './plan-step.ts'
import { Preview } from './preview.ts'
import { Ask, Decision, Outcome, SettledBy, StageState, UseOutcome } from './request.ts'

export const Door = z.enum(['api', 'chat', 'page'])
export type Door = z.infer<typeof Door>

/** What proves a login to an auditor: the provider's signed ID token, and the public key that verified it. */
export const SignedLogin = z.strictObject({ idToken: z.string().max(8192), key: JsonObject })
export type SignedLogin = z.infer<typeof SignedLogin>

/** An act that policy was asked about. */
const act = <T extends string, S extends z.ZodRawShape>(type: T, shape: S) =>
  event(type, { ...shape, observed: Observed.optional() })

/** Each becomes one ledger entry; replaying them gives the state. */
export const Event = z.discriminatedUnion('type', [
  act('Submitted', {
    ask: Ask,
    tier: z.int().nonnegative(),
    stages: z.array(Stage),
    decideBy: NumericDate,
    /** For a delegated request: the parent's stages, under which it was approved. */
    inherits: z.array(StageState).optional(),
    preview: Preview.optional(),
  }),
  event('StageOpened', { stage: z.string(), deadline: NumericDate }),
  act('Decided', {
    stage: z.string(),
    as: z.string(),
    verdict: Verdict,
    round: z.int().positive(),
    /** Of the preview that stood in the request. */
    state: Decision.shape.state,
    through: Door,
    for: Decision.shape.for,
    given: Decision.shape.given,
    comment: Decision.shape.comment,
    claimed: Decision.shape.claimed,
    afterHalts: Decision.shape.afterHalts,
    /** The card or page as it was rendered, where the door knows it. */
    seen: Digest.optional(),
    /** Of the list, where one click decided several. */
    burst: Digest.optional(),
    login: z
      .strictObject({
        acr: z.string().optional(),
        at: NumericDate.optional(),
        /** Its `nonce` holds the digest. */
        evidence: SignedLogin.optional(),
      })
      .optional(),
  }),
  /** The ask as it now is, on the terms of the rung that it now needs. All approvals dropped. */
  event('Narrowed', {
    ask: Ask,
    tier: z.int().nonnegative(),
    stages: z.array(Stage),
    round: z.int().min(2),
    /** They set the tier anew; `policies` let this person decide. */
    because: z.array(z.string()),
    /** The same reading, beside what would be now. */
    preview: Preview.optional(),
  }),
  /** What is there is no longer what people decide on, or decided on. All decisions dropped, and an unclaimed grant. */
  event('StateChanged', {
    preview: Preview,
    round: z.int().min(2),
    decideBy: NumericDate,
    tier: z.int().nonnegative(),
    stages: z.array(Stage),
    because: z.array(z.string()),
  }),
  event('Commented', { stage: z.string(), verdict: Verdict, comment: z.string() }),
  event('ApprovalDropped', { stage: z.string(), person: PersonId }),
  event('StageEscalated', { stage: z.string(), to: z.string(), deadline: NumericDate }),
  event('Approved', { grant: GrantId, claimBy: NumericDate, notAfter: NumericDate }),
  act('Denied', { by: SettledBy, reason: z.string().optional() }),
  event('Withdrawn', {}),
  event('KeyBound', { jkt: Thumbprint, replaces: Thumbprint.optional() }),
  act('Delegated', { child: RequestId, to: AgentId, uses: z.int().positive(), notAfter: NumericDate }),
  act('CredentialIntended', {
    credential: CredentialId,
    claim: IssuedKind,
    session: z.strictObject({ role: z.string(), endsAt: NumericDate }).optional(),
    /** Where what it was delegated from now ends sooner. */
    notAfter: NumericDate.optional(),
    /** Access tokens intended, this one included. Older entries do not count. */
    count: z.int().positive().optional(),
    /** What was read just before: the state that was approved. */
    state: Digest.optional(),
  }),
  event('CredentialIssued', {
    credential: CredentialId,
    claim: IssuedKind,
    expiresAt: NumericDate,
    /** The first claim may cut it; no claim lengthens it. */
    notAfter: NumericDate,
    replaces: CredentialId.optional(),
  }),
  event('CredentialRevoked', { credential: CredentialId }),
  act('UseBegun', {
    use: UseId,
    key: z.string(),
    tool: z.string(),
    credential: CredentialId,
    /** Of a call: what was read just before, the state that was approved. */
    state: Digest.optional(),
  }),
  event('UseEnded', { use: UseId, outcome: UseOutcome, note: z.string().optional() }),
  /** Nothing was done: the grant has this use again. */
  event('UseReturned', { use: UseId, reason: z.string() }),
  event('Completed', { outcome: Outcome, note: z.string().optional() }),
  act('Revoked', { by: SettledBy, reason: z.string() }),
  /** Of a plan: the turn of a step, counted from 1, and how it went. After the last one the plan is `Completed`. */
  event('StepOpened', { step: z.int().positive(), child: RequestId }),
  event('StepEnded', {
    step: z.int().positive(),
    child: RequestId,
    outcome: StepOutcome,
    because: z.string().optional(),
  }),
  event('Expired', {}),
  /** The calls on its target's record, held against what was approved. */
  event('CallsCompared', { ...Comparison.shape }),
  act('BreakGlassOpened', { ask: Ask, grant: GrantId, notAfter: NumericDate }),
  event('ReviewDue', { dueAt: NumericDate }),
  event('ReviewOverdue', {}),
  act('Reviewed', {
    outcome: z.enum(['justified', 'not_justified']),
    note: z.string(),
    /** The card as it was rendered, where the door knows it. */
    seen: Digest.optional(),
  }),
  act('Refused', {
    attempted: z.string(),
    code: Refusal,
    /** Where no request has it on its record. */
    action: z.string().optional(),
    /** The agent that the actor asked about, which is another agent. */
    agent: AgentId.optional(),
    request: RequestId.optional(),
    /** The evaluation's own word, where `code` says no more than that nothing could be asked for. */
    reason: z.string().optional(),
    /** Since the entry before, this one included. */
    count: z.int().positive().optional(),
    /** It counts all kinds that have no entry of their own. */
    others: z.literal(true).optional(),
  }),
])
export type Event = z.infer<typeof Event>
export type EventType = Event['type']

/**
 * One personal member of an event, and whose it is. `copied`: it comes from a state, in which it is a commitment already,
 * unless that state is older than commitments.
 */
export type PersonalMember = {
  at: string
  whose: 'actor' | 'owner' | 'actor or owner' | 'owner of what a tool says' | 'decider'
  copied?: true
}

/** An agent's words belong to the person who answers for it. */
export const personalInEvents: { readonly [type in EventType]?: readonly PersonalMember[] } = {
  Submitted: [
    ...personalTexts,
    { at: '/ask/breakGlass/reason', whose: 'owner' },
    { at: '/inherits/*/decisions/*/comment', whose: 'decider', copied: true },
  ],
  Decided: [
    { at: '/comment', whose: 'actor' },
    { at: '/login/evidence/idToken', whose: 'actor' },
  ],
  Narrowed: [
    ...personalTexts.map(({ at }) => ({ at, whose: 'owner', copied: true }) as const),
    { at: '/ask/breakGlass/reason', whose: 'owner', copied: true },
  ],
  Commented: [{ at: '/comment', whose: 'actor' }],
  Denied: [{ at: '/reason', whose: 'actor' }],
  Revoked: [{ at: '/reason', whose: 'actor' }],
  // Hotwork itself writes the note of a mediated call.
  UseEnded: [{ at: '/note', whose: 'owner of what a tool says' }],
  Completed: [{ at: '/note', whose: 'owner' }],
  BreakGlassOpened: [
    ...personalTexts.map(({ at }) => ({ at, whose: 'owner' }) as const),
    { at: '/ask/breakGlass/reason', whose: 'owner' },
    { at: '/ask/agent/subject', whose: 'owner' },
  ],
  Reviewed: [{ at: '/note', whose: 'actor' }],
}
