import * as z from 'zod'
import { type Directory, type Person, type ProvenIdentity, withIdentity } from './organisation.ts'
import { NumericDate, PersonId } from './values.ts'

/** From the login on, whatever is done with it meanwhile. */
export const sessionSeconds = 3600

/**
 * That a browser is a person's, since they logged in with it. It is kept under the hash of what the browser holds, so that
 * whoever reads the store can be nobody by it.
 */
export const LoginSession = z.strictObject({
  person: PersonId,
  /** Who the provider said that it is, with the claims that the directory pins them to: looked up anew at each request. */
  identity: z.strictObject({ issuer: z.string(), subject: z.string(), claims: z.record(z.string(), z.string()) }),
  /** How strong the login was, and when (OpenID Connect Core section 2), where the provider says so. */
  acr: z.string().optional(),
  at: NumericDate.optional(),
  startedAt: NumericDate,
  expiresAt: NumericDate,
})
export type LoginSession = z.infer<typeof LoginSession>

/** The session of somebody who has just logged in. Of what the provider said it keeps only what the directory compares. */
export function sessionOf(
  person: Person,
  { identity, acr, at }: { identity: ProvenIdentity; acr?: string; at?: NumericDate },
  now: NumericDate,
): LoginSession {
  const pinned = new Set(person.identities.flatMap(({ claims = {} }) => Object.keys(claims)))
  const claims = Object.fromEntries(Object.entries(identity.claims).filter(([name]) => pinned.has(name)))
  return {
    person: person.id,
    identity: { issuer: identity.issuer, subject: identity.subject, claims },
    ...(acr === undefined ? {} : { acr }),
    ...(at === undefined ? {} : { at }),
    startedAt: now,
    expiresAt: now + sessionSeconds,
  }
}

/** Whose session it is now: nobody's once it is over, or once the directory has them not, not so, or not active. */
export function personIn(
  { person, identity, expiresAt }: LoginSession,
  { people }: Directory,
  now: NumericDate,
): Person | undefined {
  if (now >= expiresAt) return undefined
  const found = withIdentity(people, identity, now)
  return found?.id === person && found.status === 'active' ? found : undefined
}
