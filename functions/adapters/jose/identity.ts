import { decodeJwt, errors, type JWTPayload, type JWTVerifyResult, jwtVerify } from 'jose'
import type { Issuer } from '../../domain/bundle.ts'
import { type NumericDate, ok, type Result, refuse } from '../../domain/values.ts'
import { IssuerUnavailable } from '../../operations/faults.ts'
import type { Clock } from '../../operations/ports.ts'
import { CachedKeys } from './cached-keys.ts'
import { fetchJwks } from './fetch-jwks.ts'
import { isCompact } from './token-size.ts'

/** Who a token of an identity provider proves somebody to be. */
export type VerifiedIdentity = {
  /** The issuer's name in the policy folder: with `subject` it finds the agent, tool or person. */
  alias: string
  /** The issuer's URL, as in the token. */
  issuer: string
  subject: string
  /** How strong the login was, and when it was (OpenID Connect Core section 2). */
  acr?: string
  authTime?: NumericDate
  expiresAt: NumericDate
}

export type IdentityRefusal =
  | 'token_malformed'
  | 'issuer_unknown'
  | 'audience_mismatch'
  | 'token_expired'
  | 'token_invalid'

/** How far an issuer's clock may be from ours. */
const clockToleranceSeconds = 30

/** An identity token says one of these of itself, or nothing (RFC 9068; SPIFFE JWT-SVID section 2.3). */
const identityTypes = new Set(['jwt', 'jose', 'at+jwt', 'application/at+jwt'])

/**
 * Verifies workload tokens and people's tokens against the issuers on the allow-list. A token is for the issuer whose
 * `iss` and `aud` are exactly its own; which of agents, tools and people it may be, its alias decides.
 */
export class IdentityVerifier {
  readonly #issuers: readonly { alias: string; issuer: Issuer; keys: CachedKeys }[]
  readonly #clock: Clock

  /**
   * @param issuers   the allow-list of the deployment, by alias; `{issuer}` in an audience stands for `ownIssuer`
   * @param ownIssuer Hotwork's own issuer
   */
  constructor(issuers: { readonly [alias: string]: Issuer }, ownIssuer: string, clock: Clock) {
    this.#clock = clock
    const keysByUri = new Map<string, CachedKeys>()
    const keysOf = (uri: string): CachedKeys => {
      const keys = keysByUri.get(uri) ?? new CachedKeys(() => fetchJwks(uri), clock)
      keysByUri.set(uri, keys)
      return keys
    }
    this.#issuers = Object.entries(issuers).map(([alias, { audience, ...issuer }]) => ({
      alias,
      issuer: { ...issuer, audience: audience.replaceAll('{issuer}', ownIssuer) },
      keys: keysOf(issuer.jwksUri),
    }))
  }

  /** @throws IssuerUnavailable when the issuer's keys cannot be had: then nothing is known of the token */
  async verify(token: string): Promise<Result<VerifiedIdentity, IdentityRefusal>> {
    const claimed = isCompact(token) ? unverifiedClaims(token) : undefined
    if (!claimed) return refuse('token_malformed')
    const named = this.#issuers.filter(({ issuer }) => issuer.issuer === claimed.iss)
    if (named.length === 0) return refuse('issuer_unknown')
    const match = named.find(({ issuer }) => issuer.audience === claimed.aud)
    if (!match) return refuse('audience_mismatch', 'the token must have this audience alone, as one string')

    const now = this.#clock.now()
    try {
      const { issuer, audience, algorithms } = match.issuer
      const verified = await jwtVerify(token, match.keys.keyFor, {
        issuer,
        audience,
        algorithms,
        requiredClaims: ['exp', 'sub', 'aud', 'iat'],
        clockTolerance: clockToleranceSeconds,
        currentDate: new Date(now * 1000),
      })
      return identityOf(match.alias, issuer, verified, now)
    } catch (cause) {
      return refusalFor(cause)
    }
  }
}

/** jose's errors hold the token's claims, so none of them goes any further than here. */
function refusalFor(cause: unknown): Result<never, IdentityRefusal> {
  if (cause instanceof errors.JWTExpired) return refuse('token_expired')
  if (cause instanceof errors.JOSEError) return refuse('token_invalid')
  if (cause instanceof IssuerUnavailable) throw cause
  throw new IssuerUnavailable('a token could not be verified', { cause })
}

function identityOf(
  alias: string,
  issuer: string,
  { payload, protectedHeader: { typ } }: JWTVerifyResult,
  now: NumericDate,
): Result<VerifiedIdentity, IdentityRefusal> {
  const { sub, exp, iat, acr, auth_time: authTime } = payload
  if (typ !== undefined && !identityTypes.has(typ.toLowerCase()))
    return refuse('token_invalid', 'its `typ` is that of something else')
  if (typeof sub !== 'string' || sub.length === 0) return refuse('token_invalid', '`sub` must be a string')
  if (typeof exp !== 'number' || typeof iat !== 'number' || iat > now + clockToleranceSeconds)
    return refuse('token_invalid', '`iat` must not lie ahead')
  if (typeof authTime === 'number' && authTime > now + clockToleranceSeconds)
    return refuse('token_invalid', '`auth_time` must not lie ahead')
  return ok({
    alias,
    issuer,
    subject: sub,
    ...(typeof acr === 'string' ? { acr } : {}),
    ...(typeof authTime === 'number' ? { authTime: Math.floor(authTime) } : {}),
    expiresAt: Math.floor(exp),
  })
}

/** What a token says of itself, for no more than to find whose keys to verify it with. */
function unverifiedClaims(token: string): JWTPayload | undefined {
  try {
    return decodeJwt(token)
  } catch {
    return undefined
  }
}
