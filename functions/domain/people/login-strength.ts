import * as z from 'zod'
import { NumericDate } from '../values.ts'

/** How far ahead of ours the clock of whoever logged a person in may be. Seconds. */
const loginTolerance = 60

/** How strong a login was (OpenID Connect `acr`), and when it was. */
export const Login = z.strictObject({ acr: z.string().optional(), at: NumericDate.optional() })
export type Login = z.infer<typeof Login>

/** The login with which a person named who decides for them, and when they did. */
export const Given = z.strictObject({ at: NumericDate, login: Login.optional() })
export type Given = z.infer<typeof Given>
/** How strong a login has to be, and how old it may be. Seconds. */
export type LoginWanted = { acr?: string | undefined; maxAge?: number | undefined }

/** What a login lacks: the `acr` that is wanted, or else the age in seconds that it may have; undefined where it will do. */
export function lackOf(login: Login, { acr, maxAge }: LoginWanted, at: NumericDate): string | undefined {
  if (acr !== undefined && login.acr !== acr) return acr
  return maxAge === undefined || isFresh(login.at, maxAge, at) ? undefined : String(maxAge)
}

/** A login that has not happened yet is none: else a date far ahead would stay fresh for as long as it likes. */
const isFresh = (login: NumericDate | undefined, maxAge: number, at: NumericDate): boolean =>
  login !== undefined && login <= at + loginTolerance && at - login <= maxAge

/** Why a stand-in does not decide a stage: no login of the decider mends that. */
export const weakStandIn = 'the stand-in was given with a login that is too weak for this stage'
