// Rules: test/domain/deciding/judge.test.ts
import { type Halt, isSilenced } from '../halts/halt.ts'
import type { LoginGroups, Readings } from '../people/group-source.ts'
import type { StandIn } from '../people/stand-in.ts'
import type { StandingPermit } from '../permits/permit.ts'
import type { Moment } from '../policy/question.ts'
import type { Preview } from '../record/preview.ts'
import type { ApprovalRequest } from '../record/request.ts'
import type { NumericDate, PersonId } from '../values.ts'

/** The facts for an act on a request, as read for that act. */
export type Gathered = {
  ancestors: readonly ApprovalRequest[]
  /** Halts of the request's targets, of the decider, and of the people they stand in for. */
  halts: readonly Halt[]
  /** Stand-ins in force for the decider. */
  standIns: readonly StandIn[]
  permit?: StandingPermit | undefined
  readings?: Readings | undefined
  /** The present state, if it was read. */
  present?: Preview | undefined
}

/**
 * `decider`: a person whose rights are needed beside the approvers'. `role`: the place where the credential can be
 * ended.
 */
export type Occasion = {
  moment: Moment
  now: NumericDate
  decider?: PersonId | undefined
  claimed?: LoginGroups | undefined
  role?: string | undefined
}

/** The stand-ins without those ended by a halt of their giver, lifted or not. */
export const unhaltedStandIns = ({ standIns, halts }: Pick<Gathered, 'standIns' | 'halts'>): readonly StandIn[] =>
  standIns.filter((each) => !isSilenced(each.for, halts, each))
