// Rules: test/domain/deciding/questions.test.ts
import type { CredentialKind } from '../../targets/kinds.ts'
import type { HostFacts } from '../people/host.ts'
import type { Autonomy, ResourceFacts } from '../people/organisation.ts'
import type { AgentId, JsonObject, NumericDate, PersonId, Resource } from '../values.ts'
import type { TaskAnswer, TaskSource } from './asking-terms.ts'
import type { Bundle } from './bundle.ts'
import type { ChangeSummary } from './change-summary.ts'
import type { Observed } from './observed.ts'

/** The outcomes of a preview, as policies read them. */
export const previewOutcomes = ['matched', 'none', 'failed'] as const
export type PreviewOutcome = (typeof previewOutcomes)[number]

/** `plan`: the question about the agent that proposes a step for another agent, and gets no credential by it. */
export type Moment = 'request' | 'plan' | 'issue' | 'use'

export type ActionQuestion = {
  kind: 'action'
  moment: Moment
  agent: { id: AgentId; autonomy: Autonomy; owner: PersonId }
  action: string
  arguments: JsonObject
  resource: Resource & ResourceFacts
  purpose: string
  /** The tier by the present ladder. */
  approval: { tier: number }
  credential: CredentialKind
  unpinned: readonly string[]
  recent: number
  /** The host's facts, as read at the submission. */
  host: HostFacts
  /** True if the agent gave a reason in words. Policy does not read the words. */
  justified: boolean
  /** The incident service's answer about the parent task at the submission. */
  task: TaskAnswer
  /** A claim by the holder of the agent's token: no permit reads it. */
  taskSource: TaskSource
  delegationDepth: number
  /** Success is assumed at an evaluation; afterwards the real outcome. */
  preview: PreviewOutcome
  /** The numbers of a change set, once it was read. */
  change?: ChangeSummary
  now: NumericDate
}

/** Actions for people only: an agent with them could decide its own requests. */
export const personActions = [
  'approve',
  'ask',
  'revoke',
  'lift',
  'read',
  'breakGlass',
  'review',
  'allowStanding',
  'standIn',
  'erase',
  'recertify',
  'inspect',
] as const
export type PersonAction = (typeof personActions)[number]
/** The acts on openings. */
export const openingActs = ['breakGlass', 'review'] as const satisfies readonly PersonAction[]
/** Acts on one request of an agent, which are refused if its facts are gone. */
export const onlyForRequests: ReadonlySet<PersonAction> = new Set<PersonAction>(['approve', 'allowStanding', 'ask'])

export type RequestFacts = {
  id: string
  agent: AgentId
  /** Includes the owners of every agent in the delegation chain. */
  owners: readonly PersonId[]
  backupOwner?: PersonId
  action: string
  group: string
  resource: Resource & ResourceFacts
  tier: number
}

/** The facts of an opening's one action on one resource, or of one right of a profile. */
export type OpeningFacts = {
  id: string
  action: string
  group: string
  /** The resource. Its id may be a pattern. */
  resource: Resource & ResourceFacts
  profile?: string
  incident: string
  moment: Moment
  drill: boolean
}

export type PersonQuestion = {
  kind: 'person'
  action: PersonAction
  person: { id: PersonId; groups: readonly string[] }
  /** Absent for a halt or a list. */
  request?: RequestFacts
  stage?: string
  /** The absent person, if the decider has the right only through them. */
  inSteadBy?: PersonId
  absent?: { id: PersonId; groups: readonly string[] }
  opening?: OpeningFacts
  /** The subject of a recertification, or of a look at hosts and secrets. */
  subject?: string
  /** Only for `inspect`: whether the person answers for the subject. */
  answersForIt?: boolean
  now: NumericDate
}

/** A change of the registry of agents, as policies read it. */
export type ChangeFacts = {
  /** The changed members of the agent. */
  members: readonly string[]
  autonomy: Autonomy
  /** The autonomy before, unless the agent is new. */
  before?: Autonomy
  /** True if the autonomy rises, or another workload may act as the agent. */
  widens: boolean
  newOwner: boolean
  /** True if the person who asks answers for the agent already. */
  answersForIt: boolean
}

/** The question whether a person may change the registry of agents. */
export type RegistryQuestion = {
  kind: 'registry'
  moment: 'request' | 'issue'
  person: { id: PersonId; groups: readonly string[] }
  action: string
  arguments: JsonObject
  resource: Resource & ResourceFacts
  change: ChangeFacts
  approval: { tier: number }
  now: NumericDate
}

export type Question = ActionQuestion | PersonQuestion | RegistryQuestion

/**
 * An answer with the `@id` of each policy that determined it. `error`: the evaluation failed, which is always a denial.
 */
export type Answer = {
  permit: boolean
  policies: readonly string[]
  error?: boolean
  detail?: string
  wouldBe?: Observed
  /** Set if only the time is wrong: the window or freeze, in words for the agent. */
  notNow?: string
}

export type Ask = (question: Question) => Answer

/** One answer from several: the first denial, or the policies of all permits. */
export const allOf = (answers: readonly Answer[]): Answer =>
  answers.find(({ permit }) => !permit) ?? {
    permit: answers.length > 0,
    policies: [...new Set(answers.flatMap(({ policies }) => policies))],
  }

/** Policy as a pure function: the same question with the same bundle has the same answer. */
export interface PolicyAnswers {
  readonly bundle: Bundle
  /** Synchronous, and never throws: after any failure the answer denies, with `error`. */
  ask(question: Question): Answer
  /**
   * Answers as if observed policies counted, if the bundle has any. After a failed evaluation `policies` are the failed
   * ones.
   */
  readonly observing?: Ask | undefined
}
