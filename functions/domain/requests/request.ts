import * as z from 'zod'
import { Opening, Review } from '../break-glass/break-glass.ts'
import { Given, Login } from '../people/login-strength.ts'
import { Stage } from '../policy/ladder.ts'
import {
  AgentId,
  AskerId,
  CredentialId,
  CredentialKind,
  Digest,
  GrantId,
  HaltId,
  JsonObject,
  NumericDate,
  PersonId,
  RequestId,
  Resource,
  Seconds,
  StandingPermitId,
  Thumbprint,
  UseId,
} from '../values.ts'

/** An agent by its name here and by the identity that it proved: the issuer and subject of its workload token. */
export const AgentRef = z.strictObject({ id: AgentId, issuer: z.string(), subject: z.string() })
export type AgentRef = z.infer<typeof AgentRef>

/** Who asks: an agent, or where break-glass is used a person, who proved themselves with a token of their own. */
export const AskerRef = z.strictObject({ ...AgentRef.shape, id: AskerId })
export type AskerRef = z.infer<typeof AskerRef>

/** One link of a delegation chain, the first delegator first. */
export const Delegator = z.strictObject({ ...AgentRef.shape, owner: PersonId })
export type Delegator = z.infer<typeof Delegator>

export const ParentTask = z.strictObject({ id: z.string().min(1).max(256), url: z.url().max(2048).optional() })
export type ParentTask = z.infer<typeof ParentTask>

/** What was asked for, in the server's own facts. It never changes: another ask is another request. */
export const Ask = z.strictObject({
  id: RequestId,
  agent: AskerRef,
  owner: PersonId,
  chain: z.array(Delegator),
  /** The requests it was delegated from, the first one first; none unless delegated. As many as the chain is long. */
  ancestors: z.array(RequestId).default([]),
  action: z.string(),
  arguments: JsonObject,
  resource: Resource,
  environment: z.string(),
  classification: z.string(),
  purpose: z.string(),
  justification: z.string().optional(),
  parentTask: ParentTask,
  credential: CredentialKind,
  uses: z.int().positive(),
  claimWithin: Seconds,
  lifetime: Seconds,
  /** Ends the deadline and the grant at this time, however long the ladder would have given. */
  requestedUntil: NumericDate.optional(),
  /** What the credential leaves open, in plain words. */
  unpinned: z.array(z.string()),
  /** All that was evaluated beside the above, where that is more: the properties of subject and resource. */
  bound: Digest.optional(),
  /** How many requests like it the agent had made in the hour before: policy may only raise scrutiny by it. */
  recent: z.int().nonnegative(),
  /** The halts that were lifted before it was asked for, though in the same second: these do not end it. */
  afterHalts: z.array(HaltId).optional(),
  /** The standing permit that it drew its approval from, where it did: nobody was asked anew. */
  standing: StandingPermitId.optional(),
  /** Where a person used break-glass: what they said, and on which terms. */
  breakGlass: Opening.optional(),
  /** The key that asked: no other key can claim the grant. A delegated request has none until it is first claimed. */
  jkt: Thumbprint.optional(),
  digest: Digest,
  argumentsDigest: Digest,
})
export type Ask = z.infer<typeof Ask>

export const Verdict = z.enum(['approve', 'deny'])
export type Verdict = z.infer<typeof Verdict>

/** One person's act. `as` is the name under which they were eligible: the stage's, or the one it escalated to. */
export const Decision = z.strictObject({
  person: PersonId,
  /** In whose stead, where the right was another's: the two of them are one in a quorum. */
  for: PersonId.optional(),
  /** With which login that one named this person, and when. */
  given: Given.optional(),
  verdict: Verdict,
  as: z.string(),
  at: NumericDate,
  comment: z.string().optional(),
  /** How strong the login was, and when: it counts on the terms that the stage has when it is counted. */
  login: Login.optional(),
  /** The halts that were lifted before it, though in the same second: it counts in spite of them. */
  afterHalts: z.array(HaltId).optional(),
})
export type Decision = z.infer<typeof Decision>

