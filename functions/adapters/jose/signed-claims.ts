import { type KeyObject, verify } from 'node:crypto'
import { base64url } from 'jose'
import type { NumericDate } from '../../domain/values.ts'
import type { Compact } from './compact.ts'

/** Made once, since every use of a tool needs it. */
const utf8 = new TextDecoder('utf-8', { fatal: true })

/**
 * The claims of a JWT that `key` signed with ES256 and that is valid now: one `crypto.verify` in this thread, because
 * jose goes through the thread pool (docs/adr/0016-jose-judges-each-header-once.md).
 * @param token a token whose exact encoded header jose has accepted before, with this key
 * @returns undefined for a refused token: the caller then asks jose for the reason
 */
export function signedClaims(
  token: Compact,
  key: KeyObject,
  { now, toleranceSeconds }: { now: NumericDate; toleranceSeconds: number },
): { [claim: string]: unknown } | undefined {
  const [header, payload = '', signature = ''] = token.split('.')
  const by = { key, dsaEncoding: 'ieee-p1363' } as const
  try {
    if (!verify('sha256', Buffer.from(`${header}.${payload}`), by, base64url.decode(signature))) return undefined
    const claims: unknown = JSON.parse(utf8.decode(base64url.decode(payload)))
    if (typeof claims !== 'object' || claims === null || Array.isArray(claims)) return undefined
    const { exp = now + 1, nbf = now, iat = now } = claims as { [claim: string]: unknown }
    const alive = typeof exp === 'number' && exp > now - toleranceSeconds
    const begun = typeof nbf === 'number' && nbf <= now + toleranceSeconds
    return alive && begun && typeof iat === 'number' ? (claims as { [claim: string]: unknown }) : undefined
  } catch {
    return undefined
  }
}
