import { errors, type JWTHeaderParameters, jwtVerify } from 'jose'
import * as z from 'zod'
import {
  AgentId,
  AskerId,
  CredentialId,
  defined,
  isAgent,
  type JsonObject,
  NumericDate,
  ok,
  RequestId,
  type Result,
  refuse,
  Thumbprint,
} from '../../domain/values.ts'
import type { AccessToken, KeySet, KnownToken } from '../../operations/credentials/ports.ts'
import type { Clock } from '../../operations/ports.ts'
import { CachedKeys } from './cached-keys.ts'
import { type Compact, clockToleranceSeconds, isCompact, JudgedHeaders } from './compact.ts'
import { signedClaims } from './signed-claims.ts'

type AccessTokenRefusal = 'token_malformed' | 'token_expired' | 'token_invalid'

const Claims = z
  .object({
    iss: z.string(),
    sub: AskerId,
    client_id: z.string().min(1),
    /** Exactly one audience. */
    aud: z.string(),
    iat: NumericDate,
    nbf: NumericDate,
    exp: NumericDate,
    jti: CredentialId,
    txn: RequestId,
    cnf: z.object({ jkt: Thumbprint }),
    /** The actors of a delegation: the outermost is the bearer, the nested ones are for the record (RFC 8693). */
    act: z.object({ sub: AgentId }).optional(),
    authorization_details: z.tuple([z.looseObject({ type: z.literal('hotwork_action') })]),
  })
  // A person's token is for an opening, an agent's never is.
  .refine(({ sub, txn }) => isAgent(sub) !== txn.startsWith('bgl_'))

type Verified = { token: AccessToken; claims: JsonObject; notBefore: NumericDate }

/** Verifies Hotwork's own access tokens (RFC 9068 section 4), by its published keys. */
export class AccessTokenVerifier {
  readonly #issuer: string
  readonly #keys: CachedKeys
  readonly #clock: Clock
  /** Judged headers, one for each key. `from` is the key that the key set had for the header at that time. */
  readonly #judged = new JudgedHeaders<{ header: JWTHeaderParameters; from: unknown }>(16)

  constructor(issuer: string, keySet: KeySet, clock: Clock) {
    this.#issuer = issuer
    this.#keys = CachedKeys.ofOurs(keySet, clock)
    this.#clock = clock
  }

  /**
   * Verifies a token. The caller checks revocation and the bearer's key. A token is identified by its `jti`, since one
   * signature has two textual forms.
   * @throws KeyUnavailable if Hotwork's own keys cannot be fetched
   */
  async verify(token: string, audience: string): Promise<Result<AccessToken, AccessTokenRefusal>> {
    const verified = await this.#verify(token, audience)
    return verified.ok ? ok(verified.value.token) : verified
  }

  /** Verifies a token for any audience. The caller's right to act is checked elsewhere. */
  async recognise(token: string): Promise<Result<KnownToken, AccessTokenRefusal>> {
    const verified = await this.#verify(token, undefined)
    return verified.ok ? ok({ ...verified.value.token, claims: verified.value.claims }) : verified
  }

  async #verify(token: string, audience: string | undefined): Promise<Result<Verified, AccessTokenRefusal>> {
    if (!isCompact(token)) return refuse('token_malformed')
    const now = this.#clock.now()
    try {
      const known = await this.#byJudgedHeader(token, now)
      if (known && isFor(known, audience, now)) return ok(known)
      // Every token without a judged header is judged by jose.
      const judged = await jwtVerify(token, this.#keys.keyFor, {
        typ: 'at+jwt',
        algorithms: ['ES256'],
        issuer: this.#issuer,
        ...defined({ audience }),
        requiredClaims: ['exp', 'nbf', 'iat', 'sub', 'aud', 'jti', 'client_id', 'txn', 'cnf', 'authorization_details'],
        clockTolerance: clockToleranceSeconds,
        currentDate: new Date(now * 1000),
      })
      const verified = verifiedOf(judged.payload)
      if (!verified) return refuse('token_invalid')
      if (verified.token.expiresAt <= now) return refuse('token_expired')
      this.#judged.add(token, judged, { header: judged.protectedHeader, from: judged.key })
      return ok(verified)
    } catch (cause) {
      if (cause instanceof errors.JWTExpired) return refuse('token_expired')
      if (cause instanceof errors.JOSEError) return refuse('token_invalid')
      throw cause
    }
  }

  /** The claims, if jose has accepted this header before and the key set still has its key. */
  async #byJudgedHeader(token: Compact, now: NumericDate): Promise<Verified | undefined> {
    const known = this.#judged.get(token)
    if (!known || (await this.#keys.keyFor(known.header, emptyJws)) !== known.from) return undefined
    const claims = signedClaims(token, known.key, { now, toleranceSeconds: clockToleranceSeconds })
    return claims?.['iss'] === this.#issuer ? verifiedOf(claims) : undefined
  }
}

const emptyJws = { payload: '', signature: '' }

const isFor = ({ token, notBefore }: Verified, audience: string | undefined, now: NumericDate): boolean =>
  (audience === undefined || token.audience === audience) &&
  token.expiresAt > now &&
  notBefore <= now + clockToleranceSeconds

function verifiedOf(payload: { [claim: string]: unknown }): Verified | undefined {
  const claims = Claims.safeParse(payload)
  if (!claims.success) return undefined
  const { jti, txn, sub, act, aud, cnf, exp, nbf } = claims.data
  const known = { jti, request: txn, agent: act?.sub ?? sub, audience: aud, jkt: cnf.jkt, expiresAt: exp }
  return { token: known, claims: payload as JsonObject, notBefore: nbf }
}
