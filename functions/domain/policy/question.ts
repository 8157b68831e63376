import type { CredentialKind } from '../../targets/kinds.ts'
import type { HostFacts } from '../people/host.ts'
import type { Autonomy, ResourceFacts } from '../people/organisation.ts'
import type { AgentId, JsonObject, NumericDate, PersonId, Resource } from '../values.ts'
import type { TaskAnswer } from './asking-terms.ts'
import type { Bundle } from './bundle.ts'
import type { Observed } from './observed.ts'

/** Outcomes of a preview, as policy sees them. */
export const previewOutcomes = ['matched', 'none', 'failed'] as const
export type PreviewOutcome = (typeof previewOutcomes)[number]

/** `plan`: of the agent that proposes a step for another. It gets no credential. */
export type Moment = 'request' | 'plan' | 'issue' | 'use'

export type ActionQuestion = {
  kind: 'action'
  moment: Moment
  agent: { id: AgentId; autonomy: Autonomy; owner: PersonId }
  action: string
  arguments: JsonObject
  resource: Resource & ResourceFacts
  purpose: string
  /** On the ladder now in force. */
  approval: { tier: number }
  credential: CredentialKind
  unpinned: readonly string[]
  recent: number
  /** As it was read when the agent asked. */
  host: HostFacts
  /** Whether the agent said why, in words. What they say decides nothing. */
  justified: boolean
  /** What the service that keeps incidents said of the parent task when it was asked for. */
  task: TaskAnswer
  delegationDepth: number
  /** At an evaluation as if the reading will succeed; later as it did. */
  preview: PreviewOutcome
  now: NumericDate
}

/** Only people do these: an agent that could would settle its own requests. */
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
] as const
export type PersonAction = (typeof personActions)[number]
/** Acts on what break-glass opens. */
export const openingActs = ['breakGlass', 'review'] as const satisfies readonly PersonAction[]
/** Acts on one request of an agent, refused where its facts are gone. */
export const onlyForRequests: ReadonlySet<PersonAction> = new Set<PersonAction>(['approve', 'allowStanding', 'ask'])

export type RequestFacts = {
  id: string
  agent: AgentId
  /** And of every agent in the delegation chain. */
  owners: readonly PersonId[]
  backupOwner?: PersonId
  action: string
  group: string
  resource: Resource & ResourceFacts
  tier: number
}

/** One action on one resource, or what one right of a profile covers. */
export type OpeningFacts = {
  id: string
  action: string
  group: string
  /** Its id may be a pattern. */
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
  /** None for a halt or a list. */
  request?: RequestFacts
  stage?: string
  /** Where the decider has the right from that person alone. */
  inSteadBy?: PersonId
  absent?: { id: PersonId; groups: readonly string[] }
  opening?: OpeningFacts
  /** What would be recertified. */
  subject?: string
  now: NumericDate
}

export type Question = ActionQuestion | PersonQuestion

/**
 * With the `@id` of each policy that determined it. `error`: the question could not be answered cleanly, which is
 * always a no.
 */
export type Answer = {
  permit: boolean
  policies: readonly string[]
  error?: boolean
  detail?: string
  wouldBe?: Observed
  /** Where only the time stands in the way: which window or freeze it is, in words for the agent. */
  notNow?: string
}

export type Ask = (question: Question) => Answer

/** Yes where all are: the first no, or the policies by which all are permitted. */
export const allOf = (answers: readonly Answer[]): Answer =>
  answers.find(({ permit }) => !permit) ?? {
    permit: answers.length > 0,
    policies: [...new Set(answers.flatMap(({ policies }) => policies))],
  }

/** Policy as pure code asks it: the same question, over the same bundle, has the same answer. */
export interface PolicyAnswers {
  readonly bundle: Bundle
  /** Never throws and waits for nothing: on any failure the answer does not permit, with `error`. */
  ask(question: Question): Answer
  /**
   * The same as if the observed policies counted, where the bundle has any. Of a question that could not be answered
   * cleanly, the policies are those that erred.
   */
  readonly observing?: Ask | undefined
}
