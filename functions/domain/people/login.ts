import * as z from 'zod'
import { digestOf } from '../digest.ts'
import { type Ask, Verdict } from '../requests/request.ts'
import { Digest, NumericDate, PersonId, type Seconds } from '../values.ts'
import { type Directory, type Person, type ProvenIdentity, withIdentity } from './organisation.ts'

/**
 * What a login was made for, in the `nonce` that the provider signs into the ID token (OpenID Connect Core section 2): so
 * the token is evidence of who approved what, to whoever has the provider's key, and of nothing else.
 *
 * `hotwork.decision.v1~approve~1~sha-256:...~-~RANDOM`
 */
export type DecisionNonce = {
  verdict: Verdict
  round: number
  /** The digest of the request, which holds its id. */
  digest: Digest
  /** Where the person leaves less of it: the digest of that. */
  less?: Digest
  /** So that two logins for one decision differ, and neither can be foretold. */
  random: string
}

const prefix = 'hotwork.decision.v1'

export const writeNonce = ({ verdict, round, digest, less, random }: DecisionNonce): string =>
  [prefix, verdict, round, digest, less ?? '-', random].join('~')

/** What a login was made for, or undefined where it was made for no decision. */
export function readNonce(nonce: unknown): DecisionNonce | undefined {
  if (typeof nonce !== 'string' || nonce.length > 512) return undefined
  const [first, verdict, round = '', digest, less, random = '', ...more] = nonce.split('~')
  if (first !== prefix || more.length > 0 || !/^[1-9]\d{0,3}$/.test(round) || !/^[\w-]{22,64}$/.test(random))
    return undefined
  const [whatever, seen, narrower] = [
    Verdict.safeParse(verdict),
    Digest.safeParse(digest),
    less === '-' ? { success: true as const, data: undefined } : Digest.safeParse(less),
  ]
  if (!whatever.success || !seen.success || !narrower.success) return undefined
  return {
    verdict: whatever.data,
    round: Number(round),
    digest: seen.data,
    ...(narrower.data === undefined ? {} : { less: narrower.data }),
    random,
  }
}

/** Whether a login was made for this decision on this very request. */
export const isFor = (
  nonce: unknown,
  { verdict, round, digest }: { verdict: Verdict; round: number; digest: Ask['digest'] },
): boolean => {
  const read = readNonce(nonce)
  return read !== undefined && read.verdict === verdict && read.round === round && read.digest === digest
}

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

/** The page that a person logs in for, and how strong and how new the login must be. */
export type PagePurpose = { to: string; acr?: string; maxAge?: Seconds }

const Sealed = z.strictObject({
  purpose: z.strictObject({ to: z.string(), acr: z.string().optional(), maxAge: z.int().optional() }),
  expiresAt: z.int(),
  random: z.string(),
})
type LoginState = { purpose: PagePurpose; expiresAt: NumericDate; random: string }

/**
 * The `state` of a login that no row is kept for: what the login is for and until when, with a code that only the browser
 * with this cookie can make. Any caller may begin a login, so beginning one stores nothing.
 */
export function writeState(cookie: string, state: LoginState): string {
  const base64 = btoa(encodeURIComponent(JSON.stringify(state)))
  const body = base64.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
  return `${body}.${codeOf(cookie, body)}`
}

/** What a login was begun for, or undefined where it was begun in no browser with this cookie. */
export function readState(cookie: string, state: string): LoginState | undefined {
  const [body = '', code, ...more] = state.split('.')
  if (more.length > 0 || code !== codeOf(cookie, body)) return undefined
  const text = decodeURIComponent(atob(body.replaceAll('-', '+').replaceAll('_', '/')))
  return Sealed.parse(JSON.parse(text)) as LoginState
}

/** Whether a state says itself what it is for, and is not the name of a row. */
export const isSealedState = (state: string): boolean => state.includes('.')

const codeOf = (cookie: string, body: string): string =>
  digestOf('hotwork.login-state.v1', { cookie, body }).slice('sha-256:'.length)
