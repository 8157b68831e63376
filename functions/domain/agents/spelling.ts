import type { Agent, Identity } from '../people/organisation.ts'
import { oneYear } from '../people/organisation.ts'
import { dayOf, defined, type JsonObject, type NumericDate, rfc3339, type Seconds } from '../values.ts'

/** The agent as agents.json spells it: days and durations as texts, and no member that has its default. */
export function spelled({ identities, status, rebind, recertifyBy, recertifyEvery, ...agent }: Agent): JsonObject {
  return {
    ...(agent as unknown as JsonObject),
    identities: identities.map(spelledIdentity),
    ...(status === 'active' ? {} : { status }),
    ...(rebind ? { rebind } : {}),
    recertifyBy: dayOf(recertifyBy),
    ...(recertifyEvery === oneYear ? {} : { recertifyEvery: durationOf(recertifyEvery) }),
  }
}

export function spelledIdentity({ issuer, subject, claims, validFrom, validUntil }: Identity): JsonObject {
  const time = (at: NumericDate | undefined) => (at === undefined ? undefined : rfc3339(at))
  return { issuer, ...defined({ subject, claims, validFrom: time(validFrom), validUntil: time(validUntil) }) }
}

/** An ISO 8601 duration, in days if they are whole. */
export const durationOf = (seconds: Seconds): string =>
  seconds % 86_400 === 0 ? `P${seconds / 86_400}D` : `PT${seconds}S`
