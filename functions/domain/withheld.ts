import * as z from 'zod'
import type { Entry } from './ledger.ts'
import { JsonObject, type NumericDate } from './values.ts'

/** Another service may still take an ID token for this long after its `exp`, for clocks that differ. Seconds. */
const tolerance = 60

/** Beyond the year 9999 no date is written: a token without an end is withheld until then. */
const never = 253_402_300_799

const Shown = z.looseObject({
  login: z.looseObject({
    evidence: z.looseObject({ idToken: z.string().optional(), withheldUntil: z.int().optional() }),
  }),
})
const Claims = z.object({ exp: z.number() })

/**
 * An entry as an answer may show it. An ID token that is still good is left out, since another client of the provider
 * may take it as a bearer token: `withheldUntil` stands in its place. From then on the entry is shown whole.
 */
export function shownEntry(entry: Entry, now: NumericDate): Entry {
  const found = Shown.safeParse(entry.facts).data
  if (found?.login.evidence.idToken === undefined) return entry
  const { idToken, ...evidence } = found.login.evidence
  const until = endOf(idToken)
  if (now >= until) return entry
  const login = { ...found.login, evidence: { withheldUntil: until, ...evidence } }
  return { ...entry, facts: JsonObject.parse({ ...entry.facts, login }) }
}

/** Until when an answer leaves the ID token out of this entry. Its hash cannot be verified before. */
export const withheldUntil = (entry: Entry): NumericDate | undefined =>
  Shown.safeParse(entry.facts).data?.login.evidence.withheldUntil

function endOf(idToken: string): NumericDate {
  try {
    const payload = (idToken.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/')
    return Math.min(Math.ceil(Claims.parse(JSON.parse(atob(payload))).exp) + tolerance, never)
  } catch {
    return never
  }
}
