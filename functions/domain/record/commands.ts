// Rules: test/domain/properties.test.ts
import type { IssuedKind, TargetId } from '../../targets/kinds.ts'
import { type Actor, system } from '../event.ts'
import type { LoginGroups } from '../people/group-source.ts'
import type { Given } from '../people/login-strength.ts'
import type { SuspendedBecause } from '../people/organisation.ts'
import type { AssessmentRefusal } from '../policy/assess.ts'
import type { Stage } from '../policy/ladder.ts'
import type { Observed } from '../policy/observed.ts'
import type { Answer } from '../policy/question.ts'
import type { Refusal } from '../refusals.ts'
import {
  type AgentId,
  type Alias,
  type AskerId,
  actorNamed,
  type CredentialId,
  type Digest,
  type HaltId,
  isAgent,
  type JsonObject,
  type NumericDate,
  type PersonId,
  type QuestionId,
  type RequestId,
  type Result,
  type StandingPermitId,
  type Thumbprint,
  type ToolId,
  type UseId,
  type Verdict,
} from '../values.ts'
import type { Comparison } from './comparison.ts'
import type { Door, Event, SignedLogin } from './events.ts'
import type { Budget, Limits } from './opening.ts'
import { openingOf, originOf } from './origin.ts'
import type { StepOutcome } from './plan-step.ts'
import type { Preview } from './preview.ts'
import type { ApprovalRequest, Ask, Outcome, RunEnd, StageState, UseOutcome } from './request.ts'

/**
 * A command with the operation's facts. The event has every fact that `decide` uses, so that a replay asks no policy.
 */
export type Command =
  | Submit
  | Decide
  | Comment
  | AskQuestion
  | AnswerQuestion
  | AskColleague
  | Intend
  | Issue
  | BeginUse
  | EndUse
  | BeginCall
  | EndCall
  | ReturnCall
  | ResolveCall
  | StartRun
  | EndRun
  | CompareCalls
  | Delegate
  | RevokeCredential
  | Complete
  | AcceptTransfer
  | ApplyChange
  | Withdraw
  | Revoke
  | Wake
  | OpenBreakGlass
  | ReviewBreakGlass
  | ReportSealedUse
  | OpenStep
  | EndStep
  | BeginTurn

type Unstamp<C> = C extends Command ? Omit<C, keyof Common> : never
/** A command before the bundle's facts are added. */
export type Unstamped = Unstamp<Command>

/** For each person, the stage names under which policy lets them decide now: a stage's own, or its escalation's. */
export type Eligibility = { readonly [person: PersonId]: readonly string[] }

/** `owning`: for a plan one for each step, otherwise one. */
type Common = { bundle: string; owning?: readonly Owning[] }

/** The channel of the group that owns a resource today. Undefined if the group names none. */
export type Owning = Alias | undefined

export type Submit = Common & {
  type: 'submit'
  ask: Ask
  tier: number
  stages: readonly Stage[]
  policies: readonly string[]
  /** The parent's stages, under which a delegated request was approved. */
  inherits?: readonly StageState[]
  preview?: Preview
  wouldBe?: Observed
}

export type Decide = Common & {
  type: 'decide'
  person: PersonId
  verdict: Verdict
  /** The decider's stage. A click has none, which means the open one. */
  stage?: string
  round: number
  /** The digest, or the first 16 characters of it that a button holds. */
  digest: string
  comment?: string
  toAgent?: string
  /** The name of the resource, as the person typed it. */
  typed?: string
  /** The whole arguments that a `revise` suggests, or the reason why they are refused. */
  suggest?: Result<JsonObject, 'invalid_suggestion'>
  through: Door
  login: { acr?: string; at?: NumericDate; evidence?: SignedLogin }
  /** The groups in this login. */
  claimed?: LoginGroups
  /** The digest of the rendering that the decider saw, if known. */
  seen?: Digest
  /** True if the rendering did not fit all of the request. */
  cut?: true
  /** The digest of the list, if one click decided several. */
  burst?: Digest
  narrowed?: Narrowing
  reading?: ReadAgain
  /** By stage name: the absent person whose right the decider uses. */
  standsFor?: { readonly [stage: string]: PersonId }
  absent?: readonly PersonId[]
  /** By absent person: the login with which they named the decider. */
  givenBy?: { readonly [person: PersonId]: Given }
  eligible: Eligibility
  /** Policy's answer with this decision counted, for the last stage. */
  answer: Answer
  permittedBy: PermittedBy
  /** By stage name: observed policies on the decider's own right. */
  wouldBe?: { readonly [stage: string]: Observed }
  ending?: Ending
  /** Lifted halts of the decider and of the people they stand in for. */
  afterHalts?: HaltId[]
}

/** A new reading and, if the state changed, the people to ask. */
export type ReadAgain = { preview: Preview; again?: AskedAgain }
type AskedAgain =
  | { ok: true; tier: number; stages: readonly Stage[]; policies: readonly string[] }
  | { ok: false; code: AssessmentRefusal }

export type PermittedBy = { readonly [stage: string]: readonly string[] }

