import type { Budget, Limits } from '../break-glass/break-glass.ts'
import type { Given } from '../people/login-strength.ts'
import type { Stage } from '../policy/ladder.ts'
import type { Answer } from '../policy/question.ts'
import type { Refusal } from '../refusals.ts'
import {
  type AgentId,
  type AskerId,
  actorNamed,
  type CredentialId,
  type Digest,
  type HaltId,
  type NumericDate,
  type PersonId,
  type RequestId,
  type StandingPermitId,
  type Thumbprint,
  type ToolId,
  type UseId,
} from '../values.ts'
import { agentActor } from './ended.ts'
import { type Actor, type Door, type Evidence, system } from './events.ts'
import type { ApprovalRequest, Ask, Claim, Outcome, StageState, UseOutcome, Verdict } from './request.ts'

/**
 * What somebody wants of a request, with the facts that the operation found: policy's answers, who is eligible, the
 * ladder's terms. Every fact that `decide` uses goes into the event, so that replay asks no policy.
 */
export type Command =
  | Submit
  | Decide
  | Comment
  | Intend
  | Issue
  | BeginUse
  | EndUse
  | BeginCall
  | EndCall
  | ReturnCall
  | ResolveCall
  | Delegate
  | RevokeCredential
  | Complete
  | Withdraw
  | Revoke
  | Wake
  | OpenBreakGlass
  | ReviewBreakGlass
  | ReportSealedUse

/** For each person: the stage names (a stage's own, or one it escalates to) that policy permits them to decide now. */
export type Eligibility = { readonly [person: PersonId]: readonly string[] }

type Common = { bundle: string }

export type Submit = Common & {
  type: 'submit'
  ask: Ask
  tier: number
  stages: readonly Stage[]
  policies: readonly string[]
  /** For a delegated request: the parent's stages with their decisions, under which it was approved. */
  inherits?: readonly StageState[]
}

export type Decide = Common & {
  type: 'decide'
  person: PersonId
  verdict: Verdict
  /** The decider's own stage; a click names none and means the open one. */
  stage?: string
  round: number
  /** The digest seen, or its first 16 characters, which is what fits a button. */
  digest: string
  comment?: string
  through: Door
  login: { acr?: string; at?: NumericDate; evidence?: Evidence }
  /** The digest of what was rendered for the decider, where the door knows it. */
  seen?: Digest
  /** What was rendered for the decider cannot have shown all of it. */
  cut?: true
  /** The digest of the list with which it was decided, where one click decided several. */
  burst?: Digest
  /** What the approver makes of it, where they narrow it: the narrower ask, as assessed anew, or why it is none. */
  narrowed?: Narrowing
  /** By stage name: in whose stead the decider may decide it, where the right is not their own. */
  standsFor?: { readonly [stage: string]: PersonId }
  /** By each person that the decider may stand in for: the login with which that person named the decider. */
  givenBy?: { readonly [person: PersonId]: Given }
  /** For the decider and for everyone whose approval counts. */
  eligible: Eligibility
  /** The question asked again as if this decision stood: used when the last stage fills. */
  answer: Answer
  /** What policy answered about the decider. */
  permittedBy: PermittedBy
  ending?: Ending
  /** From `liftedBefore`: halts of the decider and of the people they stand in for. */
  afterHalts?: HaltId[]
}

/** By stage name: the policies that let a person decide it, or that refused. */
export type PermittedBy = { readonly [stage: string]: readonly string[] }

/**
 * A narrower ask with the rung that policy wants for it, and what the decider may decide of what it becomes; or why there
 * is none.
 */
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
  | { ok: false; code: Refusal; detail?: string }

/** Somebody says why they decided as they did, after they did. */
export type Comment = Common & { type: 'comment'; person: PersonId; comment: string }

/**
 * Why a request has ended whatever policy says: a halt that covers it, an ancestor that is no longer live, or, where the
 * break-glass was used, that the incident is closed.
 */
export type Ending =
  | { by: 'halt'; id: HaltId }
  | { by: 'incident'; id: string }
  | { by: 'ancestor'; id: RequestId }
  | { by: 'standing_permit'; id: StandingPermitId }

/** What an issue or a use rests on: the question at this moment, who of the approvers still may, and no ending. */
export type Authority = {
  answer: Answer
  eligible: Eligibility
  ending?: Ending
  /** The earliest end of what it was delegated from, as that stands now: nothing claimed here may outlive it. */
  bound?: NumericDate
}