/** A stage of a request: its terms from the ladder, and what has become of it. `opensAt` and `deadline` come when it opens. */
export const StageState = z.strictObject({
  terms: Stage,
  decisions: z.array(Decision),
  opensAt: NumericDate.optional(),
  deadline: NumericDate.optional(),
  escalatedAt: NumericDate.optional(),
})
export type StageState = z.infer<typeof StageState>

/** An access token is claimed at `/token`; AWS credentials, with that token, at `/aws/credentials`. */
export const Claim = z.enum(['access_token', 'aws'])
export type Claim = z.infer<typeof Claim>

export const Credential = z.strictObject({ id: CredentialId, issuedAt: NumericDate, expiresAt: NumericDate })
export type Credential = z.infer<typeof Credential>

/** Written before minting. Only the newest intent of a kind can become a credential. */
export const Intent = z.strictObject({ id: CredentialId, at: NumericDate })
export type Intent = z.infer<typeof Intent>

/** An STS session that exists or may exist, and so may have to be denied until `endsAt`. */
export const Session = z.strictObject({ credential: CredentialId, role: z.string(), endsAt: NumericDate })
export type Session = z.infer<typeof Session>

export const Outcome = z.enum(['succeeded', 'failed'])
export type Outcome = z.infer<typeof Outcome>

/** How a use went. Nobody reports `unknown`: it is what Hotwork says, for good, where reading cannot tell. */
export const UseOutcome = z.enum([...Outcome.options, 'unknown'])
export type UseOutcome = z.infer<typeof UseOutcome>

export const Use = z.strictObject({
  id: UseId,
  key: z.string(),
  tool: z.string(),
  credential: CredentialId,
  begunAt: NumericDate,
  ended: z
    .strictObject({
      at: NumericDate,
      outcome: UseOutcome,
      note: z.string().optional(),
      /** There was a note, and no room for it here: its entry has it. */
      noted: z.literal(true).optional(),
    })
    .optional(),
})
export type Use = z.infer<typeof Use>

export const Delegation = z.strictObject({
  child: RequestId,
  to: AgentId,
  uses: z.int().positive(),
  notAfter: NumericDate,
})
export type Delegation = z.infer<typeof Delegation>

/** The right that an approval creates. Nothing lengthens it: `notAfter` is set at approval and the first claim only cuts it. */
export const Grant = z.strictObject({
  id: GrantId,
  approvedAt: NumericDate,
  claimBy: NumericDate,
  notAfter: NumericDate,
  claimedAt: NumericDate.optional(),
  intents: z.partialRecord(Claim, Intent),
  credentials: z.partialRecord(Claim, Credential),
  /** How many access tokens were intended: absent until there is one. */
  tokens: z.int().positive().optional(),
  sessions: z.array(Session),
  /** Uses are counted here and nowhere else: as a set, since a counter sent twice counts twice. */
  uses: z.array(Use),
  /** Narrower rights taken out of this one. Their uses are spent here. */
  delegations: z.array(Delegation).default([]),
})
export type Grant = z.infer<typeof Grant>

/** People settle by name; the system settles by rule. */
export const SettledBy = z.union([PersonId, z.literal('system')])
export type SettledBy = z.infer<typeof SettledBy>

const Change = <T extends z.ZodType>(of: T) => z.strictObject({ from: of, to: of })

/** What an approver made less, when: each thing that is not as it was. */
export const NarrowedOnce = z.strictObject({
  by: PersonId,
  at: NumericDate,
  arguments: z.record(z.string(), Change(z.json())),
  uses: Change(z.int().positive()).optional(),
  /** Of the grant, in seconds. */
  lifetime: Change(Seconds).optional(),
})
export type NarrowedOnce = z.infer<typeof NarrowedOnce>

