import * as z from 'zod'
import { Decision, StageState } from './request.ts'
import {
  AgentId,
  JsonObject,
  NumericDate,
  PersonId,
  RequestId,
  Resource,
  Seconds,
  StandingPermitId,
  Thumbprint,
} from './values.ts'

/**
 * What an approver allows one agent to do a few more times without being asked anew: this action, these arguments or
 * narrower, this resource, so many uses, until then. It is a budget that is spent by requests, each with a record of its
 * own, and never a credential.
 */
export const StandingPermit = z.strictObject({
  id: StandingPermitId,
  /** The request whose approval it came with. */
  from: RequestId,
  agent: AgentId,
  /** The key of the approved request: a thief of the agent's workload token draws nothing. */
  jkt: Thumbprint.optional(),
  owner: PersonId,
  action: z.string(),
  arguments: JsonObject,
  resource: Resource,
  environment: z.string(),
  purpose: z.string(),
  tier: z.int().nonnegative(),
  /** The stages with the decisions under which it was given: a request that draws from it stands on them. */
  stages: z.array(StageState),
  /** How long a grant drawn from it lives at most: as long as the one that was approved. */
  lifetime: Seconds,
  by: PersonId,
  at: NumericDate,
  /** How strong the giver's login was, and when. */
  login: Decision.shape.login,
  uses: z.int().positive(),
  until: NumericDate,
  /** The requests that drew from it, as a set: one sent twice counts once. */
  drawn: z.array(RequestId),
  revoked: z.strictObject({ by: PersonId, at: NumericDate, reason: z.string() }).optional(),
})
export type StandingPermit = z.infer<typeof StandingPermit>

/** Whether a request that drew from it may still act on it. */
export const isLive = ({ until, revoked }: StandingPermit, now: NumericDate): boolean =>
  revoked === undefined && now < until

/** How many more requests may draw from it. */
export const drawsLeft = ({ uses, drawn }: StandingPermit): number => uses - drawn.length