/** The request after a narrowing, or the reason why it is refused. */
export type Narrowing =
  | {
      ok: true
      ask: Ask
      tier: number
      stages: readonly Stage[]
      policies: readonly string[]
      eligible: readonly string[]
      permittedBy: PermittedBy
    }
  | { ok: false; code: NarrowingCode; detail?: string }

export type NarrowingCode = AssessmentRefusal | 'not_narrower'

export type Comment = Common & { type: 'comment'; person: PersonId; comment: string }

/** A person's present right to decide. */
export type Standpoint = Pick<
  Decide,
  'person' | 'eligible' | 'standsFor' | 'givenBy' | 'absent' | 'permittedBy' | 'ending'
>

/** A person's question to the agent. */
export type AskQuestion = Common & Standpoint & { type: 'ask_question'; question: QuestionId; text: string }
export type AnswerQuestion = Common & {
  type: 'answer_question'
  agent: AskerId
  jkt: Thumbprint
  question: string
  text: string
  ending?: Ending
}
/** A person asks a colleague to decide. */
export type AskColleague = Common & Standpoint & { type: 'ask_colleague'; colleague: Standpoint }

/** The cause of an end, besides policy. */
export type Ending =
  | { by: 'halt'; id: HaltId }
  | { by: 'incident'; id: string }
  | { by: 'ancestor'; id: RequestId }
  | { by: 'standing_permit'; id: StandingPermitId }
  | { by: 'agent'; id: AgentId; why: SuspendedBecause | 'changed' }

/** Policy's answer now, the approvers who still may, and the ending, if any. */
export type Authority = {
  answer: Answer
  eligible: Eligibility
  ending?: Ending
  /** The earliest end of its ancestors: a claim may not outlive it. */
  bound?: NumericDate
}

export type Intend = Common &
  Authority & {
    type: 'intend'
    agent: AskerId
    jkt: Thumbprint
    claim: IssuedKind
    credential: CredentialId
    /** The session's latest end. */
    session?: { role: string; endsAt: NumericDate }
    presented?: CredentialId
    use?: UseId
    mayRebind?: boolean
    reading?: ReadAgain
  }

export type Issue = Common & {
  type: 'issue'
  agent: AskerId
  claim: IssuedKind
  credential: CredentialId
  /** The use that a target's first own credentials begin. */
  use?: UseId
}

export type BeginUse = Common &
  Authority & {
    type: 'begin_use'
    tool: ToolId
    presented: CredentialId
    use: UseId
    key: string
  }

export type EndUse = Common & { type: 'end_use'; tool: ToolId; use: UseId; outcome: Outcome; note?: string }
export type BeginCall = Common &
  Authority & {
    type: 'begin_call'
    agent: AskerId
    target: TargetId
    presented: CredentialId
    use: UseId
    reading?: ReadAgain
  }
export type EndCall = Common & { type: 'end_call'; agent: AskerId; use: UseId; outcome: Outcome; note?: string }
/** Reports that the call was not sent and will not be. */
export type ReturnCall = Common & { type: 'return_call'; agent: AskerId; use: UseId; reason: string }
/** Hotwork's finding about a call whose answer was lost. */
export type ResolveCall = Common & {
  type: 'resolve_call'
  use: UseId
  outcome: Exclude<UseOutcome, 'started'>
  note: string
}
/** The call started a run. Without an agent, the look-up of a lost answer found it. */
export type StartRun = Common & { type: 'start_run'; agent?: AskerId; use: UseId; run: string; atMost: NumericDate }
/** The follower's finding. A run that failed after its request was revoked is cancelled. */
export type EndRun = Common & { type: 'end_run'; status: Exclude<RunEnd, 'cancelled'>; note?: string }
/** The calls of an ended grant on the target's record. */
export type CompareCalls = Common & { type: 'compare_calls'; found: Comparison }
export type Delegate = Common &
  Authority & {
    type: 'delegate'
    agent: AskerId
    jkt: Thumbprint
    child: RequestId
    to: AgentId
    uses: number
    notAfter: NumericDate
    within: boolean
  }
/** Revokes a credential (RFC 7009). */
export type RevokeCredential = Common & { type: 'revoke_credential'; agent: AskerId; credential: CredentialId }
export type Complete = Common & { type: 'complete'; agent: AskerId; outcome: Outcome; note?: string }
/** The receiving owner of a transfer accepts the agent, by this login. */
export type AcceptTransfer = Common & {
  type: 'accept_transfer'
  person: PersonId
  login: { acr?: string; at?: NumericDate }
  ending?: Ending
}
/** Ends an approved change of the registry. `failed`: the reason why the change cannot be made. */
export type ApplyChange = Common &
  Authority & {
    type: 'apply_change'
    failed?: { code: Extract<Refusal, 'registry_moved' | 'invalid_registry'>; detail?: string }
  }