export type Intend = Common &
  Authority & {
    type: 'intend'
    agent: AskerId
    jkt: Thumbprint
    claim: Claim
    credential: CredentialId
    /** For AWS credentials: the role, and the latest time at which the session can end. */
    session?: { role: string; endsAt: NumericDate }
    /** For AWS credentials: the access token that is presented, and the use that the first of them begins. */
    presented?: CredentialId
    use?: UseId
    /** Whether the agent's registration lets it change its key. */
    mayRebind?: boolean
  }

export type Issue = Common & {
  type: 'issue'
  agent: AskerId
  claim: Claim
  credential: CredentialId
  /** For AWS credentials: the use that the first of them begins. */
  use?: UseId
}

export type BeginUse = Common &
  Authority & {
    type: 'begin_use'
    tool: ToolId
    presented: CredentialId
    use: UseId
    /** The tool's idempotency key: the same key is the same use. */
    key: string
  }

export type EndUse = Common & { type: 'end_use'; tool: ToolId; use: UseId; outcome: Outcome; note?: string }
/** The one call of a mediated action, and how it went. */
export type BeginCall = Common & Authority & { type: 'begin_call'; agent: AskerId; presented: CredentialId; use: UseId }
export type EndCall = Common & { type: 'end_call'; agent: AskerId; use: UseId; outcome: Outcome; note?: string }
/** Whoever began the call is certain that it was never sent, and will not send it. */
export type ReturnCall = Common & { type: 'return_call'; agent: AskerId; use: UseId; reason: string }
/** What Hotwork itself found out about a call of which nothing was heard, or that there is nothing to find out. */
export type ResolveCall = Common & { type: 'resolve_call'; use: UseId; outcome: UseOutcome; note: string }
export type Delegate = Common &
  Authority & {
    type: 'delegate'
    agent: AskerId
    jkt: Thumbprint
    child: RequestId
    to: AgentId
    uses: number
    notAfter: NumericDate
    /** Whether action, resource and arguments lie within the parent's. */
    within: boolean
  }
/** The agent gives an access token of its own back before its time (RFC 7009). */
export type RevokeCredential = Common & { type: 'revoke_credential'; agent: AskerId; credential: CredentialId }
export type Complete = Common & { type: 'complete'; agent: AskerId; outcome: Outcome; note?: string }
export type Withdraw = Common & { type: 'withdraw'; agent: AskerId }
export type Revoke = Common & {
  type: 'revoke'
  person: PersonId
  reason: string
  /** Policy's answer to `revoke` for this person. */
  answer: Answer
}
/** A person uses break-glass, with the budgets that it is counted in as they were read for the same transaction. */
export type OpenBreakGlass = Common & {
  type: 'open_break_glass'
  ask: Ask
  /** Policy's answer to `breakGlass` for this person and everything that would be opened. */
  answer: Answer
  /** By whom it is limited: the person's budget and the profile's, each with its own limits. */
  budgets: readonly { budget: Budget; limits: Limits }[]
}
/** Somebody else looks at what was done. */
export type ReviewBreakGlass = Common & {
  type: 'review_break_glass'
  person: PersonId
  outcome: 'justified' | 'not_justified'
  note: string
  /** The digest of the card that they were shown, where that is known. */
  seen?: Digest
  /** Policy's answer to `review` for this person. */
  answer: Answer
}
/** The sealed role of an account was used, whether or not anybody may: what is left is to have somebody look at it. */
export type ReportSealedUse = Common & {
  type: 'report_sealed_use'
  ask: Ask
  /** When its session ends. */
  until: NumericDate
}
/** Nobody wants anything: apply what time has made due, and the ending that was found, if one was. */
export type Wake = Common & { type: 'wake'; ending?: Ending }

/** Who attempted a command: refused or done, an entry names the one who acted. */
export function actorOf(state: ApprovalRequest, command: Command): Actor {
  switch (command.type) {
    case 'decide':
    case 'comment':
    case 'revoke':
    case 'review_break_glass':
      return { type: 'person', id: command.person }
    case 'begin_use':
    case 'end_use':
      return { type: 'tool', id: command.tool }
    case 'resolve_call':
    case 'wake':
      return system
    case 'submit':
    case 'open_break_glass':
    case 'report_sealed_use':
      return agentActor(command.ask)
    default:
      return command.agent === state.ask.agent.id ? agentActor(state.ask) : actorNamed(command.agent)
  }
}
