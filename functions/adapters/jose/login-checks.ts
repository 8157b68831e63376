// Rules: test/http/check-logins.test.ts
import {
  calculateJwkThumbprint,
  compactVerify,
  decodeProtectedHeader,
  errors,
  exportJWK,
  importJWK,
  type JWK,
  type JWTPayload,
  type JWTVerifyResult,
  jwtVerify,
  type ResolvedKey,
} from 'jose'
import { type Entry, eventOf } from '../../domain/ledger/ledger.ts'
import { isCommitment } from '../../domain/ledger/texts.ts'
import type { OidcIssuer } from '../../domain/people/identity-issuer.ts'
import { readNonce } from '../../domain/people/login.ts'
import { type Directory, withIdentity } from '../../domain/people/organisation.ts'
import type { Bundle } from '../../domain/policy/bundle.ts'
import type { Event } from '../../domain/record/events.ts'
import { defined, ok, type Result, refuse } from '../../domain/values.ts'
import { IssuerUnavailable, KeyNotYetKnown } from '../../operations/faults.ts'
import type { IdTokens, ProvenLogin } from '../../operations/people/ports.ts'
import type { Clock } from '../../operations/ports.ts'
import { CachedKeys } from './cached-keys.ts'
import { clockToleranceSeconds, isCompact } from './compact.ts'
import { groupsIn } from './identity.ts'
import { oidcSource } from './identity-sources.ts'

export type LoginIssuer = { alias: string; issuer: OidcIssuer; clientId: string }

export function loginIssuerOf({ deployment: { login, issuers } }: Pick<Bundle, 'deployment'>): LoginIssuer | undefined {
  const issuer = login && Object.hasOwn(issuers, login.issuer) ? issuers[login.issuer] : undefined
  if (!login || !issuer || (issuer.kind !== undefined && issuer.kind !== 'oidc')) return undefined
  return { alias: login.issuer, issuer, clientId: login.clientId }
}

/**
 * Verifies the ID tokens of people's logins (OpenID Connect Core 3.1.3.7): for this client only, signed by a key of the
 * provider, and made for the login that was begun.
 */
export class JoseIdTokens implements IdTokens {
  readonly #of: LoginIssuer
  readonly #clock: Clock
  readonly #source: ReturnType<typeof oidcSource>
  readonly #keys: CachedKeys

  constructor(of: LoginIssuer, clock: Clock) {
    this.#of = of
    this.#clock = clock
    this.#source = oidcSource(of.issuer, clock)
    this.#keys = new CachedKeys(this.#source.fetchKeys, clock)
  }

