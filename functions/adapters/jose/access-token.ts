import { errors, type JSONWebKeySet, type JWTVerifyOptions, jwtVerify } from 'jose'
import * as z from 'zod'
import {
  AgentId,
  CredentialId,
  type JsonObject,
  NumericDate,
  ok,
  RequestId,
  type Result,
  refuse,
  Thumbprint,
} from '../../domain/values.ts'
import type { AccessToken, Clock, KeySet, KnownToken } from '../../operations/ports.ts'
import { CachedKeys } from './cached-keys.ts'
import { isCompact } from './token-size.ts'

export type AccessTokenRefusal = 'token_malformed' | 'token_expired' | 'token_invalid'

/** The claims by which we know a token of ours again. The rest is for its audience; what it allows, the table knows. */
const Claims = z.object({
  iss: z.string(),
  sub: AgentId,
  client_id: z.string().min(1),
  /** One audience and no more, whoever else would also take it. */
  aud: z.string(),
  iat: NumericDate,
  nbf: NumericDate,
  exp: NumericDate,
  jti: CredentialId,
  txn: RequestId,
  cnf: z.object({ jkt: Thumbprint }),
  /** Who acts, where it was delegated: the outermost is the bearer, what is nested in it is for the record (RFC 8693). */
  act: z.object({ sub: AgentId }).optional(),
  authorization_details: z.tuple([z.looseObject({ type: z.literal('hotwork_action') })]),
})

/** Our own Lambdas' clocks may differ by this much. It never lengthens a token's life. */
const clockToleranceSeconds = 30

/** Verifies access tokens that we issued (RFC 9068 section 4), against our own published keys. */
export class AccessTokenVerifier {
  readonly #issuer: string
  readonly #keys: CachedKeys
  readonly #clock: Clock

  constructor(issuer: string, keySet: KeySet, clock: Clock) {
    this.#issuer = issuer
    this.#keys = new CachedKeys(async () => (await keySet.jwks()) as unknown as JSONWebKeySet, clock)
    this.#clock = clock
  }

  /**
   * That it is ours, for this audience, and alive by the clock. Whether it was revoked, and whether its bearer has its
   * key, is for the caller to ask. A token is known by its `jti` and never by its text: one signature has two forms.
   *
   * @throws KeyUnavailable when our own keys cannot be had
   */
  async verify(token: string, audience: string): Promise<Result<AccessToken, AccessTokenRefusal>> {
    const verified = await this.#verify(token, { audience })
    if (!verified.ok) return verified
    const { claims: _, ...accessToken } = verified.value
    return ok(accessToken)
  }

  /**
   * The same for whatever audience, with all that the token says: to tell what is known of it. That somebody may ask, or
   * act on it, is not said by this.
   *
   * @throws KeyUnavailable when our own keys cannot be had
   */
  async recognise(token: string): Promise<Result<KnownToken, AccessTokenRefusal>> {
    return this.#verify(token, {})
  }

  async #verify(
    token: string,
    expected: Pick<JWTVerifyOptions, 'audience'>,
  ): Promise<Result<KnownToken, AccessTokenRefusal>> {
    if (!isCompact(token)) return refuse('token_malformed')
    const now = this.#clock.now()
    try {
      const { payload } = await jwtVerify(token, this.#keys.keyFor, {
        typ: 'at+jwt',
        algorithms: ['ES256'],
        issuer: this.#issuer,
        ...expected,
        requiredClaims: ['exp', 'nbf', 'iat', 'sub', 'aud', 'jti', 'client_id', 'txn', 'cnf', 'authorization_details'],
        clockTolerance: clockToleranceSeconds,
        currentDate: new Date(now * 1000),
      })
      const claims = Claims.safeParse(payload)
      if (!claims.success) return refuse('token_invalid')
      const { jti, txn, sub, act, aud, cnf, exp } = claims.data
      if (exp <= now) return refuse('token_expired')
      return ok({
        jti,
        request: txn,
        agent: act?.sub ?? sub,
        audience: aud,
        jkt: cnf.jkt,
        expiresAt: exp,
        claims: payload as JsonObject,
      })
    } catch (cause) {
      if (cause instanceof errors.JWTExpired) return refuse('token_expired')
      if (cause instanceof errors.JOSEError) return refuse('token_invalid')
      throw cause
    }
  }
}
