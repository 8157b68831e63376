import type { Autonomy, ResourceFacts } from '../people/organisation.ts'
import type { AgentId, CredentialKind, JsonObject, NumericDate, PersonId, Resource } from '../values.ts'

/** When the one question is asked: at the request, when a credential is issued, at each use of a tool. */
export type Moment = 'request' | 'issue' | 'use'

/** May this agent do this action, with these arguments, on this resource, in these circumstances? */
export type ActionQuestion = {
  kind: 'action'
  moment: Moment
  agent: { id: AgentId; autonomy: Autonomy; owner: PersonId }
  /** A name of the catalogue. */
  action: string
  arguments: JsonObject
  resource: Resource & ResourceFacts
  purpose: string
  /** The rung that the recorded decisions satisfy, on the ladder now in force. */
  approval: { tier: number; breakGlass: boolean }
  credential: CredentialKind
  /** The names of the arguments that the credential cannot pin. */
  unpinned: readonly string[]
  /** How many requests like it this agent made lately. */
  recent: number
  /** How many agents stand between the first delegator and this one. */
  delegationDepth: number
  now: NumericDate
}

/** What only a person may do, as Cedar's action of that name. */
export type PersonAction =
  | 'approve'
  | 'revoke'
  | 'lift'
  | 'read'
  | 'breakGlass'
  | 'review'
  | 'allowStanding'
  | 'standIn'

/** What of a request bears on what a person may do to it. */
export type RequestFacts = {
  id: string
  agent: AgentId
  /** The owners of the agent and of every agent in its delegation chain. */
  owners: readonly PersonId[]
  action: string
  /** The catalogue's group of the action. */
  group: string
  resource: Resource & ResourceFacts
  tier: number
}

/** What would be opened with break-glass: one action on one resource, or what one right of a profile covers. */
export type OpeningFacts = {
  id: string
  action: string
  /** The catalogue's group of the action. */
  group: string
  /** Its id may be a pattern, where a profile opens it. */
  resource: Resource & ResourceFacts
  profile?: string
  incident: string
  moment: Moment
  drill: boolean
}

/** May this person do this to that request? `approve` also names the stage. */
export type PersonQuestion = {
  kind: 'person'
  action: PersonAction
  person: { id: PersonId; groups: readonly string[] }
  /** None where the act is not about one request: a halt, the list. */
  request?: RequestFacts
  stage?: string
  /** For `approve`: who would decide in this person's stead, where that one has the right from them alone. */
  inSteadBy?: PersonId
  /** For `standIn`: in whose stead. */
  absent?: { id: PersonId; groups: readonly string[] }
  /** For `breakGlass`, and for `review` of it. */
  opening?: OpeningFacts
  now: NumericDate
}

export type Question = ActionQuestion | PersonQuestion

/**
 * Permit, or not; with the `@id` of each policy that determined it (none: nothing permitted). `error` is set when the
 * question could not be answered cleanly, which is always a no; `detail` says what went wrong, for the log.
 */
export type Answer = { permit: boolean; policies: readonly string[]; error?: boolean; detail?: string }

export type Ask = (question: Question) => Answer