const common = {
  ask: Ask,
  tier: z.int().nonnegative(),
  /** The policies, by `@id`, that set the tier. */
  policies: z.array(z.string()),
  /** Starts at 1 and rises by one with each narrowing. */
  round: z.int().positive(),
  stages: z.array(StageState),
  submittedAt: NumericDate,
  /** The time of the last entry: a clock that goes back does not take the request with it. */
  updatedAt: NumericDate,
  /** How many refusals each actor has on the record here: past a limit they are logged, not recorded. */
  refusals: z.record(z.string(), z.int()),
  /** The key that the grant was bound to after it was asked for. */
  boundKey: Thumbprint.optional(),
  /** Where break-glass is used: the look at it that is due, whatever else becomes of it. */
  review: Review.optional(),
  /** Each narrowing, the first one first: absent until there is one. */
  narrowings: z.array(NarrowedOnce).optional(),
}
const status = <S extends string, T extends z.ZodRawShape>(name: S, shape: T) =>
  z.strictObject({ ...common, status: z.literal(name), ...shape })

export const PendingRequest = status('pending', { decideBy: NumericDate })
export type PendingRequest = z.infer<typeof PendingRequest>
export const ApprovedRequest = status('approved', { grant: Grant })
export type ApprovedRequest = z.infer<typeof ApprovedRequest>

/** An ask to perform a task, in whatever has become of it. A member exists only where it is true. */
export const ApprovalRequest = z.discriminatedUnion('status', [
  PendingRequest,
  ApprovedRequest,
  status('denied', { deniedAt: NumericDate, deniedBy: SettledBy, reason: z.string().optional() }),
  status('withdrawn', { withdrawnAt: NumericDate }),
  status('expired', { expiredAt: NumericDate, grant: Grant.optional() }),
  status('completed', {
    completedAt: NumericDate,
    outcome: Outcome,
    note: z.string().optional(),
    grant: Grant,
  }),
  status('revoked', { revokedAt: NumericDate, revokedBy: SettledBy, reason: z.string(), grant: Grant }),
])
export type ApprovalRequest = z.infer<typeof ApprovalRequest>
export type Status = ApprovalRequest['status']

/** The stage that is waiting for people: the first that lacks its quorum. */
export const openStage = ({ stages }: Pick<PendingRequest, 'stages'>): StageState | undefined =>
  stages.find((stage) => !filled(stage))

export const filled = (stage: StageState): boolean => approversOf(stage).length >= stage.terms.quorum

export const approversOf = (stage: StageState): readonly PersonId[] =>
  stage.decisions.filter(({ verdict }) => verdict === 'approve').map(({ person }) => person)

/** Every approval on record, with the stage it was given for. */
export const approvalsOf = (
  request: Pick<ApprovalRequest, 'stages'>,
): readonly (Omit<Decision, 'verdict'> & { stage: string })[] =>
  request.stages.flatMap(({ terms, decisions }) =>
    decisions
      .filter(({ verdict }) => verdict === 'approve')
      .map(({ verdict: _, ...decision }) => ({ ...decision, stage: terms.name })),
  )

/** The names under which a stage may be decided now: its own, and the one it escalated to. */
export const namesOf = ({ terms, escalatedAt }: StageState): readonly string[] =>
  escalatedAt !== undefined && terms.onSilence !== 'expire' ? [terms.name, terms.onSilence.escalateTo] : [terms.name]

/** The grant of a request that has or had one. */
export const grantOf = (request: ApprovalRequest): Grant | undefined => ('grant' in request ? request.grant : undefined)

/** What is left of the uses that were approved: those begun here and those given away are spent. */
export function usesLeft(request: ApprovalRequest): number {
  const { uses = [], delegations = [] } = grantOf(request) ?? {}
  return request.ask.uses - uses.length - delegations.reduce((sum, each) => sum + each.uses, 0)
}

/** The one call of a mediated action, if it has begun. */
export const callOf = (request: ApprovalRequest): Use | undefined =>
  grantOf(request)?.uses.find(({ tool, key }) => tool === 'aws' && key === 'call')

/** The key that a grant is bound to, if it is bound yet. */
export const keyOf = ({ ask, boundKey }: ApprovalRequest): Thumbprint | undefined => boundKey ?? ask.jkt

/** The people for whom the agents of this request act: none of them may decide it. */
export const ownersOf = ({ ask }: Pick<ApprovalRequest, 'ask'>): readonly PersonId[] => [
  ask.owner,
  ...ask.chain.map(({ owner }) => owner),
]
