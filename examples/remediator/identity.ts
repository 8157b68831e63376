import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as oauth from 'oauth4webapi'

/** A client of the identity provider that authenticates with `private_key_jwt` (RFC 7523). */
export interface Client {
  id: string
  clientId: string
  /** An EC P-256 private key as a JWK, with `kid`. */
  privateJwk: Record<string, string>
}

export interface Settings {
  apiUrl: string
  identityProviderUrl: string
  agent: Client
  /** Where the AWS calls go. `endpoint` is for an emulator; leave it out for AWS itself. */
  aws: { region: string; endpoint?: string }
}

/** The file in which the running local stack says where it is. */
export const localFile = join(import.meta.dirname, '../../.hotwork/local.json')

/** @throws an error that says what to do, when no stack runs or it has no such agent */
export function readSettings(agentId: string, path = localFile): Settings {
  const { apiUrl, identityProviderUrl, agents, aws } = readLocal(path)
  const agent = agents.find(({ id }) => id === agentId)
  if (!agent) throw new Error(`the local stack has no \`${agentId}\`; it has ${agents.map(({ id }) => id).join(', ')}`)
  return { apiUrl, identityProviderUrl, agent, aws: { region: aws.region, endpoint: aws.endpointUrl } }
}

function readLocal(path: string) {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Omit<Settings, 'agent'> & {
      agents: Client[]
      aws: { endpointUrl: string }
    }
  } catch {
    throw new Error(`there is no ${path}: start the local stack first, with \`npm start\``)
  }
}

/**
 * Gets a token for the API at `resource` (RFC 8707), by `client_credentials` and a signed assertion (`private_key_jwt`,
 * RFC 7523): no shared secret. For an agent this is its workload token. `acr` is a stronger login, for people.
 */
export async function fetchToken(
  identityProviderUrl: string,
  { clientId, privateJwk: { kid = '', ...jwk } }: Client,
  resource: string,
  acr?: string,
): Promise<{ token: string; expiresAt: number }> {
  const provider = new URL(identityProviderUrl)
  // The local stack has no TLS; anything else must have it.
  const options = { [oauth.allowInsecureRequests]: provider.hostname === '127.0.0.1' }
  const server = await oauth.processDiscoveryResponse(provider, await oauth.discoveryRequest(provider, options))
  const client = { client_id: clientId }
  const key = await crypto.subtle.importKey('jwk', jwk, { name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign'])
  const parameters = { resource, ...(acr !== undefined && { acr_values: acr }) }
  const proof = oauth.PrivateKeyJwt({ key, kid })
  const answer = await oauth.clientCredentialsGrantRequest(server, client, proof, parameters, options)
  const { access_token, expires_in = 60 } = await oauth.processClientCredentialsResponse(server, client, answer)
  return { token: access_token, expiresAt: Date.now() + expires_in * 1000 }
}
