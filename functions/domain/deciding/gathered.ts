// Rules: test/domain/deciding/judge.test.ts
import { type Halt, isSilenced } from '../halts/halt.ts'
import type { LoginGroups, Readings } from '../people/group-source.ts'
import type { StandIn } from '../people/stand-in.ts'
import type { StandingPermit } from '../permits/permit.ts'
import type { Moment } from '../policy/question.ts'
import type { Preview } from '../record/preview.ts'
import type { ApprovalRequest } from '../record/request.ts'
import type { NumericDate, PersonId } from '../values.ts'

/** The facts of an act on a request, as they were read for it. */
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
 * `decider`: a person whose rights are needed beside the approvers'. `role`: the place where the credential would end.
 */
export type Occasion = {
  moment: Moment
  now: NumericDate
  decider?: PersonId | undefined
  claimed?: LoginGroups | undefined
  role?: string | undefined
}

/** Stand-ins without those that a halt of their giver ended for good, lifted or not. */
export const unhaltedStandIns = ({ standIns, halts }: Pick<Gathered, 'standIns' | 'halts'>): readonly StandIn[] =>
  standIns.filter((each) => !isSilenced(each.for, halts, each))
