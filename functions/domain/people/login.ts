import * as z from 'zod'
import { digestOf } from '../digest.ts'
import { Digest, NumericDate, PersonId, type Seconds, Verdict } from '../values.ts'
import { LoginGroups, pickLoginGroups } from './group-source.ts'
import { type Directory, type Person, type ProvenIdentity, withIdentity } from './organisation.ts'

/**
 * The purpose of a login, in the `nonce` that the provider signs into the ID token: evidence of a person's decision.
 *
 * `hotwork.decision.v1~approve~1~sha-256:...~-~RANDOM`
 */
export type DecisionNonce = {
  verdict: Verdict
  round: number
  digest: Digest
  less?: Digest
  random: string
}

const prefix = 'hotwork.decision.v1'

export const writeNonce = ({ verdict, round, digest, less, random }: DecisionNonce): string =>
  [prefix, verdict, round, digest, less ?? '-', random].join('~')

export function readNonce(nonce: unknown): DecisionNonce | undefined {
  if (typeof nonce !== 'string' || nonce.length > 512) return undefined
  const [first, verdict, round = '', digest, less, random = '', ...more] = nonce.split('~')
  if (first !== prefix || more.length > 0 || !/^[1-9]\d{0,3}$/.test(round) || !/^[\w-]{22,64}$/.test(random))
    return undefined
  const [verdictRead, seen, narrower] = [
    Verdict.safeParse(verdict),
    Digest.safeParse(digest),
    less === '-' ? { success: true as const, data: undefined } : Digest.safeParse(less),
  ]
  if (!verdictRead.success || !seen.success || !narrower.success) return undefined
  return {
    verdict: verdictRead.data,
    round: Number(round),
    digest: seen.data,
    ...(narrower.data === undefined ? {} : { less: narrower.data }),
    random,
  }
}

/** The lifetime of a session. Seconds. */
export const sessionSeconds = 3600

/** A session, stored under the hash of the browser's cookie: a copy of the table gives no session. */
export const LoginSession = z.strictObject({
  person: PersonId,
  /** The identity, looked up in the directory at each request. */
  identity: z.strictObject({ issuer: z.string(), subject: z.string(), claims: z.record(z.string(), z.string()) }),
  acr: z.string().optional(),
  at: NumericDate.optional(),
  /** The groups in the login. */
  claimed: LoginGroups.optional(),
  startedAt: NumericDate,
  expiresAt: NumericDate,
})
export type LoginSession = z.infer<typeof LoginSession>

type Proven = { identity: ProvenIdentity; acr?: string; at?: NumericDate; groups?: readonly string[] }

/** A session with only the claims that the directory compares. */
export function sessionOf(
  person: Person,
  { identity, acr, at, groups = [] }: Proven,
  directory: Directory,
  now: NumericDate,
): LoginSession {
  const pinned = new Set(person.identities.flatMap(({ claims = {} }) => Object.keys(claims)))
  const claims = Object.fromEntries(Object.entries(identity.claims).filter(([name]) => pinned.has(name)))
  const expiresAt = now + sessionSeconds
  const claimed = pickLoginGroups(directory, groups, { now, expiresAt })
  return {
    person: person.id,
    identity: { issuer: identity.issuer, subject: identity.subject, claims },
    ...(acr === undefined ? {} : { acr }),
    ...(at === undefined ? {} : { at }),
    ...(claimed === undefined ? {} : { claimed }),
    startedAt: now,
    expiresAt,
  }
}

/** Undefined after its end, or if the directory has no such active person. */
export function personIn(
  { person, identity, expiresAt }: LoginSession,
  { people }: Directory,
  now: NumericDate,
): Person | undefined {
  if (now >= expiresAt) return undefined
  const found = withIdentity(people, identity, now)
  return found?.id === person && found.status === 'active' ? found : undefined
}

export type PagePurpose = { to: string; acr?: string; maxAge?: Seconds }

const Sealed = z.strictObject({
  purpose: z.strictObject({ to: z.string(), acr: z.string().optional(), maxAge: z.int().optional() }),
  expiresAt: z.int(),
  random: z.string(),
})
type LoginState = { purpose: PagePurpose; expiresAt: NumericDate; random: string }

/**
 * The state of a login without a row: only the browser with this cookie can make the code. Any caller may begin a
 * login, so beginning one stores nothing.
 */
export function writeState(cookie: string, state: LoginState): string {
  const base64 = btoa(encodeURIComponent(JSON.stringify(state)))
  const body = base64.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
  return `${body}.${codeOf(cookie, body)}`
}

export function readState(cookie: string, state: string): LoginState | undefined {
  const [body = '', code, ...more] = state.split('.')
  if (more.length > 0 || code !== codeOf(cookie, body)) return undefined
  const text = decodeURIComponent(atob(body.replaceAll('-', '+').replaceAll('_', '/')))
  return Sealed.parse(JSON.parse(text)) as LoginState
}

/** Whether the state carries its own content; otherwise it is the key of a row. */
export const isSealedState = (state: string): boolean => state.includes('.')

const codeOf = (cookie: string, body: string): string =>
  digestOf('hotwork.login-state.v1', { cookie, body }).slice('sha-256:'.length)
