import type { JSONWebKeySet, JWK } from 'jose'
import * as z from 'zod'
import { IssuerUnavailable } from '../../operations/faults.ts'

const timeoutMs = 2000
/** A key set with fifty RSA keys is smaller. */
const sizeLimit = 65_536

const KeySetBody = z.object({ keys: z.array(z.looseObject({ kty: z.string() })).min(1) })

/**
 * An issuer's keys (RFC 7517). Redirects are not followed: the address on the allow-list is the address.
 *
 * @throws IssuerUnavailable when there is no answer in two seconds, or one that is no key set
 */
export async function fetchJwks(uri: string): Promise<JSONWebKeySet> {
  try {
    const response = await fetch(uri, {
      headers: { accept: 'application/jwk-set+json, application/json' },
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs),
    })
    if (!response.ok) throw new Error(`it answered ${response.status}`)
    const { keys } = KeySetBody.parse(JSON.parse(await limitedText(response)))
    return { keys: usable(keys as JWK[]) }
  } catch (cause) {
    throw new IssuerUnavailable(`no keys can be had from \`${uri}\``, { cause })
  }
}

async function limitedText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.length
    if (size > sizeLimit) throw new Error(`its key set is over ${sizeLimit} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/**
 * SPIFFE bundles mark their JWT keys `use: jwt-svid`, which jose does not know, and hold X.509 authorities beside them
 * (SPIFFE Trust Domain and Bundle, section 4.2.2).
 */
const usable = (keys: readonly JWK[]): JWK[] =>
  keys
    .filter(({ use }) => use !== 'x509-svid')
    .map(({ use, ...key }) => (use && use !== 'jwt-svid' ? { ...key, use } : key))
