// Rules: test/domain/properties.test.ts
import * as z from 'zod'
import { IssuedKind, isCall } from '../../targets/kinds.ts'
import { LoginGroups } from '../people/group-source.ts'
import { Given, Login } from '../people/login-strength.ts'
import { AgentRef } from '../policy/agent-ref.ts'
import { fillingOf } from '../policy/filling.ts'
import { Stage } from '../policy/ladder.ts'
import { Refusal } from '../refusals.ts'
import {
  AgentId,
  Alias,
  AskerId,
  CredentialId,
  Digest,
  GrantId,
  HaltId,
  JsonObject,
  NumericDate,
  PersonId,
  QuestionId,
  RequestId,
  Resource,
  Seconds,
  Thumbprint,
  UseId,
  Verdict,
} from '../values.ts'
import { termShape } from './ask-terms.ts'
import { Compared } from './comparison.ts'
import { Opening, Review } from './opening.ts'
import { keptSteps, PlanStep, StepState } from './plan-step.ts'
import { Drift, Preview } from './preview.ts'

export const Delegator = z.strictObject({ ...AgentRef.shape, owner: PersonId })
export type Delegator = z.infer<typeof Delegator>

/** An ask with the server's own facts. It is immutable: a different ask is a different request. */
export const Ask = z.strictObject({
  id: RequestId,
  /** The asker, proven by its own token: an agent, or for break-glass a person. */
  agent: z.strictObject({ ...AgentRef.shape, id: AskerId }),
  owner: PersonId,
  chain: z.array(Delegator),
  /** The requests of the chain, the first delegator's first. */
  ancestors: z.array(RequestId).default([]),
  action: z.string(),
  arguments: JsonObject,
  resource: Resource,
  ...termShape,
  /** The people who approved the grant that it extends. */
  approvedBefore: z.array(PersonId).optional(),
  /** The steps, which make an ask a plan. They are in `arguments` too, and so in the digest. */
  steps: z.array(PlanStep).min(1).optional(),
  /** The number of a step, from 1, in the plan that is its last ancestor. */
  step: z.int().positive().optional(),
  breakGlass: Opening.optional(),
  digest: Digest,
  argumentsDigest: Digest,
})
export type Ask = z.infer<typeof Ask>

/** A decision. `as` is the name under which the person was eligible: the stage's, or its escalation's. */
export const Decision = z.strictObject({
  person: PersonId,
  /** The absent person whose right was used: a quorum counts the two as one. */
  for: PersonId.optional(),
  given: Given.optional(),
  verdict: Verdict,
  as: z.string(),
  at: NumericDate,
  comment: z.string().optional(),
  /** The words that the agent reads. */
  toAgent: z.string().optional(),
  /** The name of the resource was typed with it. */
  typed: z.literal(true).optional(),
  /** The whole arguments that a `revise` suggests, by the entry's schema. */
  suggest: JsonObject.optional(),
  /** The one state that it counts for. */
  state: Digest.optional(),
  /** The login, which must meet the stage's present terms whenever the decision is counted. */
  login: Login.optional(),
  /** The groups by which the decision counts, while they hold. */
  claimed: LoginGroups.optional(),
  /** Halts that were lifted earlier in the same second, and so do not void it. */
  afterHalts: z.array(HaltId).optional(),
})
export type Decision = z.infer<typeof Decision>

/** A stage. `opensAt` and `deadline` are set when it opens. */
export const StageState = z.strictObject({
  terms: Stage,
  /** The channels of the groups that own the resource, by alias, as they were when it opened. */
  channels: z.array(Alias).optional(),
  decisions: z.array(Decision),
  opensAt: NumericDate.optional(),
  deadline: NumericDate.optional(),
  escalatedAt: NumericDate.optional(),
})
export type StageState = z.infer<typeof StageState>

export const Outcome = z.enum(['succeeded', 'failed'])
export type Outcome = z.infer<typeof Outcome>

/** The outcome of a use. `unknown` is final, if Hotwork cannot tell by reading. `started`: a run, which goes on. */
export const UseOutcome = z.enum([...Outcome.options, 'unknown', 'started'])
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
      /** True if the note did not fit here, and is only in its entry. */
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

