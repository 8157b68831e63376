import { hash, KeyObject, type webcrypto } from 'node:crypto'
import { errors, type JWTHeaderParameters, jwtVerify } from 'jose'
import * as z from 'zod'
import {
  AgentId,
  AskerId,
  CredentialId,
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
import { verifiedClaims } from './es256.ts'
import { Remembered } from './remembered.ts'

/** No token or proof that we accept comes near this. Longer ones are refused before anything of them is parsed. */
const tokenLimit = 8192

declare const compact: unique symbol
/** A text that can be a compact JWS: three parts, none empty, of base64url alone. */
export type Compact = string & { readonly [compact]: true }

export const isCompact = (token: string): token is Compact =>
  token.length <= tokenLimit && /^[\w-]+\.[\w-]+\.[\w-]+$/.test(token)

type AccessTokenRefusal = 'token_malformed' | 'token_expired' | 'token_invalid'

/** The claims by which we know a token of ours again. The rest is for its audience; what it allows, the table knows. */
const Claims = z
  .object({
    iss: z.string(),
    sub: AskerId,
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
  // A person's is of a broken glass, and nobody else's is.
  .refine(({ sub, txn }) => isAgent(sub) !== txn.startsWith('bgl_'))

/** Our own Lambdas' clocks may differ by this much. It never lengthens a token's life. */
const clockToleranceSeconds = 30

/** A header that jose has accepted, and the key that it then named. */
type KnownHeader = {
  header: JWTHeaderParameters
  key: webcrypto.CryptoKey
  keyObject: KeyObject
  /** The key set that was held when the key was last found in it. */
  held?: object | undefined
}
/** What was verified, by which header, and what of its time is not in `token`. */
type Verified = { token: AccessToken; claims: JsonObject; by: KnownHeader; notBefore: NumericDate }

/**
 * Verifies access tokens that we issued (RFC 9068 section 4), against our own published keys. What does not change about
 * a token is verified once; its time, its audience and whether its key is still published, each time.
 */
export class AccessTokenVerifier {
  readonly #issuer: string
  readonly #keys: CachedKeys
  readonly #clock: Clock
  /** By the whole encoded header: all our tokens of one key have the same. */
  readonly #headers = new Remembered<KnownHeader>(16)
  /** By the hash of a token's whole text. */
  readonly #tokens = new Remembered<Verified>(1000)

  constructor(issuer: string, keySet: KeySet, clock: Clock) {
    this.#issuer = issuer
    this.#keys = CachedKeys.ofOurs(keySet, clock)
    this.#clock = clock
  }

  /**
   * That it is ours, for this audience, and alive by the clock. Whether it was revoked, and whether its bearer has its
   * key, is for the caller to ask. A token is known by its `jti` and never by its text: one signature has two forms.
   *
   * @throws KeyUnavailable when our own keys cannot be had
   */
  async verify(token: string, audience: string): Promise<Result<AccessToken, AccessTokenRefusal>> {
    const verified = await this.#verify(token, audience)
    return verified.ok ? ok(verified.value.token) : verified
  }

  /**
   * The same for whatever audience, with all that the token says: to tell what is known of it. That somebody may ask, or
   * act on it, is not said by this.
   *
   * @throws KeyUnavailable when our own keys cannot be had
   */
  async recognise(token: string): Promise<Result<KnownToken, AccessTokenRefusal>> {
    const verified = await this.#verify(token, undefined)
    return verified.ok ? ok(structuredClone({ ...verified.value.token, claims: verified.value.claims })) : verified
  }

  async #verify(token: string, audience: string | undefined): Promise<Result<Verified, AccessTokenRefusal>> {
    if (!isCompact(token)) return refuse('token_malformed')
    const now = this.#clock.now()
    const id = hash('sha256', token, 'base64url')
    try {
      const before = this.#tokens.get(id)
      const by = before?.by ?? this.#headers.get(headerOf(token))
      // A key that is no longer published, or that was fetched again, verifies nothing by what is remembered of it.
      const known =
        by && (this.#isHeld(by) || (await this.#isPublished(by))) && (before ?? this.#read(id, token, by, now))
      if (known && isFor(known, audience, now)) return ok(known)
      // Whatever is not plainly good is judged by jose alone.
      const { payload, protectedHeader, key } = await jwtVerify(token, this.#keys.keyFor, {
        typ: 'at+jwt',
        algorithms: ['ES256'],
        issuer: this.#issuer,
        ...(audience === undefined ? {} : { audience }),
        requiredClaims: ['exp', 'nbf', 'iat', 'sub', 'aud', 'jti', 'client_id', 'txn', 'cnf', 'authorization_details'],
        clockTolerance: clockToleranceSeconds,
        currentDate: new Date(now * 1000),
      })
      const cryptoKey = key as webcrypto.CryptoKey
      const judged = { header: protectedHeader, key: cryptoKey, keyObject: KeyObject.from(cryptoKey) }
      const verified = verifiedBy(judged, payload)
      if (!verified) return refuse('token_invalid')
      if (verified.token.expiresAt <= now) return refuse('token_expired')
      this.#headers.set(headerOf(token), judged)
      this.#tokens.set(id, verified)
      return ok(verified)
    } catch (cause) {
      if (cause instanceof errors.JWTExpired) return refuse('token_expired')
      if (cause instanceof errors.JOSEError) return refuse('token_invalid')
      throw cause
    }
  }

  /** What a token says under a header that is known. */
  #read(id: string, token: Compact, by: KnownHeader, now: NumericDate): Verified | undefined {
    const claims = verifiedClaims(token, by.keyObject, { now, toleranceSeconds: clockToleranceSeconds })
    const verified = claims?.['iss'] === this.#issuer ? verifiedBy(by, claims) : undefined
    if (verified) this.#tokens.set(id, verified)
    return verified
  }

  /** Whether the key is one of the set that is held: it was found there before, and nothing was fetched since. */
  #isHeld({ held }: KnownHeader): boolean {
    return held !== undefined && held === this.#keys.held
  }

  async #isPublished(by: KnownHeader): Promise<boolean> {
    const { held } = this.#keys
    if ((await this.#keys.keyFor(by.header, emptyJws)) !== by.key) return false
    by.held = held
    return true
  }
}

const headerOf = (token: string): string => token.slice(0, token.indexOf('.'))

/** Our keys are found by the protected header alone. */
const emptyJws = { payload: '', signature: '' }

const isFor = ({ token, notBefore }: Verified, audience: string | undefined, now: NumericDate): boolean =>
  (audience === undefined || token.audience === audience) &&
  token.expiresAt > now &&
  notBefore <= now + clockToleranceSeconds

function verifiedBy(by: KnownHeader, payload: { [claim: string]: unknown }): Verified | undefined {
  const claims = Claims.safeParse(payload)
  if (!claims.success) return undefined
  const { jti, txn, sub, act, aud, cnf, exp, nbf } = claims.data
  const known = { jti, request: txn, agent: act?.sub ?? sub, audience: aud, jkt: cnf.jkt, expiresAt: exp }
  return { token: known, claims: payload as JsonObject, by, notBefore: nbf }
}
