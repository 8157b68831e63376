import { importJWK } from 'jose'
import * as oauth from 'oauth4webapi'

/** Who the tool is to the organisation's identity provider. */
export interface ToolIdentity {
  identityProviderUrl: string
  clientId: string
  /** An EC P-256 private key as a JWK. */
  privateJwk: Record<string, string>
}

/**
 * The tool's own workload token, by `client_credentials` and a signed assertion (`private_key_jwt`), as any OAuth library
 * does it. It is kept until a minute before it ends.
 * @param resource Whom the token is for: Hotwork's issuer (RFC 8707).
 */
export function workloadTokens(identity: ToolIdentity, resource: string): () => Promise<string> {
  let held: Promise<{ token: string; renewAt: number }> | undefined
  return async () => {
    const current = await held?.catch(() => undefined)
    if (current && Date.now() < current.renewAt) return current.token
    held = fetchToken(identity, resource)
    return (await held).token
  }
}

async function fetchToken(
  { identityProviderUrl, clientId, privateJwk }: ToolIdentity,
  resource: string,
): Promise<{ token: string; renewAt: number }> {
  const provider = new URL(identityProviderUrl)
  const options = {
    // Everything of the local stack is on this machine, without TLS; anything else must have it.
    [oauth.allowInsecureRequests]: provider.hostname === '127.0.0.1',
    signal: () => AbortSignal.timeout(5000),
  }
  const server = await oauth.processDiscoveryResponse(provider, await oauth.discoveryRequest(provider, options))
  const client = { client_id: clientId }
  const key = await oauthKey(privateJwk)
  const answer = await oauth.clientCredentialsGrantRequest(
    server,
    client,
    oauth.PrivateKeyJwt(key),
    { resource },
    options,
  )
  const { access_token, expires_in = 60 } = await oauth.processClientCredentialsResponse(server, client, answer)
  return { token: access_token, renewAt: Date.now() + (expires_in - 60) * 1000 }
}

async function oauthKey(jwk: Record<string, string>): Promise<oauth.PrivateKey> {
  const key = await importJWK(jwk, 'ES256')
  if (key instanceof Uint8Array) throw new Error('`privateJwk` should be an EC P-256 private key')
  return { key, ...(jwk['kid'] === undefined ? {} : { kid: jwk['kid'] }) }
}
