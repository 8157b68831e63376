import { decodeJwt, errors, type JWTPayload, type JWTVerifyResult, jwtVerify } from 'jose'
import type { Issuer } from '../../domain/people/identity-issuer.ts'
import { defined, type NumericDate, ok, type Result, refuse } from '../../domain/values.ts'
import { IssuerUnavailable, KeyNotYetKnown } from '../../operations/faults.ts'
import type { Clock } from '../../operations/ports.ts'
import { CachedKeys } from './cached-keys.ts'
import { clockToleranceSeconds, isCompact } from './compact.ts'
import { awsSource, githubSource, type IdentitySource, oidcSource, spiffeSource } from './identity-sources.ts'

export type VerifiedIdentity = {
  /** The issuer's name in the policy folder: with `subject` it finds the agent, tool or person. */
  alias: string
  /** The issuer's URL, as in the token; the id of a SPIFFE trust domain. */
  issuer: string
  subject: string
  claims: { readonly [name: string]: string }
  /** The strength and the time of the login (OpenID Connect Core section 2). */
  acr?: string
  authTime?: NumericDate
  /** The groups that the token claims for its subject. */
  groups?: readonly string[]
  /** True for a token with a `nonce`: an ID token, for the client that began the login instead of an API. */
  ofLogin?: true
  /** Present if the token has it. */
  issuedAt?: NumericDate
  expiresAt: NumericDate
}

export type IdentityRefusal =
  | 'token_malformed'
  | 'issuer_unknown'
  | 'audience_mismatch'
  | 'token_expired'
  | 'token_invalid'

type Trusted = { alias: string; source: IdentitySource; audience: string; algorithms: string[]; keys: CachedKeys }

/**
 * Verifies workload tokens and people's tokens against the issuers on the allow-list. A token belongs to the issuer
 * whose name and audience it has exactly.
 */
export class IdentityVerifier {
  readonly #trusted: readonly Trusted[]
  readonly #clock: Clock

  /** @param ownIssuer the value of `{issuer}` in audiences */
  constructor(issuers: { readonly [alias: string]: Issuer }, ownIssuer: string, clock: Clock) {
    this.#clock = clock
    const known = new Map<string, CachedKeys>()
    const rememberedKeys = ({ keysId, fetchKeys }: IdentitySource): CachedKeys => {
      const keys = known.get(keysId) ?? new CachedKeys(fetchKeys, clock)
      known.set(keysId, keys)
      return keys
    }
    this.#trusted = Object.entries(issuers).map(([alias, issuer]) => {
      const source = sourceOf(issuer, clock)
      const audience = issuer.audience.replaceAll('{issuer}', ownIssuer)
      return { alias, source, audience, algorithms: issuer.algorithms, keys: rememberedKeys(source) }
    })
  }

  /**
   * @throws IssuerUnavailable, KeyNotYetKnown if the issuer's keys cannot be fetched: the token can be neither trusted
   * nor refused
   */
  async verify(token: string): Promise<Result<VerifiedIdentity, IdentityRefusal>> {
    const unverified = isCompact(token) ? unverifiedClaims(token) : undefined
    if (!unverified) return refuse('token_malformed')
    const named = this.#namedBy(unverified)
    if (named.length === 0) return refuse('issuer_unknown')
    const match = named.find(({ source, audience }) => source.isFor(audience, unverified))
    if (!match) return refuse('audience_mismatch', 'the token must have this audience alone, as one string')

    const now = this.#clock.now()
    const { source, audience, algorithms, keys } = match
    try {
      const verified = await jwtVerify(token, keys.keyFor, {
        audience,
        algorithms,
        requiredClaims: ['exp', 'sub', 'aud', ...source.requiredClaims],
        clockTolerance: clockToleranceSeconds,
        currentDate: new Date(now * 1000),
      })
      return identityOf(match, verified, now)
    } catch (cause) {
      return refusalFor(cause)
    }
  }

  /** A listed `iss` precedes a trust domain, since SPIRE can be configured to write an OpenID issuer's. */
  #namedBy(unverified: JWTPayload): readonly Trusted[] {
    const all = this.#trusted.filter(({ source }) => source.owns(unverified))
    const byName = all.filter(({ source }) => source.issuer === unverified.iss)
    return byName.length > 0 ? byName : all
  }
}

function sourceOf(issuer: Issuer, clock: Clock): IdentitySource {
  switch (issuer.kind) {
    case 'spiffe':
      return spiffeSource(issuer)
    case 'github':
      return githubSource(issuer, clock)
    case 'aws':
      return awsSource(issuer, clock)
    case 'oidc':
    case undefined:
      return oidcSource(issuer, clock)
  }
}

/** Drops jose's error, which contains the token's claims. */
function refusalFor(cause: unknown): Result<never, IdentityRefusal> {
  if (cause instanceof errors.JWTExpired) return refuse('token_expired')
  if (cause instanceof errors.JOSEError) return refuse('token_invalid')
  if (cause instanceof IssuerUnavailable || cause instanceof KeyNotYetKnown) throw cause
  throw new IssuerUnavailable('a token could not be verified', { cause })
}

function identityOf(
  { alias, source }: Trusted,
  { payload, protectedHeader: header }: JWTVerifyResult,
  now: NumericDate,
): Result<VerifiedIdentity, IdentityRefusal> {
  const { sub, exp, iat, acr, auth_time: authTime } = payload
  if (typeof sub !== 'string' || sub.length === 0) return refuse('token_invalid', '`sub` must be a string')
  if (typeof exp !== 'number') return refuse('token_invalid', '`exp` must be a number')
  if (iat !== undefined && (typeof iat !== 'number' || iat > now + clockToleranceSeconds))
    return refuse('token_invalid', '`iat` must not lie ahead')
  if (typeof authTime === 'number' && authTime > now + clockToleranceSeconds)
    return refuse('token_invalid', '`auth_time` must not lie ahead')
  // A token without `iat` is as old as its lifetime allows at most.
  if (
    source.maxAge !== undefined &&
    (iat === undefined ? exp - now : now - iat) > source.maxAge + clockToleranceSeconds
  )
    return refuse('token_expired', `it must be at most ${source.maxAge} s old`)
  const found = source.bearerOf({ header, payload: { ...payload, sub } })
  if (!found.ok) return found
  const identity = {
    alias,
    issuer: source.issuer,
    ...found.value,
    acr: typeof acr === 'string' ? acr : undefined,
    authTime: typeof authTime === 'number' ? Math.floor(authTime) : undefined,
    groups: groupsIn(payload),
    ofLogin: payload['nonce'] === undefined ? undefined : (true as const),
    issuedAt: iat === undefined ? undefined : Math.floor(iat),
    expiresAt: Math.floor(exp),
  }
  return ok(defined(identity))
}

/**
 * Groups as a list of texts, as most providers write them; another form counts as absent, and an empty list as no
 * groups.
 */
export function groupsIn({ groups }: JWTPayload): readonly string[] | undefined {
  if (!Array.isArray(groups)) return undefined
  const names = groups.filter((group): group is string => typeof group === 'string')
  return names.length === 0 && groups.length > 0 ? undefined : names
}

/** The unverified claims, used only to find the keys for verification. */
function unverifiedClaims(token: string): JWTPayload | undefined {
  try {
    return decodeJwt(token)
  } catch {
    return undefined
  }
}
