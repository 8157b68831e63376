import { randomUUID } from 'node:crypto'
import { importJWK, SignJWT } from 'jose'
import type { Client } from './settings.ts'
import { readAnswer } from './wire.ts'

/**
 * Gets a token for the API at `resource` (RFC 8707) from the identity provider, by `client_credentials` and a signed
 * assertion (`private_key_jwt`, RFC 7523): no shared secret. For an agent this is its workload token.
 * @param acr A stronger login, for people: the token then carries `acr` and `auth_time`.
 */
export async function fetchToken(
  identityProviderUrl: string,
  { clientId, privateJwk }: Client,
  resource: string,
  acr?: string,
): Promise<{ token: string; expiresAt: number }> {
  const metadata = await fetch(`${identityProviderUrl}/.well-known/openid-configuration`)
  const { issuer, token_endpoint } = await readAnswer<{ issuer: string; token_endpoint: string }>(metadata)
  const assertion = await new SignJWT()
    .setProtectedHeader({ alg: 'ES256', ...(privateJwk['kid'] ? { kid: privateJwk['kid'] } : {}) })
    .setIssuer(clientId)
    .setSubject(clientId)
    .setAudience(issuer)
    .setJti(randomUUID())
    .setIssuedAt()
    .setExpirationTime('1 minute')
    .sign(await importJWK(privateJwk, 'ES256'))

  const response = await fetch(token_endpoint, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: clientId,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: assertion,
      resource,
      ...(acr === undefined ? {} : { acr_values: acr }),
    }),
  })
  const answer = await readAnswer<{ access_token: string; expires_in: number }>(response)
  return { token: answer.access_token, expiresAt: Date.now() + answer.expires_in * 1000 }
}
