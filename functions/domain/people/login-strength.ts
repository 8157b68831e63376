// Rules: test/domain/requests/decide.test.ts
import * as z from 'zod'
import { NumericDate } from '../values.ts'

/** The most by which the clock of a login's issuer may be ahead. Seconds. */
const loginTolerance = 60

/** OpenID Connect `acr` and `auth_time`. */
export const Login = z.strictObject({ acr: z.string().optional(), at: NumericDate.optional() })
export type Login = z.infer<typeof Login>

/** The login with which a person named their stand-in. */
export const Given = z.strictObject({ at: NumericDate, login: Login.optional() })
export type Given = z.infer<typeof Given>
/** The login that an act needs: `acr`, and the age in seconds. */
export type LoginWanted = { acr?: string | undefined; maxAge?: number | undefined }

/** The `acr` that a login lacks, or the age in seconds that it exceeds; undefined if the login is enough. */
export function lackOf(login: Login, { acr, maxAge }: LoginWanted, at: NumericDate): string | undefined {
  if (acr !== undefined && login.acr !== acr) return acr
  return maxAge === undefined || isFresh(login.at, maxAge, at) ? undefined : String(maxAge)
}

/** Whether a login is new enough. One from the future is refused, since it would stay new for ever. */
const isFresh = (login: NumericDate | undefined, maxAge: number, at: NumericDate): boolean =>
  login !== undefined && login <= at + loginTolerance && at - login <= maxAge

/** The reason why a stand-in cannot decide a stage: a stronger login of the decider does not help. */
export const weakStandIn = 'the stand-in was given with a login that is too weak for this stage'
