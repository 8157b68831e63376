// Rules: test/adapters/jose/identity-oidc.test.ts
import type { JWK } from 'jose'
import * as z from 'zod'
import { type OidcIssuer, SecureUrl } from '../../domain/people/identity-issuer.ts'
import type { NumericDate } from '../../domain/values.ts'
import { IssuerUnavailable } from '../../operations/faults.ts'
import type { Clock } from '../../operations/ports.ts'
import { readText } from '../fetch-limits.ts'
import type { FetchKeys, FoundKeys } from './cached-keys.ts'

/** The timeout of an issuer, for all its requests together. */
export const patience = () => AbortSignal.timeout(2000)

const sizeLimit = 65_536

/**
 * Fetches JSON. It refuses redirects, since only the address on the allow-list is trusted.
 * @throws IssuerUnavailable
 */
export async function fetchJson<T extends z.ZodType>(
  uri: string,
  schema: T,
  { accept = 'application/json', signal }: { accept?: string; signal: AbortSignal },
): Promise<z.infer<T>> {
  try {
    const response = await fetch(uri, { headers: { accept }, redirect: 'error', signal })
    if (!response.ok) throw new Error(`it answered ${response.status}`)
    const text = await readText(response, sizeLimit)
    if (text === undefined) throw new Error(`its answer is over ${sizeLimit} bytes`)
    return schema.parse(JSON.parse(text))
  } catch (cause) {
    throw new IssuerUnavailable(`the keys of \`${uri}\` are unavailable`, { cause })
  }
}

const KeySetBody = z.object({ keys: z.array(z.looseObject({ kty: z.string() })).min(1) })

const discoverySeconds = 3600

/** The keys of an issuer (RFC 7517), from the configured address, or else from the one in its metadata. */
export function keysOf({ issuer, jwksUri }: Pick<OidcIssuer, 'issuer' | 'jwksUri'>, clock: Clock): FetchKeys {
  if (jwksUri !== undefined) return () => fetchJwks(jwksUri, patience())

  let found: { uri: string; at: NumericDate } | undefined
  return async () => {
    const signal = patience()
    try {
      if (!found || clock.now() - found.at >= discoverySeconds)
        found = { uri: await discoverJwksUri(issuer, signal), at: clock.now() }
      return await fetchJwks(found.uri, signal)
    } catch (fault) {
      found = undefined
      throw fault
    }
  }
}

/**
 * The address of an issuer's metadata. Only a local issuer may name a local key address: any other could reach programs
 * in a Lambda.
 */
export const metadataOf = (issuer: string) =>
  z.object({
    issuer: z.literal(issuer),
    jwks_uri: issuer.startsWith('http:') ? SecureUrl : z.url({ protocol: /^https$/ }),
  })

/** The address of an issuer's keys (OpenID Connect Discovery section 4). The issuer in its metadata must match. */
async function discoverJwksUri(issuer: string, signal: AbortSignal): Promise<string> {
  const uri = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
  return (await fetchJson(uri, metadataOf(issuer), { signal })).jwks_uri
}

async function fetchJwks(uri: string, signal: AbortSignal): Promise<FoundKeys> {
  const accept = 'application/jwk-set+json, application/json'
  const { keys } = await fetchJson(uri, KeySetBody, { accept, signal })
  return { keys: usable(keys as JWK[]) }
}

/**
 * The keys for an OpenID issuer. A SPIFFE bundle may replace them: its JWT keys have a `use` that jose does not know.
 */
const usable = (keys: readonly JWK[]): JWK[] =>
  keys
    .filter(({ use }) => use !== 'x509-svid')
    .map(({ use, ...key }) => (use && use !== 'jwt-svid' ? { ...key, use } : key))
