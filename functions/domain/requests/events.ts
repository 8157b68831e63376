import * as z from 'zod'
import { Stage } from '../policy/ladder.ts'
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
  ToolId,
  UseId,
} from '../values.ts'
import { Ask, Claim, Decision, Outcome, SettledBy, StageState, UseOutcome, Verdict } from './request.ts'

/** Who really acted: a person, an agent with its delegation chain, a tool, or Hotwork itself when time or a rule acts. */
export const Actor = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('person'), id: PersonId }),
  z.strictObject({ type: z.literal('agent'), id: AgentId, chain: z.array(AgentId).optional() }),
  z.strictObject({ type: z.literal('tool'), id: ToolId }),
  z.strictObject({ type: z.literal('system'), id: z.literal('hotwork') }),
])
export type Actor = z.infer<typeof Actor>
export const system: Actor = { type: 'system', id: 'hotwork' }

/** Through which door a decision came: the API, a click in the chat, or the page. */
export const Door = z.enum(['api', 'chat', 'page'])
export type Door = z.infer<typeof Door>

/** What proves a login to whoever was not there: the provider's signed ID token, and the public key that verified it. */
export const Evidence = z.strictObject({ idToken: z.string().max(8192), key: JsonObject })
export type Evidence = z.infer<typeof Evidence>

/** What stands in every event: when, who, and the policies (by `@id`) and bundle (by hash) that it rests on. */
const common = { at: NumericDate, actor: Actor, policies: z.array(z.string()), bundle: z.string() }
/** One kind of event: the common members, and its own. */
export const event = <T extends string, S extends z.ZodRawShape>(type: T, shape: S) =>
  z.strictObject({ ...common, type: z.literal(type), ...shape })

/** What has happened: one type, one meaning, past tense. Each becomes one ledger entry, and replaying them is the state. */
export const Event = z.discriminatedUnion('type', [
  event('Submitted', {
    ask: Ask,
    tier: z.int().nonnegative(),
    stages: z.array(Stage),
    decideBy: NumericDate,
    /** For a delegated request: the parent's stages with their decisions, under which it was approved. */
    inherits: z.array(StageState).optional(),
  }),
  event('StageOpened', { stage: z.string(), deadline: NumericDate }),
  event('Decided', {
    stage: z.string(),
    as: z.string(),
    verdict: Verdict,
    round: z.int().positive(),
    through: Door,
    for: Decision.shape.for,
    given: Decision.shape.given,
    comment: Decision.shape.comment,
    afterHalts: Decision.shape.afterHalts,
    /** What the decider was shown: the digest of the card or page as it was rendered, where the door knows it. */
    seen: Digest.optional(),
    /** The digest of the list with which it was decided, where one click decided several alike. */
    burst: Digest.optional(),
    login: z
      .strictObject({
        acr: z.string().optional(),
        at: NumericDate.optional(),
        /** The signed ID token of the login that was made for this decision, whose `nonce` holds the digest. */
        evidence: Evidence.optional(),
      })
      .optional(),
  }),
  /** A person made it less: the ask as it now is, on the terms of the rung that it now needs. All approvals dropped. */
  event('Narrowed', {
    ask: Ask,
    tier: z.int().nonnegative(),
    stages: z.array(Stage),
    round: z.int().min(2),
    /** The policies that set the tier anew; `policies` are those that let this person decide. */
    because: z.array(z.string()),
  }),
  /** The decider said afterwards why they decided so. */
  event('Commented', { stage: z.string(), verdict: Verdict, comment: z.string() }),
  event('ApprovalDropped', { stage: z.string(), person: PersonId }),
  event('StageEscalated', { stage: z.string(), to: z.string(), deadline: NumericDate }),
  event('Approved', { grant: GrantId, claimBy: NumericDate, notAfter: NumericDate }),
  event('Denied', { by: SettledBy, reason: z.string().optional() }),
  event('Withdrawn', {}),
  event('KeyBound', { jkt: Thumbprint, replaces: Thumbprint.optional() }),
  event('Delegated', { child: RequestId, to: AgentId, uses: z.int().positive(), notAfter: NumericDate }),
  event('CredentialIntended', {
    credential: CredentialId,
    claim: Claim,
    session: z.strictObject({ role: z.string(), endsAt: NumericDate }).optional(),
    /** The end of the grant from here on, where what it was delegated from now ends sooner. */
    notAfter: NumericDate.optional(),
    /** How many access tokens of the grant were intended, this one included. Older entries do not count. */
    count: z.int().positive().optional(),
  }),
  event('CredentialIssued', {
    credential: CredentialId,
    claim: Claim,
    expiresAt: NumericDate,
    /** The end of the grant from here on: the first claim may cut it, none can lengthen it. */
    notAfter: NumericDate,
    replaces: CredentialId.optional(),
  }),
  event('CredentialRevoked', { credential: CredentialId }),
  event('UseBegun', { use: UseId, key: z.string(), tool: z.string(), credential: CredentialId }),
  event('UseEnded', { use: UseId, outcome: UseOutcome, note: z.string().optional() }),
  /** Nothing was done, and nothing of it is under way: the grant has this use again. */
  event('UseReturned', { use: UseId, reason: z.string() }),
  event('Completed', { outcome: Outcome, note: z.string().optional() }),
  event('Revoked', { by: SettledBy, reason: z.string() }),
  event('Expired', {}),
  /** A person used break-glass: what they said, until when it is open, and by when somebody else has to look at it. */
  event('BreakGlassOpened', { ask: Ask, grant: GrantId, notAfter: NumericDate }),
  event('ReviewDue', { dueAt: NumericDate }),
  event('ReviewOverdue', {}),
  event('Reviewed', {
    outcome: z.enum(['justified', 'not_justified']),
    note: z.string(),
    /** What the reviewer was shown: the digest of the card as it was rendered, where the door knows it. */
    seen: Digest.optional(),
  }),
  event('Refused', {
    attempted: z.string(),
    code: Refusal,
    /** Where no request has it on its record: the action that was asked for, or the request that it was about. */
    action: z.string().optional(),
    request: RequestId.optional(),
    /** How many of this kind there were since the entry before, this one included. */
    count: z.int().positive().optional(),
    /** So many kinds were refused that this entry counts all those that have none of their own. */
    others: z.literal(true).optional(),
  }),
])
export type Event = z.infer<typeof Event>
export type EventType = Event['type']
