// Rules: test/handlers/transmitters/receive-signal.test.ts
import { decodeJwt, decodeProtectedHeader, errors, jwtVerify } from 'jose'
import { EventClaims, type Transmitter } from '../../domain/halts/signal.ts'
import { type NumericDate, ok, type Result, refuse } from '../../domain/values.ts'
import { IssuerUnavailable, KeyNotYetKnown } from '../../operations/faults.ts'
import type { Clock } from '../../operations/ports.ts'
import { CachedKeys } from './cached-keys.ts'
import { clockToleranceSeconds, isCompact } from './compact.ts'
import { keysOf } from './fetch-jwks.ts'

/** RFC 8935 section 2.4. */
export type SetRefusal =
  | 'invalid_request'
  | 'invalid_key'
  | 'invalid_issuer'
  | 'invalid_audience'
  | 'authentication_failed'
  | 'access_denied'

/** The age up to which a token is accepted, since it has no end of its own. Seconds. */
const oldest = 86_400

/** The time until which a token is remembered, so that it is accepted only once. */
export const rememberUntil = ({ iat }: EventClaims): NumericDate => Math.ceil(iat) + oldest + clockToleranceSeconds

/** Verifies Security Event Tokens (RFC 8417) of the transmitters that the deployment names. */
export class SecurityEventVerifier {
  readonly #trusted: ReadonlyMap<string, Transmitter & { keys: CachedKeys }>
  readonly #ownIssuer: string
  readonly #clock: Clock

  /** @param ownIssuer the value of `{issuer}` in audiences */
  constructor(transmitters: { readonly [alias: string]: Transmitter }, ownIssuer: string, clock: Clock) {
    this.#ownIssuer = ownIssuer
    this.#clock = clock
    this.#trusted = new Map(
      Object.entries(transmitters).map(([alias, each]) => [
        alias,
        { ...each, keys: new CachedKeys(keysOf(each, clock), clock) },
      ]),
    )
  }

  /**
   * @throws IssuerUnavailable, KeyNotYetKnown if the keys cannot be fetched: the token can be neither trusted nor
   * refused
   */
  async verify(alias: string, token: string): Promise<Result<EventClaims, SetRefusal>> {
    const transmitter = this.#trusted.get(alias)
    if (!transmitter) return refuse('access_denied', 'the address should end with a transmitter of the deployment')
    const said = isCompact(token) ? unverified(token) : undefined
    if (!said) return refuse('invalid_request', 'the body should be one token in JWS compact form, of at most 8 KiB')
    if (!isEventType(said.typ)) return refuse('invalid_request', '`typ` should be `secevent+jwt`')
    if (said.iss !== transmitter.issuer) return refuse('invalid_issuer', '`iss` should be the issuer of this address')
    const audience = transmitter.audience.replaceAll('{issuer}', this.#ownIssuer)
    if (![said.aud].flat().includes(audience)) return refuse('invalid_audience', '`aud` names a different receiver')
    const now = this.#clock.now()
    try {
      const { payload } = await jwtVerify(token, transmitter.keys.keyFor, {
        audience,
        issuer: transmitter.issuer,
        typ: 'secevent+jwt',
        algorithms: transmitter.algorithms,
        requiredClaims: ['iat', 'jti'],
        clockTolerance: clockToleranceSeconds,
        currentDate: new Date(now * 1000),
      })
      const { success, data } = EventClaims.safeParse(payload)
      if (!success) return refuse('invalid_request', '`jti`, `iat`, `events` or `sub_id` is missing or invalid')
      if (data.iat > now + clockToleranceSeconds) return refuse('invalid_request', '`iat` must not lie ahead')
      if (data.iat < now - oldest) return refuse('invalid_request', '`iat` should be at most a day ago')
      return ok(data)
    } catch (cause) {
      return refusalFor(cause)
    }
  }
}

const isEventType = (typ: unknown): boolean => typeof typ === 'string' && /^(application\/)?secevent\+jwt$/i.test(typ)

/** The unverified claims, used only to name a fault before keys are fetched. */
function unverified(token: string) {
  try {
    const { typ } = decodeProtectedHeader(token)
    const { iss, aud } = decodeJwt(token)
    return { typ, iss, aud }
  } catch {
    return undefined
  }
}

/** Drops jose's error, which contains the token's claims. */
function refusalFor(cause: unknown): Result<never, SetRefusal> {
  if (cause instanceof errors.JWKSNoMatchingKey || cause instanceof errors.JWKSMultipleMatchingKeys)
    return refuse('invalid_key', 'no published key of the transmitter has this `kid` and `alg`')
  if (cause instanceof errors.JOSEAlgNotAllowed)
    return refuse('authentication_failed', '`alg` is not one of those allowed')
  if (cause instanceof errors.JWSSignatureVerificationFailed)
    return refuse('authentication_failed', 'the signature is invalid')
  if (cause instanceof errors.JOSEError) return refuse('invalid_request', 'the token is not a Security Event Token')
  if (cause instanceof IssuerUnavailable || cause instanceof KeyNotYetKnown) throw cause
  throw new IssuerUnavailable('a token could not be verified', { cause })
}