/** A grant. `notAfter` is set at approval; the first claim may only make it earlier. */
export const Grant = z.strictObject({
  id: GrantId,
  approvedAt: NumericDate,
  claimBy: NumericDate,
  notAfter: NumericDate,
  claimedAt: NumericDate.optional(),
  /** The newest intent of each kind, recorded before the issue. Only it can become a credential. */
  intents: z.partialRecord(IssuedKind, z.strictObject({ id: CredentialId, at: NumericDate })),
  credentials: z.partialRecord(
    IssuedKind,
    z.strictObject({ id: CredentialId, issuedAt: NumericDate, expiresAt: NumericDate }),
  ),
  tokens: z.int().positive().optional(),
  /** Sessions that may have to be denied until `endsAt`. */
  sessions: z.array(z.strictObject({ credential: CredentialId, role: z.string(), endsAt: NumericDate })),
  /** A set of ids, since a counter would count a repeat twice. */
  uses: z.array(Use),
  /** Delegations, whose uses are spent here. */
  delegations: z.array(Delegation).default([]),
})
export type Grant = z.infer<typeof Grant>

export const SettledBy = z.union([PersonId, z.literal('system')])
export type SettledBy = z.infer<typeof SettledBy>

const Change = <T extends z.ZodType>(of: T) => z.strictObject({ from: of, to: of })

export const NarrowedOnce = z.strictObject({
  by: PersonId,
  at: NumericDate,
  arguments: z.record(z.string(), Change(z.json())),
  uses: Change(z.int().positive()).optional(),
  /** The lifetime in seconds. */
  lifetime: Change(Seconds).optional(),
})
export type NarrowedOnce = z.infer<typeof NarrowedOnce>

/** A question to the agent, and its answer. */
export const Question = z.strictObject({
  id: QuestionId,
  by: PersonId,
  /** The absent person whose right to decide was used. */
  for: PersonId.optional(),
  stage: z.string(),
  at: NumericDate,
  text: z.string(),
  /** `decisionsBefore`: the approvals that stood when it came. */
  answer: z.strictObject({ at: NumericDate, text: z.string(), decisionsBefore: z.int().nonnegative() }).optional(),
})
export type Question = z.infer<typeof Question>

/** An approver's call for a colleague who may decide the same stage. */
export const ColleagueAsked = z.strictObject({ stage: z.string(), by: PersonId, to: PersonId, at: NumericDate })
export type ColleagueAsked = z.infer<typeof ColleagueAsked>

/** How a run ended. `unknown`: Hotwork stopped looking before its end. */
export const RunEnd = z.enum([...Outcome.options, 'cancelled', 'unknown'])
export type RunEnd = z.infer<typeof RunEnd>

/** The process that the approved call started, and that goes on after it. */
export const Run = z.strictObject({
  /** Its id at the target. */
  id: z.string().min(1).max(1024),
  use: UseId,
  status: z.enum(['running', ...RunEnd.options]),
  since: NumericDate,
  until: NumericDate.optional(),
  /** The last time at which Hotwork looks. */
  atMost: NumericDate,
  /** Hotwork's own words. */
  note: z.string().optional(),
})
export type Run = z.infer<typeof Run>

const common = {
  ask: Ask,
  tier: z.int().nonnegative(),
  policies: z.array(z.string()),
  /** The round: it rises with each narrowing and each drift. */
  round: z.int().positive(),
  stages: z.array(StageState),
  submittedAt: NumericDate,
  /** The latest recorded time. A clock that goes back does not lower it. */
  updatedAt: NumericDate,
  /** The number of recorded refusals of each actor. Beyond a limit they are only logged. */
  refusals: z.record(z.string(), z.int()),
  boundKey: Thumbprint.optional(),
  review: Review.optional(),
  narrowings: z.array(NarrowedOnce).optional(),
  /** The latest reading, which people decide on. */
  preview: Preview.optional(),
  drifts: z.array(Drift).optional(),
  questions: z.array(Question).optional(),
  colleagues: z.array(ColleagueAsked).optional(),
  /** The progress of a plan's steps, in their order. */
  progress: z.array(StepState).optional(),
  /** Set once the receiving owner accepted the transfer. */
  accepted: z.strictObject({ at: NumericDate }).optional(),
  /** The comparison with the record of AWS, once made. */
  calls: Compared.optional(),
  run: Run.optional(),
}
const Common = z.strictObject(common)

/** The members that every status has. */
export function commonOf(state: ApprovalRequest): z.infer<typeof Common> {
  const kept: { [name: string]: unknown } = {}
  for (const name in state) if (Object.hasOwn(common, name)) kept[name] = state[name as keyof ApprovalRequest]
  return kept as z.infer<typeof Common>
}

const status = <S extends string, T extends z.ZodRawShape>(name: S, shape: T) =>
  z.strictObject({ ...common, status: z.literal(name), ...shape })

