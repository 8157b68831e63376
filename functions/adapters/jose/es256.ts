import { isUtf8 } from 'node:buffer'
import { type KeyObject, verify } from 'node:crypto'
import type { NumericDate } from '../../domain/values.ts'
import type { Compact } from './access-token.ts'

/**
 * The claims of a JWT that `key` signed with ES256 and that holds now, verified in this thread: jose verifies in the
 * thread pool, which costs several times the signature (docs/adr/0016-jose-judges-each-header-once.md).
 *
 * Only for a token whose header jose has accepted before, to the letter, with this very key. How a JWS is to be read
 * stands in its header alone, and no header is judged here. And this only ever says yes: about a token that it does not
 * accept (`undefined`) jose is asked, so that every refusal is jose's.
 */
export function verifiedClaims(
  token: Compact,
  key: KeyObject,
  { now, toleranceSeconds }: { now: NumericDate; toleranceSeconds: number },
): { [claim: string]: unknown } | undefined {
  const signed = token.lastIndexOf('.')
  const [bytes, raw] = [bytesOf(token.slice(token.indexOf('.') + 1, signed)), bytesOf(token.slice(signed + 1))]
  if (bytes === undefined || raw?.length !== 64) return undefined
  if (!verify('sha256', Buffer.from(token.slice(0, signed), 'latin1'), key, derOf(raw))) return undefined
  const claims = objectOf(bytes)
  if (claims === undefined) return undefined
  const { exp = now + 1, nbf = now, iat = now } = claims
  const alive = typeof exp === 'number' && exp > now - toleranceSeconds
  const begun = typeof nbf === 'number' && nbf <= now + toleranceSeconds
  return alive && begun && typeof iat === 'number' ? claims : undefined
}

/**
 * What a base64url text says, if it is the one way to say it (RFC 4648 section 3.5): others are left to jose. The last
 * letter of a text that does not fill its bytes has four or two bits that say nothing, and they must be zero.
 */
function bytesOf(text: string): Buffer | undefined {
  const over = text.length % 4
  const last = text.charAt(text.length - 1)
  const isOneWay = over === 0 || (over === 2 ? 'AQgw'.includes(last) : over === 3 && 'AEIMQUYcgkosw048'.includes(last))
  return isOneWay ? Buffer.from(text, 'base64url') : undefined
}

function objectOf(bytes: Buffer): { [member: string]: unknown } | undefined {
  try {
    if (!isUtf8(bytes)) return undefined
    const value: unknown = JSON.parse(bytes.toString('utf8'))
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as { [member: string]: unknown })
      : undefined
  } catch {
    return undefined
  }
}

/** r and s of 32 bytes each, as the DER sequence of two integers: the form in which OpenSSL verifies fastest. */
function derOf(raw: Buffer): Buffer {
  const der = Buffer.alloc(72)
  const end = putInteger(der, putInteger(der, 2, raw, 0), raw, 32)
  der[0] = 0x30
  der[1] = end - 2
  return der.subarray(0, end)
}

/** Puts the 32 bytes from `from` as an integer: no zeros in front, but for the one that keeps it positive. @returns its end */
function putInteger(der: Buffer, at: number, raw: Buffer, from: number): number {
  let first = from
  while (first < from + 31 && raw[first] === 0) first += 1
  const sign = (raw[first] as number) > 0x7f ? 1 : 0
  der[at] = 0x02
  der[at + 1] = sign + from + 32 - first
  raw.copy(der, at + 2 + sign, first, from + 32)
  return at + 2 + sign + from + 32 - first
}