export type Withdraw = Common & { type: 'withdraw'; agent: AskerId }
export type Revoke = Common & {
  type: 'revoke'
  person: PersonId
  reason: string
  answer: Answer
}
/** Opens, with the budgets as read for the same transaction. */
export type OpenBreakGlass = Common & {
  type: 'open_break_glass'
  ask: Ask
  answer: Answer
  /** The person's budget and the profile's, each with its limits. */
  budgets: readonly { budget: Budget; limits: Limits }[]
}
export type ReviewBreakGlass = Common & {
  type: 'review_break_glass'
  person: PersonId
  outcome: 'justified' | 'not_justified'
  note: string
  seen?: Digest
  answer: Answer
}
export type ReportSealedUse = Common & {
  type: 'report_sealed_use'
  ask: Ask
  until: NumericDate
}
/** A plan's command: a step's turn begins. */
export type OpenStep = Common & { type: 'open_step'; step: number }
export type EndStep = Common & { type: 'end_step'; step: number; outcome: StepOutcome; because?: string }
/** A command to a step's own request: its turn begins. */
export type BeginTurn = Common & {
  type: 'begin_turn'
  ending?: Ending
  /** The reason why its agent may not act, as a code. */
  unfit?: string
}
/** Applies due events, and the ending, if one was found. */
export type Wake = Common & { type: 'wake'; ending?: Ending }

export function actorOf(state: ApprovalRequest, command: Command): Actor {
  if ('person' in command) return { type: 'person', id: command.person }
  if ('tool' in command) return { type: 'tool', id: command.tool }
  if ('ask' in command) return askerActor(command.ask)
  if ('agent' in command) {
    if (command.agent === undefined) return system
    return command.agent === state.ask.agent.id ? agentActor(state.ask) : actorNamed(command.agent)
  }
  command satisfies ResolveCall | StartRun | EndRun | CompareCalls | ApplyChange | Wake | OpenStep | EndStep | BeginTurn
  return system
}

/** The agent, or the person who asked on its behalf. */
export function askerActor(ask: Ask): Actor {
  const origin = originOf(ask)
  return origin.kind === 'person' ? { type: 'person', id: origin.askedBy } : agentActor(ask)
}

/** The agent with its delegation chain, or the person who used break-glass. */
export function agentActor({ agent: { id }, chain }: ApprovalRequest['ask']): Actor {
  if (!isAgent(id)) return { type: 'person', id }
  const through = chain.map((each) => each.id).filter(isAgent)
  return { type: 'agent', id, ...(through.length > 0 && { chain: through }) }
}

/** A refusal with its side effects: an approver who has lost the right ends the grant. */
export type Refused<Code extends Refusal = Refusal> = { code: Code; detail?: string; also?: readonly Event[] }
/** The result of the reducer for one command: its events, or a refusal. */
export type Answered<Code extends Refusal = Refusal> = readonly Event[] | Refused<Code>

/** A request without a live grant: its status is the refusal's code. */
export type NotLive = Exclude<ApprovalRequest['status'], 'approved'>
export type EndingCode = 'halted' | 'ancestor_ended' | 'revoked'
/** The refusal of an issue or a use of a live grant. */
export type DeniedNow = EndingCode | 'approver_not_eligible' | 'policy_error' | 'policy_denied'

/** The code of an ending. A revoked standing permit and a closed incident count as revocations. */
export const endingCode = ({ by }: Ending): EndingCode =>
  by === 'halt' ? 'halted' : by === 'ancestor' ? 'ancestor_ended' : 'revoked'

/** Ends the request by the ending that the caller read, for good. */
export function endedBy(
  { status, ask }: ApprovalRequest,
  ending: Ending | undefined,
  { bundle }: { bundle: string },
  at: NumericDate,
): Refused<EndingCode> | undefined {
  if (!ending || (ending.by === 'incident' && ending.id !== incidentOf(ask))) return undefined
  const common = { at, actor: system, policies: [], bundle, by: 'system' as const }
  const reason = reasonOf(ending)
  const code = endingCode(ending)
  if (status === 'approved') return { code, detail: reason, also: [{ ...common, type: 'Revoked', reason }] }
  if (status === 'pending') return { code, detail: reason, also: [{ ...common, type: 'Denied', reason }] }
  return undefined
}

/** The incident whose close ends the request: an opening's, or a parent task that was live at the submission. */
export const incidentOf = (ask: Ask): string | undefined =>
  openingOf(ask)?.incident ?? (ask.task === 'known' ? ask.parentTask.id : undefined)

function reasonOf(ending: Ending): string {
  const { by, id } = ending
  if (by === 'halt') return `${haltedBy}${id}`
  if (by === 'agent') return `${id} ${lost[ending.why]}`
  return by === 'incident' ? `incident ${id} was closed` : `${id} has ended`
}

const haltedBy = 'halted by '
/** Whether the reason is Hotwork's own for an end by a halt. */
export const isOfHalt = (reason: string): boolean => reason.startsWith(haltedBy)

const lost: { readonly [why in SuspendedBecause | 'changed']: string } = {
  recertification: 'was not recertified in time',
  suspended: 'is suspended',
  retired: 'is retired',
  owner_inactive: 'has no active owner',
  changed: 'was retired, or has other identities, another owner or another autonomy now',
}