export const PendingRequest = status('pending', { decideBy: NumericDate })
export type PendingRequest = z.infer<typeof PendingRequest>
export const ApprovedRequest = status('approved', { grant: Grant })
export type ApprovedRequest = z.infer<typeof ApprovedRequest>

/** A request. Each status has its own members. */
export const ApprovalRequest = z.discriminatedUnion('status', [
  PendingRequest,
  ApprovedRequest,
  status('denied', {
    deniedAt: NumericDate,
    deniedBy: SettledBy,
    reason: z.string().optional(),
    outcome: z.literal('revise').optional(),
  }),
  status('withdrawn', { withdrawnAt: NumericDate }),
  status('expired', { expiredAt: NumericDate, grant: Grant.optional() }),
  status('completed', {
    completedAt: NumericDate,
    outcome: Outcome,
    note: z.string().optional(),
    code: Refusal.optional(),
    grant: Grant,
  }),
  status('revoked', { revokedAt: NumericDate, revokedBy: SettledBy, reason: z.string(), grant: Grant }),
])
export type ApprovalRequest = z.infer<typeof ApprovalRequest>
export type Status = ApprovalRequest['status']

/** The colleagues who were asked to decide a stage. */
export const colleaguesFor = (
  { colleagues = [] }: Pick<ApprovalRequest, 'colleagues'>,
  stage: string | undefined,
): readonly ColleagueAsked[] => colleagues.filter((each) => each.stage === stage)

/** The first stage that lacks its quorum, while people decide. */
export const openStage = ({ status, stages }: Pick<ApprovalRequest, 'status' | 'stages'>): StageState | undefined =>
  status === 'pending' ? stages.find((stage) => fillingOf(stage).missing > 0) : undefined

/** Whether people decide now. A waiting step is pending too, but with all stages filled. */
export const waitsForPeople = (state: ApprovalRequest): boolean => openStage(state) !== undefined

export const approvalsOf = (
  request: Pick<ApprovalRequest, 'stages'>,
): readonly (Omit<Decision, 'verdict'> & { stage: string })[] =>
  request.stages.flatMap(({ terms, decisions }) =>
    decisions
      .filter(({ verdict }) => verdict === 'approve')
      .map(({ verdict: _, ...decision }) => ({ ...decision, stage: terms.name })),
  )

/** The people whose right an approval uses: a quorum counts them as one. */
export const peopleBehind = ({ person, for: absent }: Pick<Decision, 'person' | 'for'>): readonly PersonId[] =>
  absent === undefined ? [person] : [person, absent]

/** The approvals of people who have lost the right. */
export const lostApprovals = (
  state: Pick<ApprovalRequest, 'stages'>,
  eligible: { readonly [person: PersonId]: readonly string[] },
): ReturnType<typeof approvalsOf> =>
  approvalsOf(state).filter(({ person, as }) => !(eligible[person] ?? []).includes(as))

export const grantOf = (request: ApprovalRequest): Grant | undefined => ('grant' in request ? request.grant : undefined)

export function usesLeft(request: ApprovalRequest): number {
  const { uses = [], delegations = [] } = grantOf(request) ?? {}
  return request.ask.uses - uses.length - delegations.reduce((sum, each) => sum + each.uses, 0)
}

export const callOf = (request: ApprovalRequest): Use | undefined => grantOf(request)?.uses.find(isCall)

/** Whether its run goes on, or may have begun: neither ends with the grant's time. */
export function isRunning(request: ApprovalRequest): boolean {
  if (request.run) return request.run.status === 'running'
  const call = callOf(request)
  return request.ask.runsAs !== undefined && call !== undefined && !call.ended
}

export const keyOf = ({ ask, boundKey }: ApprovalRequest): Thumbprint | undefined => boundKey ?? ask.jkt

/** The people who may not decide it: they answer for its agents, or told its agent to ask for it. */
export const barredFrom = (state: Pick<ApprovalRequest, 'ask'>): readonly PersonId[] => [
  ...ownersOf(state),
  ...(state.ask.barred ?? []),
]

/** The people who answer for its agents. */
export const ownersOf = ({ ask }: Pick<ApprovalRequest, 'ask'>): readonly PersonId[] => [
  ask.owner,
  ...(ask.askedBy === undefined ? [] : [ask.askedBy]),
  ...ask.chain.map(({ owner }) => owner),
  ...keptSteps({ ask }).map(({ owner }) => owner),
]
