import { hash } from 'node:crypto'
import { calculateJwkThumbprint, EmbeddedJWK, type JWK, jwtVerify } from 'jose'
import { digestOf } from '../../domain/digest.ts'
import { type NumericDate, ok, type Result, refuse, type Thumbprint } from '../../domain/values.ts'
import { type Compact, isCompact, JudgedHeaders } from './compact.ts'
import { signedClaims } from './signed-claims.ts'

export type DpopAsk = {
  proof: string
  method: string
  /** The called address, from configuration, since `Host` can be forged. */
  url: string
  /** A token to which the proof must be bound, if given. */
  accessToken?: string
  now: NumericDate
}

export type DpopProof = { jkt: Thumbprint; jti: string; issuedAt: NumericDate }

/**
 * The oldest age of a proof, and the furthest into the future. Its id must be remembered for twice this time. Seconds.
 */
export const proofWindowSeconds = 60

type Claims = { jti: string; htm: string; htu: string; iat: number; ath?: string }

const hasClaims = (payload: { [claim: string]: unknown }): payload is Claims => {
  const { jti, htm, htu, iat, ath } = payload
  return (
    typeof jti === 'string' &&
    jti.length > 0 &&
    jti.length <= 256 &&
    typeof htm === 'string' &&
    typeof htu === 'string' &&
    typeof iat === 'number' &&
    iat >= 0 &&
    iat < Number.POSITIVE_INFINITY &&
    (ath === undefined || typeof ath === 'string')
  )
}

/** Members of a JWK that are secret (RFC 7518 section 6). */
const privateMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']

/**
 * Verifies a DPoP proof by every check of RFC 9449 section 4.3 except replay: the caller puts `replayKey` once, in the
 * transaction of the act.
 */
export async function verifyDpop(ask: DpopAsk): Promise<Result<DpopProof, 'invalid_dpop_proof'>> {
  const { proof } = ask
  if (!isCompact(proof)) return invalid('it must be one JWT of at most 8 KB')
  const verified = knownProof(proof, ask.now) ?? (await judgedProof(proof, ask.now))
  if (!verified) return invalid('it must be a `dpop+jwt` signed with ES256 by the public key in its `jwk`')

  const { jkt, payload } = verified
  if (jkt === undefined) return invalid('its `jwk` must be a public key')
  if (!hasClaims(payload)) return invalid('it must have `jti`, `htm`, `htu` and `iat`')

  const { jti, htm, htu, iat, ath } = payload
  if (htm !== ask.method) return invalid('`htm` is not the method of this call')
  const address = addressOf(htu)
  if (address === undefined || (htu !== ask.url && address !== addressOf(ask.url)))
    return invalid('`htu` is not the address of this call')
  if (Math.abs(ask.now - iat) > proofWindowSeconds) return invalid('`iat` is not within 60 s of now')
  if (ask.accessToken !== undefined && ath !== hash('sha256', ask.accessToken, 'base64url'))
    return invalid('`ath` is not the hash of the access token')
  return ok({ jkt, jti, issuedAt: Math.floor(iat) })
}

/** The once-only key of a proof. It includes the key, since proofs of different keys may have the same id. */
export const replayKey = ({ jkt, jti }: Pick<DpopProof, 'jkt' | 'jti'>): string =>
  `SEEN#${digestOf('hotwork.dpop.v1', { jkt, jti })}`

/** The time until which a proof's id must be remembered. After it `iat` is outside the window by any of our clocks. */
export const rememberUntil = ({ issuedAt }: Pick<DpopProof, 'issuedAt'>): NumericDate =>
  issuedAt + 2 * proofWindowSeconds

const judged = new JudgedHeaders<{ jkt: Thumbprint }>(1000)

/** A proof signed by its own key. Without a thumbprint if the key in it has a private member. */
type SignedProof = { jkt?: Thumbprint; payload: { [claim: string]: unknown } }

function knownProof(proof: Compact, now: NumericDate): SignedProof | undefined {
  const known = judged.get(proof)
  const payload = known && signedClaims(proof, known.key, { now, toleranceSeconds: proofWindowSeconds })
  return payload && { jkt: known.jkt, payload }
}

async function judgedProof(proof: Compact, now: NumericDate): Promise<SignedProof | undefined> {
  try {
    const verified = await jwtVerify(proof, EmbeddedJWK, {
      typ: 'dpop+jwt',
      algorithms: ['ES256'],
      clockTolerance: proofWindowSeconds,
      currentDate: new Date(now * 1000),
    })
    const jwk = verified.protectedHeader.jwk as JWK
    if (privateMembers.some((member) => Object.hasOwn(jwk, member))) return { payload: verified.payload }
    const jkt = (await calculateJwkThumbprint(jwk, 'sha256')) as Thumbprint
    judged.add(proof, verified, { jkt })
    return { jkt, payload: verified.payload }
  } catch {
    // The proof has its key, so every error is the proof's.
    return undefined
  }
}

/** An address without query and fragment, in its normal form (RFC 3986 sections 6.2.2 and 6.2.3). */
function addressOf(text: string): string | undefined {
  const url = URL.parse(text)
  if (!url || !['http:', 'https:'].includes(url.protocol) || url.username || url.password) return undefined
  const { origin, pathname } = url
  return origin + (pathname.includes('%') ? pathname.replaceAll(/%[0-9a-f]{2}/gi, normalEscape) : pathname)
}

/** An unnecessary escape is decoded, any other is in capitals. */
function normalEscape(escaped: string): string {
  const character = String.fromCharCode(Number.parseInt(escaped.slice(1), 16))
  return /[\w.~-]/.test(character) ? character : escaped.toUpperCase()
}

const invalid = (detail: string) => refuse('invalid_dpop_proof', detail)