  async verify(idToken: string, nonce: string): Promise<Result<ProvenLogin, 'login_failed'>> {
    if (!isCompact(idToken)) return refuse('login_failed')
    const { issuer, clientId, alias } = this.#of
    try {
      const verified = await jwtVerify(idToken, this.#keys.keyFor, {
        issuer: issuer.issuer,
        audience: clientId,
        algorithms: issuer.algorithms,
        requiredClaims: ['iss', 'sub', 'aud', 'exp', 'iat', 'nonce'],
        clockTolerance: clockToleranceSeconds,
        currentDate: new Date(this.#clock.now() * 1000),
      })
      const { payload, protectedHeader: header } = verified
      if (payload['nonce'] !== nonce) return refuse('login_failed', 'another nonce')
      if (Array.isArray(payload.aud) && payload.aud.length > 1) return refuse('login_failed', 'more audiences')
      const said = loginIn(verified, this.#clock.now())
      const bearer = said && this.#source.bearerOf({ header, payload: { ...payload, sub: String(payload.sub) } })
      if (!said || !bearer?.ok) return refuse('login_failed')
      const { d: _, ...key } = await exportJWK(verified.key)
      const evidence = { idToken, key: { ...publicOf(key), ...defined({ kid: header.kid }) } }
      const groups = groupsIn(payload)
      return ok({ identity: { issuer: alias, ...bearer.value }, ...said, ...defined({ groups }), evidence })
    } catch (cause) {
      if (cause instanceof errors.JOSEError) return refuse('login_failed', cause.code)
      if (cause instanceof IssuerUnavailable || cause instanceof KeyNotYetKnown) throw cause
      throw new IssuerUnavailable('an ID token could not be verified', { cause })
    }
  }
}

/** The strength and time of the login, if the token has valid ones. */
function loginIn({ payload }: JWTVerifyResult & ResolvedKey, now: number): { acr?: string; at?: number } | undefined {
  const { acr, auth_time: at, iat } = payload
  if (iat !== undefined && iat > now + clockToleranceSeconds) return undefined
  if (at !== undefined && (typeof at !== 'number' || at > now + clockToleranceSeconds)) return undefined
  return defined({
    acr: typeof acr === 'string' ? acr : undefined,
    at: at === undefined ? undefined : Math.floor(at),
  })
}

const publicOf = (key: object): { [member: string]: string } =>
  Object.fromEntries(
    Object.entries(key).filter(
      (member): member is [string, string] =>
        ['kty', 'crv', 'x', 'y', 'n', 'e'].includes(member[0]) && typeof member[1] === 'string',
    ),
  )

type Decided = Extract<Event, { type: 'Decided' }>

/** The verifier's own facts: the provider, and the people of the directory. */
export type LoginTrust = LoginIssuer & {
  directory: Directory
  /** The provider's keys as published now; undefined if they cannot be fetched. */
  keys: readonly JWK[] | undefined
}

/**
 * The proof of a login in an entry, or its fault. `key`: whether the provider publishes the key; `not_shown` if the
 * entry has only the commitment to the ID token.
 */
type CheckedLogin = {
  entry: string
  person: string
  key: 'known' | 'not_published' | 'not_asked' | 'not_shown'
  broken?: 'signature' | 'nonce' | 'narrowed' | 'time' | 'login' | 'issuer' | 'identity'
}

/**
 * Verifies every login of a decision again, from the entries alone: the provider's key signed it, for this decision on
 * this digest, at that strength, and in time. With `trust`, also the person and the provider. Keys are rotated, so an
 * unpublished key is accepted.
 */
export async function checkLogins(entries: readonly Entry[], trust?: LoginTrust): Promise<readonly CheckedLogin[]> {
  const checked: CheckedLogin[] = []
  // The digest before a narrowing, for the approver who narrowed.
  let whole: string | null = null
  for (const [at, entry] of entries.entries()) {
    const event = eventOf(entry)
    if (event?.type === 'Narrowed') whole = entries[at - 1]?.digest ?? null
    if (event?.type !== 'Decided' || !event.login?.evidence) continue
    if (isCommitment(event.login.evidence.idToken)) {
      checked.push({ entry: entry.id, person: event.actor.id, key: 'not_shown' })
      continue
    }
    const broken = await brokenIn(entry, event, whole, trust)
    const key = await keyStateOf(event.login.evidence.key as JWK, trust)
    checked.push(defined({ entry: entry.id, person: event.actor.id, key, broken }))
  }
  return checked
}

async function brokenIn(
  entry: Entry,
  event: Decided,
  whole: string | null,
  trust: LoginTrust | undefined,
): Promise<CheckedLogin['broken']> {
  const { evidence, acr, at } = event.login ?? {}
  const payload = evidence && (await signed(evidence.idToken, evidence.key as JWK))
  if (!payload) return 'signature'
  const nonce = readNonce(payload['nonce'])
  if (nonce?.verdict !== event.verdict) return 'nonce'
  // An approver who narrows has seen the original ask, and decides on the narrowed one, in the round that this begins.
  if (nonce.less !== undefined && nonce.less !== entry.digest) return 'narrowed'
  const [seen, round] = nonce.less === undefined ? [entry.digest, event.round] : [whole, event.round - 1]
  if (nonce.digest !== seen || nonce.round !== round) return 'nonce'
  if (payload['acr'] !== acr || payload['auth_time'] !== at) return 'login'
  const made = payload.iat ?? Number.NaN
  const inTime = made <= event.at + clockToleranceSeconds && event.at <= (payload.exp ?? 0) + clockToleranceSeconds
  if (!inTime || (at !== undefined && at > event.at + clockToleranceSeconds)) return 'time'
  return trust && notTrusted(payload, event, trust)
}

function notTrusted(payload: JWTPayload, event: Decided, trust: LoginTrust): 'issuer' | 'identity' | undefined {
  const audiences = [payload.aud ?? []].flat()
  if (payload.iss !== trust.issuer.issuer || audiences.length !== 1 || audiences[0] !== trust.clientId) return 'issuer'
  const claims = Object.fromEntries(Object.entries(payload).filter(([, value]) => typeof value === 'string'))
  const proven = { issuer: trust.alias, subject: String(payload.sub), claims: claims as Record<string, string> }
  // Judged by the directory of that time, since an identity may have changed hands.
  return withIdentity(trust.directory.people, proven, event.at)?.id === event.actor.id ? undefined : 'identity'
}

const algorithms = ['ES256', 'ES384', 'RS256', 'PS256', 'EdDSA']

/** The claims, if this key signed them. Their times are past, so they are compared with the entry's time only. */
async function signed(idToken: string, jwk: JWK): Promise<JWTPayload | undefined> {
  try {
    const { alg } = decodeProtectedHeader(idToken)
    const { payload } = await compactVerify(idToken, await importJWK(jwk, alg), { algorithms })
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload)) as JWTPayload
  } catch {
    return undefined
  }
}

async function keyStateOf(key: JWK, trust: LoginTrust | undefined): Promise<CheckedLogin['key']> {
  if (!trust?.keys) return 'not_asked'
  const own = await thumbprintOf(key)
  const published = await Promise.all(trust.keys.map(thumbprintOf))
  return own !== undefined && published.includes(own) ? 'known' : 'not_published'
}

const thumbprintOf = (key: JWK): Promise<string | undefined> => calculateJwkThumbprint(key).catch(() => undefined)
