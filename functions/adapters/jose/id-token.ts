import { errors, exportJWK, type JWTVerifyResult, jwtVerify, type ResolvedKey } from 'jose'
import type { OidcIssuer } from '../../domain/people/identity-issuer.ts'
import { ok, type Result, refuse } from '../../domain/values.ts'
import { IssuerUnavailable, KeyNotYetKnown } from '../../operations/faults.ts'
import type { IdTokens, ProvenLogin } from '../../operations/people/ports.ts'
import type { Clock } from '../../operations/ports.ts'
import { CachedKeys } from './cached-keys.ts'
import { oidcSource } from './oidc-source.ts'
import { isCompact } from './token-size.ts'

/** How far the provider's clock may be from ours. */
export const clockToleranceSeconds = 30

/** The provider at which people log in, under its name in the policy folder. */
export type LoginIssuer = { alias: string; issuer: OidcIssuer; clientId: string }

/**
 * Verifies the ID tokens of people's logins (OpenID Connect Core 3.1.3.7): for this client alone, signed by a key of the
 * provider, and made for the very login that was begun.
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
      const read = said && this.#source.read({ header, payload: { ...payload, sub: String(payload.sub) } })
      if (!said || !read?.ok) return refuse('login_failed')
      const { d: _, ...key } = await exportJWK(verified.key)
      const evidence = { idToken, key: { ...publicOf(key), ...(header.kid === undefined ? {} : { kid: header.kid }) } }
      return ok({ identity: { issuer: alias, ...read.value }, ...said, evidence })
    } catch (cause) {
      if (cause instanceof errors.JOSEError) return refuse('login_failed', cause.code)
      if (cause instanceof IssuerUnavailable || cause instanceof KeyNotYetKnown) throw cause
      throw new IssuerUnavailable('an ID token could not be verified', { cause })
    }
  }
}

/** How strong the login was and when, as far as the token says; nothing where it says what cannot be. */
function loginIn({ payload }: JWTVerifyResult & ResolvedKey, now: number): { acr?: string; at?: number } | undefined {
  const { acr, auth_time: at, iat } = payload
  if (iat !== undefined && iat > now + clockToleranceSeconds) return undefined
  if (at !== undefined && (typeof at !== 'number' || at > now + clockToleranceSeconds)) return undefined
  return {
    ...(typeof acr === 'string' ? { acr } : {}),
    ...(at === undefined ? {} : { at: Math.floor(at) }),
  }
}

/** The members of a public key alone (RFC 7518 section 6, RFC 8037). */
const publicOf = (key: object): { [member: string]: string } =>
  Object.fromEntries(
    Object.entries(key).filter(
      (member): member is [string, string] =>
        ['kty', 'crv', 'x', 'y', 'n', 'e'].includes(member[0]) && typeof member[1] === 'string',
    ),
  )
