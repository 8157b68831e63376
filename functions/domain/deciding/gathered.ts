import { type Halt, isSilenced } from '../halts/halt.ts'
import type { LoginGroups, Readings } from '../people/group-source.ts'
import type { StandIn } from '../people/stand-in.ts'
import type { StandingPermit } from '../permits/permit.ts'
import type { Moment } from '../policy/question.ts'
import type { Preview } from '../record/preview.ts'
import type { ApprovalRequest } from '../record/request.ts'
import type { NumericDate, PersonId } from '../values.ts'

/** All that an act on a request rests on, as it was read for this act. */
export type Gathered = {
  ancestors: readonly ApprovalRequest[]
  /** Halts of what could stop the request, of the decider, and of the people in whose stead they decide. */
  halts: readonly Halt[]
  /** In force, and given to the decider. */
  standIns: readonly StandIn[]
  permit?: StandingPermit | undefined
  readings?: Readings | undefined
  /** The present state, where it was read. */
  present?: Preview | undefined
}

/** `decider`: a person whose rights are wanted beside those of the approvers. `role`: the place where the credential would end. */
export type Occasion = {
  moment: Moment
  now: NumericDate
  decider?: PersonId | undefined
  claimed?: LoginGroups | undefined
  role?: string | undefined
}

/** A stand-in that was given before a halt of its giver, or before its lifting, is dead for good. */
export const unhaltedStandIns = ({ standIns, halts }: Pick<Gathered, 'standIns' | 'halts'>): readonly StandIn[] =>
  standIns.filter((each) => !isSilenced(each.for, halts, each))
