import * as z from 'zod'
import { Login } from './login-strength.ts'
import { HaltId, NumericDate, PersonId, StandInId } from './values.ts'

/**
 * That one person decides in another's stead while that one is out of office. It hands on a right to decide and makes no
 * second one: in a quorum the two are one, and what either is barred from by separation of duties both are.
 */
export const StandIn = z.strictObject({
  id: StandInId,
  /** Whose right it is. */
  for: PersonId,
  /** Who decides meanwhile. */
  by: PersonId,
  from: NumericDate,
  /** From this time on it is over, whoever looks. */
  until: NumericDate,
  at: NumericDate,
  /** The login with which it was given: it decides no stage that asks for a stronger one. */
  login: Login.optional(),
  /** The halts that were lifted before it, though in the same second: it counts in spite of them. */
  afterHalts: z.array(HaltId).optional(),
  ended: z.strictObject({ by: PersonId, at: NumericDate }).optional(),
})
export type StandIn = z.infer<typeof StandIn>

/** Whether it is in force at `now`. */
export const isInForce = ({ from, until, ended }: StandIn, now: NumericDate): boolean =>
  ended === undefined && from <= now && now < until
